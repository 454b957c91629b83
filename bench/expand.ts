/** How long a suite of 100,000 cases takes: to be read and checked, and to be expanded. */
import { expand, parseSuite } from '../orchestrator/suite/index.ts';

const ADAPTERS = 1000;
const HOLDS = 10;
const REMOVALS = 10;
const ROUNDS = 5;

const range = (length: number, letter: string): string[] =>
  Array.from({ length }, (_, index) => `${letter}${index}`);
const adapters = range(ADAPTERS, 'adapter');
const holds = range(HOLDS, 't');
const removals = range(REMOVALS, 'r');
const catalogue = {
  adapters: adapters.map((name) => ({
    ...{ name, deviceClass: 'c', description: '', holds, removals, requiredSymbols: [] },
  })),
};
const text = `suite: wide
description: 100,000 cases
variants: [v]
limits: { removalMs: 1000, userMs: 1000 }
matrices:
  - adapters:
${adapters.map((name) => `      - ${name}\n`).join('')}    holds: [${holds.join(', ')}]
    removals: [${removals.join(', ')}]
    requires: [CONFIG_X]
`;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
/** Milliseconds of this process's own: what the clock says depends on who else is on the machine. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const readMs: number[] = [];
const expandMs: number[] = [];
const expandCpuMs: number[] = [];
let count = 0;
for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  const suite = parseSuite(text, 'wide.yaml', { catalogue, variants: ['v'] });
  const readAt = performance.now();
  const cpuAt = cpuMs();
  count = expand(suite, catalogue).cases.length;
  readMs.push(readAt - startMs);
  expandMs.push(performance.now() - readAt);
  expandCpuMs.push(cpuMs() - cpuAt);
}
process.stdout.write(
  `${count} cases, median of ${ROUNDS}: read and checked in ${median(readMs).toFixed(0)} ms, ` +
    `expanded in ${median(expandMs).toFixed(0)} ms (${median(expandCpuMs).toFixed(0)} ms of CPU)\n`,
);
