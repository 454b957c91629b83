import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { runCommand, tryCommand } from './command.ts';
import { Interrupted } from './errors.ts';
import { startProcess } from './process.ts';

/** Pids whose environment holds `MARK=value`: how the tests find grandchildren without guessing names. */
function marked(value: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`MARK=${value}\0`) &&
          !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function noneMarked(value: string): Promise<boolean> {
  for (let look = 0; look < 100; look++) {
    if (marked(value).length === 0) return true;
    await sleep(50);
  }
  return false;
}

const environment = (mark: string): NodeJS.ProcessEnv => ({ ...process.env, MARK: mark });

t.test('output, exit code and input', async (t) => {
  const result = await tryCommand({ argv: ['sh', '-c', 'cat; echo err >&2; exit 3'], input: 'in' });
  t.equal(result.stdout.toString(), 'in');
  t.equal(result.stderr, 'err\n');
  t.equal(result.code, 3);
});

t.test('a failing command names itself and shows its last words', async (t) => {
  await t.rejects(runCommand({ argv: ['sh', '-c', 'echo why >&2; exit 7'] }), {
    message: "sh -c 'echo why >&2; exit 7' ended with exit code 7",
    detail: 'why',
  });
});

t.test('a grandchild that ignores TERM and holds the output is gone after stop', async (t) => {
  const mark = `stop-${process.pid}`;
  const child = startProcess({
    argv: ['sh', '-c', '(trap "" TERM; sleep 60) & trap "" TERM; echo up; sleep 60; sleep 60'],
    env: environment(mark),
    graceMs: 100,
  });
  await once(child.stdout, 'data');
  t.ok(marked(mark).length >= 3);
  await child.stop();
  t.ok(await noneMarked(mark));
});

t.test('left-over background children die with the program', async (t) => {
  const mark = `left-${process.pid}`;
  await runCommand({ argv: ['sh', '-c', 'sleep 60 & exit 0'], env: environment(mark) });
  t.ok(await noneMarked(mark));
});

t.test('abort ends it and gives the cause', async (t) => {
  const abort = new AbortController();
  const running = runCommand({ argv: ['sleep', '60'], signal: abort.signal });
  abort.abort(new Interrupted('by the test'));
  await t.rejects(running, { code: 'INTERRUPTED', message: 'by the test' });
});

t.test('SIGKILL of the parent leaves no process of the group', async (t) => {
  const mark = `kill-${process.pid}`;
  const script = `import { startProcess } from ${JSON.stringify(new URL('./process.ts', import.meta.url).href)};
    const child = startProcess({ argv: ['sh', '-c', 'trap "" TERM; (sleep 60; sleep 60) & echo up; sleep 60; sleep 60'] });
    child.stdout.once('data', () => process.stdout.write('up'));`;
  const parent = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    env: environment(mark),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout, 'data');
  t.ok(marked(mark).length >= 4);
  parent.kill('SIGKILL');
  t.ok(await noneMarked(mark));
});
