/** The agent as it runs in the guest, compiled for the host and spoken to over a socket. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { repositoryRoot, runCommand } from '../base/index.ts';
import { type AgentFrame, AgentFrames } from './agent-frames.ts';
import { AgentShell } from './agent-shell.ts';
import { runInGuest } from './shell.ts';

const directory = mkdtempSync(join(tmpdir(), 'unplug-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));
await runCommand({
  argv: ['make', '-s', '-C', join(repositoryRoot, 'guest'), `OUT=${directory}`, join(directory, 'agent')],
});

/** Starts an agent whose port is a socket to us. */
function agent(): { readonly shell: AgentShell; readonly kill: () => void } {
  const child = spawn('sh', ['-c', `exec ${join(directory, 'agent')} <&3 3<&-`], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  child.stdio[3]?.on('error', () => undefined);
  return { shell: new AgentShell(child.stdio[3] as Socket), kill: () => child.kill('SIGKILL') };
}

t.test('output of both kinds, exit code, and what comes last is not lost', async (t) => {
  await using shell = agent().shell;
  t.same(await runInGuest(shell, 'echo one; echo two >&2; printf three; exit 7', 5000), {
    code: 7,
    stdout: 'one\nthree\n',
    stderr: 'two\n',
  });
  const many = await runInGuest(shell, ['/usr/bin/seq', '1', '20000'], 5000);
  t.equal(many.stdout.split('\n').length, 20_001);
  t.match(many.stdout, /\n20000\n$/);
});

t.test('words are passed as they are, a signal is told, what is not there is said', async (t) => {
  await using shell = agent().shell;
  t.equal((await runInGuest(shell, ['/usr/bin/printf', '%s|%s', "a'b", ''], 5000)).stdout, "a'b|\n");
  t.equal((await runInGuest(shell, 'kill -9 $$', 5000)).code, 137);
  t.match(await runInGuest(shell, ['/no/such'], 5000), { code: 127, stderr: "can't be started: ENOENT" });
  t.equal((await runInGuest(shell, 'exec >&- 2>&-; exit 3', 5000)).code, 3);
});

t.test('programs run beside each other, and are spoken to', async (t) => {
  await using shell = agent().shell;
  const slow = await shell.start('read a; read b; echo "$b $a"');
  const heard: string[] = [];
  slow.onLine((line) => heard.push(line));
  t.equal((await runInGuest(shell, 'echo meanwhile', 5000)).stdout, 'meanwhile\n');
  slow.send('first');
  slow.send('second');
  t.equal(await slow.exited, 0);
  t.same(heard, ['second first']);
});

t.test('a child that holds the output open does not keep its parent from ending', async (t) => {
  await using shell = agent().shell;
  t.same(await runInGuest(shell, 'sleep 30 & echo gone', 5000), { code: 0, stdout: 'gone\n', stderr: '' });
});

t.test('signals and pipes are a new process’s own', async (t) => {
  await using shell = agent().shell;
  const { stdout } = await runInGuest(shell, 'grep -E "^Sig(Blk|Ign)" /proc/self/status', 5000);
  t.same(stdout.match(/[0-9a-f]{16}/g), ['0000000000000000', '0000000000000000']);
  const open = await runInGuest(shell, 'exec ls -l /proc/self/fd', 5000);
  t.same(
    [...open.stdout.matchAll(/ ([012]) -> (\w+):/g)].map(([, fd, kind]) => `${fd} ${kind}`),
    ['0 pipe', '1 pipe', '2 pipe'],
  );
  t.notMatch(open.stdout, /socket:/, "the agent's port is its own");
});

t.test('an agent that is gone: whoever waits hears it, and nothing more is started', async (t) => {
  const { shell, kill } = agent();
  const waiting = await shell.start('sleep 30');
  kill();
  t.equal(await waiting.exited, undefined);
  await shell.closed;
  await t.rejects(shell.start('true'), { code: 'GUEST' });
});

t.test('records split at any place are the same records', async () => {
  const frames: AgentFrame[] = [
    { word: 'out', id: 1, bytes: Buffer.from('a\nout 3 9\n') },
    { word: 'exit', id: 1, number: 0 },
    { word: 'err', id: 22, bytes: Buffer.alloc(0) },
    { word: 'fail', id: 3, number: 2 },
  ];
  const text = frames.map((frame) =>
    'bytes' in frame
      ? Buffer.concat([Buffer.from(`${frame.word} ${frame.id} ${frame.bytes.length}\n`), frame.bytes])
      : Buffer.from(`${frame.word} ${frame.id} ${frame.number}\n`),
  );
  const whole = Buffer.concat(text);
  for (let cut = 0; cut <= whole.length; cut++) {
    const parser = new AgentFrames();
    const got = [...parser.take(whole.subarray(0, cut)), ...parser.take(whole.subarray(cut))];
    t.same(got, frames, `cut at ${cut}`);
  }
});

t.test('anything else is refused, and nothing is kept without end', async () => {
  for (const text of ['hello\n', 'out 1\n', 'out 1 x\n', 'exit 1 1234567890\n', 'x'.repeat(65)])
    t.throws(() => new AgentFrames().take(Buffer.from(text)), { message: /^the guest's agent said / });
  t.same(new AgentFrames().take(Buffer.from('out 1 5\nab')), [], 'a begun record is waited for');
});
