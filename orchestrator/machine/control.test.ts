/** The control port against a real shell: busybox's or the host's sh, as in the guest, on a socket. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ControlPort } from './control.ts';
import { listenForOne } from './listener.ts';

t.test('answers come in order, late ones are dropped, a dead shell gives none', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'control');
  await using listener = await listenForOne(path);
  const peer = connect(path);
  const shell = spawn('sh', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  peer.pipe(shell.stdin);
  shell.stdout.pipe(peer);
  const socket = await listener.accept(1000);
  if (socket === undefined) throw new Error('no connection');
  const port = new ControlPort(socket);
  const answers = await Promise.all([port.ask('echo one; echo two', 5000), port.ask('echo three', 5000)]);
  t.same(answers, ['one\ntwo\n', 'three\n']);
  t.equal(await port.ask('sleep 0.5; echo late', 50), undefined, 'no answer in time');
  t.equal(await port.ask('echo next', 5000), 'next\n', 'what came too late is not the next answer');
  t.equal(await port.ask('exit 0', 5000), undefined, 'the shell is gone');
  shell.kill();
});
