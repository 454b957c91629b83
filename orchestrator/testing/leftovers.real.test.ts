/**
 * Nothing outlives unplug: not after SIGKILL at random moments of a run, not after Ctrl-C or TERM. The runs are real:
 * one cache of its own where everything is still to be built, and the user's cache, where cases boot.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { delay, monotonicMs, repositoryRoot } from '../base/index.ts';
import { processTree, waitUntilGone } from './process-tree.ts';
import { userEnvironment } from './user-environment.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
/** Kills per cache; 20 in all in the full test. */
const KILLS = FULL ? 10 : 2;
const LEFT_LIMIT_MS = 10_000;
const INTERRUPT_LIMIT_MS = 5000;
/** Download and unpacking of the source come before a build. */
const PHASE_LIMIT_MS = 300_000;

interface Started {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<unknown[]>;
}

function startRun(results: string, cacheHome: string | undefined): Started {
  const child = spawn(join(repositoryRoot, 'unplug'), ['run', '--tap', '--results', results], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: userEnvironment(cacheHome === undefined ? {} : { XDG_CACHE_HOME: cacheHome }),
  });
  return { pid: child.pid as number, kill: (signal) => child.kill(signal), ended: once(child, 'exit') };
}

async function temporary(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** Waits until a command line below the run matches, so that the signal meets the phase that is meant. */
async function waitForCommand(root: number, pattern: RegExp, limitMs: number): Promise<boolean> {
  const startedMs = monotonicMs();
  while (monotonicMs() - startedMs < limitMs) {
    if (processTree(root).some(({ command }) => pattern.test(command))) return true;
    await delay(50);
  }
  return false;
}

for (const [what, ownCache, longestMs] of [
  ['while everything is built', true, 60_000],
  ['while cases run', false, 20_000],
] as const) {
  t.test(`kill -9 at random moments ${what} leaves no process`, async (t) => {
    const directory = await temporary(t);
    for (let round = 1; round <= KILLS; round++) {
      const run = startRun(directory, ownCache ? directory : undefined);
      const atMs = 300 + Math.random() * longestMs;
      await Promise.race([delay(atMs), run.ended]);
      const tree = processTree(run.pid);
      run.kill('SIGKILL');
      await run.ended;
      const left = await waitUntilGone(tree, LEFT_LIMIT_MS);
      const names = [...new Set(tree.map(({ command }) => command.split(' ')[0]?.split('/').at(-1)))].join(
        ' ',
      );
      t.ok(tree.length > 0, `round ${round}: the run was under way`);
      t.same(
        left,
        [],
        `round ${round}, after ${Math.round(atMs)} ms with ${tree.length} processes: ${names}`,
      );
    }
  });
}

for (const [phase, pattern, ownCache, signal] of [
  ['a build', /cc1|^make .*O=/, true, 'SIGINT'],
  ['a boot', /qemu-system-x86_64.*-kernel/, false, 'SIGTERM'],
  ['a case', /qemu-system-x86_64.*-kernel/, false, 'SIGINT'],
] as const) {
  t.test(`${signal} in ${phase}: exit code 130 and nothing left within 5 s`, async (t) => {
    const directory = await temporary(t);
    const run = startRun(directory, ownCache ? directory : undefined);
    t.ok(await waitForCommand(run.pid, pattern, PHASE_LIMIT_MS), 'the phase was reached');
    // A boot takes some seconds; after that a case is under way.
    await delay(phase === 'a case' ? 15_000 : 500);
    const tree = processTree(run.pid);
    const startedMs = monotonicMs();
    run.kill(signal);
    const left = await waitUntilGone(tree, INTERRUPT_LIMIT_MS);
    t.same(
      left,
      [],
      `${tree.length} processes were there, gone after ${Math.round(monotonicMs() - startedMs)} ms`,
    );
    const [code] = await run.ended;
    t.equal(code, 130);
  });
}
