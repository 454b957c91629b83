import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { probeAccelerator } from './accelerator.ts';
import { ConsoleRecorder } from './console.ts';
import { listenForOne } from './listener.ts';
import { QmpClient } from './qmp.ts';
import { qemuArguments } from './spec.ts';

async function folder(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

const SPEC = {
  name: 'a/b c',
  bzImage: '/k',
  memoryMiB: 512,
  cpus: 2,
  accelerator: 'tcg',
  kernelParameters: ['x=1'],
} as const;
const SOCKETS = {
  console: '/tmp/l,og',
  qmp: '/tmp/q,m',
  agent: '/tmp/a',
  ssh: '/tmp/s',
  control: '/tmp/c',
} as const;

t.test('arguments: console, ports, no network, and sandbox as the README promises', async (t) => {
  const args = qemuArguments(SPEC, { kind: 'anonymous' }, SOCKETS).join(' ');
  t.match(args, /-name unplug-a-b-c /);
  t.notMatch(args, /-netdev|hostfwd|-nic/);
  t.match(args, /-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny/);
  t.match(args, /path=\/tmp\/q,,m/);
  t.match(args, /-chardev file,id=console,path=\/tmp\/l,,og,append=on -serial chardev:console /);
  t.match(args, /-kernel \/k -append .* x=1$/);
  t.notMatch(args, /-initrd/);
});

t.test(
  'arguments: a clone has the devices of its template, its memory to itself, and no kernel',
  async (t) => {
    const template = qemuArguments(SPEC, { kind: 'shared', file: '/t/m' }, SOCKETS);
    const clone = qemuArguments(SPEC, { kind: 'private', file: '/t/m' }, SOCKETS, 'state');
    const devices = (args: readonly string[]): string[] => args.filter((_, at) => args[at - 1] === '-device');
    t.same(devices(clone), devices(template));
    t.match(template.join(' '), /mem-path=\/t\/m,size=512M,share=on .*-kernel/);
    t.match(clone.join(' '), /mem-path=\/t\/m,size=512M,share=off .*-incoming defer$/);
    t.notMatch(clone.join(' '), /-kernel|-append/);
  },
);

t.test('console: whole on disk, lines to listeners, torn lines joined, end awaited', async (t) => {
  const path = join(await folder(t), 'console.log');
  const recorder = new ConsoleRecorder(path, Buffer.from('zero\n'));
  const lines: string[] = [];
  recorder.onLine((line) => lines.push(line));
  const qemu = await open(path, 'a');
  t.equal(recorder.bytes, 5, 'begins with what came before');
  for (const piece of ['one\r\ntw', 'o\n', 'thr']) {
    await qemu.write(piece);
    t.ok(recorder.bytes > 5, 'seen at once when it is asked for');
  }
  t.same(lines, ['one', 'two']);
  t.same(recorder.lastLines(2), ['two', 'thr']);
  const awaited = new Promise<string>((resolve) => recorder.onLine(resolve));
  await qemu.write('ee\n');
  t.equal(await awaited, 'three', 'listeners need not ask');
  await qemu.write('the end');
  await qemu.close();
  await recorder.finish();
  t.equal(recorder.bytes, 27);
  t.equal(await readFile(path, 'latin1'), 'zero\none\r\ntwo\nthree\nthe end');
  t.match(
    await readFile(`${path}.times`, 'latin1'),
    /^0 [\d.]+\n5 [\d.]+\n12 [\d.]+\n14 [\d.]+\n17 [\d.]+\n20 [\d.]+\n$/,
  );
});

t.test('QMP: greeting, answers by id, refusals, events, lost connection', async (t) => {
  const path = join(await folder(t), 'qmp');
  await using listener = await listenForOne(path);
  const peer = connect(path);
  const socket = await listener.accept(1000);
  if (socket === undefined) throw new Error('no connection');
  const client = new QmpClient(socket);
  const events: string[] = [];
  client.onEvent((event) => events.push(event.event));
  peer.write('{"QMP": {}}\n{"event": "STOP", "data": {}}\n');
  let received = '';
  peer.on('data', (chunk) => {
    received += chunk.toString();
    for (const line of received.split('\n').slice(0, -1)) {
      const { execute, id } = JSON.parse(line) as { execute: string; id: number };
      if (execute === 'bad')
        peer.write(`{"error": {"class": "GenericError", "desc": "no such thing"}, "id": ${id}}\n`);
      else if (execute === 'die') peer.destroy();
      else peer.write(`{"return": {"did": "${execute}"}, "id": ${id}}\n`);
    }
    received = received.slice(received.lastIndexOf('\n') + 1);
  });
  await client.negotiate();
  t.same(await client.execute('query-status'), { did: 'query-status' });
  await t.rejects(client.execute('bad'), { code: 'INFRA', detail: 'no such thing' });
  t.same(events, ['STOP']);
  await t.rejects(client.execute('die'), { code: 'INFRA', detail: /closed its control connection/ });
  await t.rejects(client.execute('more'), /closed/);
});

t.test('the accelerator probe runs guest code: TCG always can', async (t) => {
  t.equal(await probeAccelerator('tcg'), undefined);
});
