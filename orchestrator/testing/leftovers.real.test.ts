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
import { cachePaths, delay, monotonicMs, repositoryRoot, tryCommand } from '../base/index.ts';
import { processTree, waitUntilGone } from './process-tree.ts';
import { userEnvironment } from './user-environment.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
/** Kills while everything is built, and while cases run. */
const KILLS = FULL ? { building: 20, cases: 50 } : { building: 2, cases: 3 };
/** In the full test every so many runs begin without templates, so that some are killed while they make one. */
const WITHOUT_TEMPLATES = 5;
const LEFT_LIMIT_MS = 10_000;
const INTERRUPT_LIMIT_MS = 5000;
/** Download and unpacking of the source come before a build. */
const PHASE_LIMIT_MS = 300_000;

interface Started {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<unknown[]>;
}

function startRun(results: string, cacheHome: string | undefined, more: readonly string[] = []): Started {
  const argv = ['run', '--tap', '-j', '2', '--results', results, ...more];
  const child = spawn(join(repositoryRoot, 'unplug'), argv, {
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
    const kills = ownCache ? KILLS.building : KILLS.cases;
    for (let round = 1; round <= kills; round++) {
      if (FULL && !ownCache && round % WITHOUT_TEMPLATES === 0)
        await rm(cachePaths().templates, { recursive: true, force: true });
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
    if (ownCache) return;
    const unplug = join(repositoryRoot, 'unplug');
    const verify = await tryCommand({ argv: [unplug, 'cache', 'verify'], env: userEnvironment() });
    t.equal(verify.code, 0, `the cache is whole: ${verify.stdout.toString()}`);
    const after = await tryCommand({
      argv: [unplug, 'run', '--case', 'fixture-rwsem/**', '--results', directory],
      env: userEnvironment(),
    });
    t.equal(after.code, 0, `and is used: ${after.stderr}`);
  });
}

for (const [phase, pattern, ownCache, signal, more] of [
  ['a build', /cc1|^make .*O=/, true, 'SIGINT', []],
  ['a boot', /qemu-system-x86_64.*-kernel/, false, 'SIGTERM', ['--no-clone']],
  ['a case', /qemu-system-x86_64.*-incoming defer/, false, 'SIGINT', []],
] as const) {
  t.test(`${signal} in ${phase}: exit code 130 and nothing left within 5 s`, async (t) => {
    const directory = await temporary(t);
    const run = startRun(directory, ownCache ? directory : undefined, more);
    t.ok(await waitForCommand(run.pid, pattern, PHASE_LIMIT_MS), 'the phase was reached');
    // By then the phase is under way.
    await delay(1000);
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
