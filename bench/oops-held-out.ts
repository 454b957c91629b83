/**
 * How well the parser's tables do on logs that they were not made from.
 *
 *   bench/oops-held-out FOLDER [--rounds N] [--entries]
 *
 * FOLDER has logs in the corpus format. For a random fifth of it, everything is left out of the tables of names and
 * rules that decides a title in that fifth and in none of the rest; the score of the fifth is then what a new log
 * may expect. This is done N times (default 20). `--entries` prints each entry that one log alone hangs on.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseConsole } from '../orchestrator/oops/index.ts';
import { NameTable } from '../orchestrator/oops/name-table.ts';
import { NOISE } from '../orchestrator/oops/noise.ts';
import { ENTRY, TICK, WAITING } from '../orchestrator/oops/noise-hang.ts';
import type { Rule } from '../orchestrator/oops/rule.ts';
import { RULES } from '../orchestrator/oops/rules.ts';
import { type CorpusCase, readCase } from '../orchestrator/oops/score.ts';

/** One thing that can be left out: an entry of a table, or a rule. */
type Part = { readonly of: string; readonly entry: string };

const TABLES: Readonly<Record<string, NameTable>> = {
  noise: NOISE,
  entry: ENTRY,
  tick: TICK,
  waiting: WAITING,
};
const ALL_RULES: readonly Rule[] = [...RULES];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' }, entries: { type: 'boolean', default: false } },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('which folder?');
const cases = readdirSync(folder).map((name) => readCase(name, readFileSync(join(folder, name))));

function leaveOut(parts: readonly Part[]): void {
  for (const [name, table] of Object.entries(TABLES))
    table.leaveOut(parts.filter(({ of }) => of === name).map(({ entry }) => entry));
  const out = new Set(parts.filter(({ of }) => of === 'rule').map(({ entry }) => entry));
  (RULES as Rule[]).splice(0, RULES.length, ...ALL_RULES.filter(({ match }) => !out.has(match.source)));
}

const titleOf = (one: CorpusCase): string | undefined => parseConsole(one.log)[0]?.title;
const isClean = (one: CorpusCase): boolean => !one.corrupted && !one.suppressed && one.title !== undefined;

const parts: readonly Part[] = [
  ...Object.entries(TABLES).flatMap(([of, table]) => table.entries.map((entry) => ({ of, entry }))),
  ...ALL_RULES.map(({ match }) => ({ of: 'rule', entry: match.source })),
];

/** What reading a log asked of the tables: only what it asked for can matter to it. */
function askedBy(one: CorpusCase): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const [of, table] of Object.entries(TABLES)) {
    table.has = (name) => {
      asked.add(`${of} ${name}`);
      return NameTable.prototype.has.call(table, name);
    };
  }
  for (const { match } of ALL_RULES) {
    match.exec = (text) => {
      const found = RegExp.prototype.exec.call(match, text);
      if (found) asked.add(`rule ${match.source}`);
      return found;
    };
  }
  parseConsole(one.log);
  for (const table of Object.values(TABLES)) table.has = NameTable.prototype.has;
  for (const { match } of ALL_RULES) match.exec = RegExp.prototype.exec;
  return asked;
}

/** The logs, by their place in `cases`, whose title hangs on a part: it is another one, or gone, without it. */
function logsOf({ of, entry }: Part): readonly number[] {
  const shape = new RegExp(`^(?:${entry})$`);
  const may = asked.flatMap((names, index) =>
    names.has(`${of} ${entry}`) ||
    [...names].some((name) => name.startsWith(`${of} `) && shape.test(name.slice(of.length + 1)))
      ? [index]
      : [],
  );
  if (may.length === 0) return [];
  leaveOut([{ of, entry }]);
  return may.filter((index) => titleOf(cases[index] as CorpusCase) !== titles[index]);
}

const titles = cases.map(titleOf);
const asked = cases.map(askedBy);
const needed = parts.map(logsOf);

const single = new Set<number>();
for (const [index, logs] of needed.entries()) {
  if (logs.length !== 1) continue;
  single.add(logs[0] as number);
  const part = parts[index] as Part;
  const one = cases[logs[0] as number] as CorpusCase;
  if (values.entries)
    console.log(`${part.of.padEnd(8)} ${part.entry.padEnd(40)} ${one.name}  ${one.title ?? ''}`);
}
console.log(`${single.size} of ${cases.length} logs hang on an entry that no other needs`);

/** The same numbers in every run. */
let seed = 1;
function random(below: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fff_ffff;
  return Math.floor((seed / 0x8000_0000) * below);
}

let right = 0;
let clean = 0;
let detected = 0;
let positive = 0;
const rounds = Number(values.rounds);
for (let round = 0; round < rounds; round++) {
  const order = cases.map((_, index) => index);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const held = new Set(order.slice(0, Math.floor(cases.length / 5)));
  leaveOut(
    parts.filter((_, i) => {
      const logs = needed[i] as readonly number[];
      return logs.length > 0 && logs.every((log) => held.has(log));
    }),
  );
  for (const index of held) {
    const one = cases[index] as CorpusCase;
    if (one.title === undefined) continue;
    const title = titleOf(one);
    positive++;
    if (title !== undefined) detected++;
    if (!isClean(one)) continue;
    clean++;
    if (title === one.title) right++;
  }
}
console.log(
  `held out: exact titles of clean logs ${(right / clean).toFixed(4)}, detected ${(detected / positive).toFixed(4)} (${rounds} rounds)`,
);
