import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { BehaviourScript } from '../usb/behaviour.ts';
import { UsbRedirConnection } from './connection.ts';
import { TestDevice } from './testdata/device.ts';
import { controlBody, QEMU_CAPABILITIES, streamPair } from './testdata/peer.ts';
import { plug } from './testdata/plug.ts';
import { Trace } from './trace.ts';

t.test('disconnect: the last packet, acknowledged', async (t) => {
  const { connection, peer, device } = await plug(t);
  peer.send(100, 1n, controlBody([0xc0, 4, 0, 0], 1));
  await peer.until(() => device.calls.includes('control 4'));
  const disconnected = connection.disconnect();
  const again = connection.disconnect();
  t.match(await connection.ended, { cause: 'disconnected' });
  device.answerHeld();
  await peer.until(() => peer.of(2).length === 1);
  peer.send(100, 2n, controlBody([0x80, 6, 0x0100, 0], 18));
  await turn();
  t.equal(peer.received.at(-1)?.type, 2, 'nothing after it');
  peer.send(24, 0n);
  t.match(await disconnected, { acknowledged: true, afterMs: Number });
  t.match(await again, { acknowledged: true });
  t.same(device.calls, ['attach', 'control 4', 'detach']);
  t.notOk(peer.isClosed);
  connection.close();
  t.same(device.calls.filter((call) => call === 'detach').length, 1);
  t.match(await connection.ended, { cause: 'disconnected' }, 'the first cause stays');
});

t.test('disconnect without an acknowledgement', async (t) => {
  const silent = await plug(t);
  t.match(await silent.connection.disconnect(undefined, 5), { acknowledged: false, why: /5 ms/ });
  const knowsNone = await plug(t, undefined, QEMU_CAPABILITIES & ~0x08);
  t.match(await knowsNone.connection.disconnect(), { acknowledged: false, why: /does not acknowledge/ });
  const gone = await plug(t);
  const disconnected = gone.connection.disconnect();
  gone.peer.stream.destroy();
  t.match(await disconnected, { acknowledged: false });
  const stopped = await plug(t);
  const abort = new AbortController();
  const waiting = stopped.connection.disconnect(abort.signal);
  abort.abort();
  await t.rejects(waiting, { code: 'INTERRUPTED' });
});

t.test('ends: closed by us, by the peer, by what the peer sent', async (t) => {
  const closed = await plug(t);
  await closed.connection[Symbol.asyncDispose]();
  t.match(await closed.connection.ended, { cause: 'closed' });
  await closed.peer.until(() => closed.peer.isClosed).catch(() => undefined);
  t.ok(closed.peer.isClosed);
  t.equal(closed.peer.of(2).length, 0, 'no farewell');

  const left = await plug(t);
  left.peer.stream.end();
  t.match(await left.connection.ended, { cause: 'peer-closed' });

  const nonsense = await plug(t);
  nonsense.peer.stream.write(Buffer.alloc(16, 0xff));
  t.match(await nonsense.connection.ended, { cause: 'fault', message: /unknown type 4294967295/ });

  for (const { device } of [closed, left, nonsense]) t.same(device.calls, ['attach', 'detach']);
});

t.test('never ready when it ends before', async (t) => {
  const [ours] = streamPair();
  const device = new TestDevice();
  const connection = UsbRedirConnection.start(ours, device, {
    script: new BehaviourScript(),
    trace: new Trace([]),
  });
  t.match(await connection.disconnect(), { acknowledged: false });
  await t.rejects(connection.ready, /before the peer said hello/);
  t.same(device.calls, []);
});
