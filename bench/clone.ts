/**
 * What a booted guest costs: boots and clones in alternation, each until its first command has finished, by every way
 * into the guest.
 *
 *   bench/clone [--variant NAME] [--rounds N]
 *
 * Prints median and spread in milliseconds, and the ratio of the medians. With `vng` (virtme-ng) on PATH its boot of the
 * same kernel stands beside.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CleanupStack,
  cachePaths,
  monotonicMs,
  streamProgress,
  tryCommand,
} from '../orchestrator/base/index.ts';
import type { CaseEnvironment } from '../orchestrator/case/index.ts';
import { prepareVariant } from '../orchestrator/farm/index.ts';
import { AgentShell, runInGuest, SshShell } from '../orchestrator/guest/index.ts';
import { loadVariants, resolveVariant } from '../orchestrator/kernel/index.ts';
import {
  bootMachine,
  chooseAccelerator,
  cloneMachine,
  type MachineOrigin,
  type RunningMachine,
} from '../orchestrator/machine/index.ts';

const COMMAND_LIMIT_MS = 60_000;

/** The first command, by each way into the guest. */
const WAYS: Readonly<
  Record<string, (machine: RunningMachine, environment: CaseEnvironment) => Promise<unknown>>
> = {
  console: async ({ control }) => {
    if ((await control.ask('echo up', COMMAND_LIMIT_MS)) !== 'up\n') throw new Error('no answer');
  },
  agent: async ({ agent }) => runInGuest(new AgentShell(agent), ['/bin/true'], COMMAND_LIMIT_MS),
  SSH: async ({ ssh, ended }, { keys }) => {
    const shell = await SshShell.connect(ssh, keys, COMMAND_LIMIT_MS, ended);
    await runInGuest(shell, 'true', COMMAND_LIMIT_MS);
  },
};

/** Time from QEMU's start to the end of the first command. */
async function firstCommandMs(
  environment: CaseEnvironment,
  origin: MachineOrigin,
  way: string,
  directory: string,
): Promise<number> {
  const { template, timeLimits: limits } = environment;
  const consolePath = join(directory, 'console.log');
  const initramfs = await environment.initramfs();
  if (template === undefined) throw new Error('no template');
  const startedMs = monotonicMs();
  await using machine =
    origin === 'clone'
      ? await cloneMachine(template, consolePath, { name: 'bench', limits })
      : await bootMachine({ ...environment.machine, initramfs }, consolePath, { limits });
  await WAYS[way]?.(machine, environment);
  return monotonicMs() - startedMs;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const { values } = parseArgs({
  options: {
    variant: { type: 'string', default: 'baseline' },
    rounds: { type: 'string', default: '10' },
  },
});
const cache = cachePaths();
const directory = await mkdtemp(join(tmpdir(), 'unplug-bench-'));
try {
  await using cleanup = new CleanupStack();
  const variant = await resolveVariant(await loadVariants(), values.variant);
  const environment = await prepareVariant(variant, {
    suite: 'bench',
    limits: { removalMs: 10_000, userMs: 4000 },
    cases: [],
    accelerator: await chooseAccelerator(cache),
    clone: true,
    reseed: true,
    cache,
    located: new Map(),
    progress: streamProgress(process.stderr),
    cleanup,
    onSpent: () => undefined,
  });
  const { template } = environment;
  if (template === undefined) throw new Error('no template');
  const shared: CaseEnvironment = {
    ...environment,
    template: { ...template, spec: { ...template.spec, sharedMemory: true } },
  };
  const times = new Map<string, number[]>();
  const take = (name: string, ms: number): void => void times.set(name, [...(times.get(name) ?? []), ms]);
  const ways = Object.keys(WAYS);
  for (let round = 0; round < Number(values.rounds); round++) {
    // A boot takes so long that one way a round is enough; the ways take turns.
    const way = ways[round % ways.length] ?? 'agent';
    take('boot', await firstCommandMs(environment, 'boot', way, directory));
    for (const each of ways)
      take(`clone, ${each}`, await firstCommandMs(environment, 'clone', each, directory));
    take('clone with shared memory, agent', await firstCommandMs(shared, 'clone', 'agent', directory));
    if ((await tryCommand({ argv: ['sh', '-c', 'command -v vng'] })).code === 0) {
      const startedMs = monotonicMs();
      const vng = await tryCommand({
        argv: ['vng', '--run', environment.machine.bzImage, '--disable-kvm', '--', 'true'],
      });
      if (vng.code === 0) take('vng', monotonicMs() - startedMs);
      else console.error(`vng failed: ${vng.stderr.trim().split('\n').at(-1)}`);
    }
  }
  const medianOf = (name: string): number =>
    quantile(
      [...(times.get(name) ?? [])].sort((a, b) => a - b),
      0.5,
    );
  console.log(
    `${values.variant}, ${environment.accelerator.name}, from QEMU's start to the first command's end:`,
  );
  for (const [name, all] of times) {
    const sorted = all.sort((a, b) => a - b);
    const [low, median, high] = [0, 0.5, 1].map((share) => quantile(sorted, share).toFixed(0));
    const ratio = name === 'boot' ? '' : `, boot/${name} ${(medianOf('boot') / medianOf(name)).toFixed(1)}`;
    console.log(`${name}: median ${median} ms, ${low} to ${high} ms in ${sorted.length} runs${ratio}`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
