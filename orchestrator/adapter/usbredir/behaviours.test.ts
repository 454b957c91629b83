import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { delay } from '../../base/index.ts';
import type { Behaviour } from '../usb/behaviour.ts';
import { answered, bulkBody, controlBody, type Setup } from './testdata/peer.ts';
import { BABBLE, CANCELLED, type Plugged, plug, STALLED, SUCCESS, TIMEOUT } from './testdata/plug.ts';

const ECHO: Setup = [0xc0, 1, 0x0201, 0x0403];
const ECHOED = Buffer.of(1, 2, 3, 4);

/** How a control IN, a bulk OUT, a bulk IN or an interrupt IN comes out. */
async function one(
  plugged: Plugged,
  kind: 'control' | 'out' | 'bulk-in' | 'interrupt',
  behaviour: Behaviour,
): Promise<ReturnType<typeof answered>> {
  const { peer, device, script } = plugged;
  script.arm([{ kind: kind === 'interrupt' ? 'in' : kind, behaviour }]);
  if (kind === 'control') return await peer.control(1n, ECHO, 8);
  if (kind === 'interrupt') {
    peer.send(15, 0n, Buffer.of(0x82));
    device.port?.send(0x82, ECHOED);
    await peer.until(() => peer.of(103).length === 1);
    return peer.of(103).map(answered)[0] as ReturnType<typeof answered>;
  }
  peer.send(101, 1n, kind === 'out' ? bulkBody(1, ECHOED) : bulkBody(0x81, 8));
  if (kind === 'bulk-in') device.port?.send(0x81, ECHOED);
  return await peer.answer(1n);
}

const IN_KINDS = ['control', 'bulk-in', 'interrupt'] as const;

t.test('status: the device never hears of it', async (t) => {
  for (const kind of ['control', 'out', 'bulk-in', 'interrupt'] as const) {
    const plugged = await plug(t);
    const answer = await one(plugged, kind, { do: 'status', status: 'timeout' });
    t.match(answer, { status: TIMEOUT, length: 0, data: Buffer.alloc(0) }, kind);
    t.same(plugged.device.calls, ['attach']);
    t.match(plugged.events.at(-1), { event: 'misbehaved', behaviour: { do: 'status' } });
  }
});

t.test('shorten, lengthen, garbage', async (t) => {
  for (const kind of IN_KINDS) {
    const shorter = await one(await plug(t), kind, { do: 'shorten', bytes: 3 });
    t.match(shorter, { status: SUCCESS, length: 1, data: ECHOED.subarray(0, 1) }, kind);
    t.match(await one(await plug(t), kind, { do: 'shorten', bytes: 30 }), { status: SUCCESS, length: 0 });
    const longer = await one(await plug(t), kind, { do: 'lengthen', bytes: 2 });
    t.match(longer, { status: SUCCESS, length: 6 }, kind);
    t.same(longer.data.subarray(0, 4), ECHOED);
    const garbage = await one(await plug(t), kind, { do: 'garbage' });
    t.match(garbage, { status: SUCCESS, length: 4 }, kind);
    t.ok(garbage.data.every((byte, at) => byte !== ECHOED[at]));
    t.same((await one(await plug(t), kind, { do: 'garbage' })).data, garbage.data, 'the same in every run');
    const tooLong = await one(await plug(t), kind, { do: 'lengthen', bytes: 5 });
    // How much an interrupt transfer may have, only the guest knows.
    if (kind === 'interrupt') t.match(tooLong, { status: SUCCESS, length: 9 });
    else t.match(tooLong, { status: BABBLE, length: 8 }, kind);
  }
  t.match(await one(await plug(t), 'out', { do: 'shorten', bytes: 1 }), { status: SUCCESS, length: 3 });
  t.match(await one(await plug(t), 'out', { do: 'lengthen', bytes: 1 }), { status: SUCCESS, length: 4 });
});

/** Waits until no timer of a connection runs. */
async function timersEnd({ connection }: Plugged): Promise<void> {
  while (connection.load.timers > 0) await delay(1);
}

t.test('delay: handled at once, answered late; the endpoint waits', async (t) => {
  for (const kind of ['control', 'out', 'bulk-in', 'interrupt'] as const) {
    const plugged = await plug(t);
    const { connection, peer } = plugged;
    const answer = one(plugged, kind, { do: 'delay', delayMs: 5 });
    while (connection.load.timers === 0) await turn();
    t.equal(peer.received.filter(({ type }) => type >= 100).length, 0);
    t.match(await answer, { status: SUCCESS }, kind);
    t.equal(connection.load.timers, 0);
  }
  const { peer, device, script } = await plug(t);
  script.arm([{ at: 1, behaviour: { do: 'delay', delayMs: 20 } }]);
  peer.send(101, 1n, bulkBody(1, Buffer.of(1)));
  peer.send(101, 2n, bulkBody(1, Buffer.of(2)));
  await turn();
  t.same(device.calls, ['attach', 'write 1 01']);
  await peer.answer(2n);
  t.same(
    peer.of(101).map(({ id }) => id),
    [1n, 2n],
  );
});

t.test('a delayed answer that was cancelled', async (t) => {
  const { connection, peer, script } = await plug(t);
  script.arm([{ at: 1, behaviour: { do: 'delay', delayMs: 5 } }]);
  peer.send(100, 1n, controlBody(ECHO, 4));
  peer.send(21, 1n);
  t.match(await peer.answer(1n), { status: CANCELLED });
  script.arm([{ at: 1, behaviour: { do: 'delay', delayMs: 20 } }]);
  await peer.control(2n, ECHO, 4);
  t.equal(peer.of(100).length, 2);
  t.equal(connection.load.timers, 0);
});

t.test('delayed interrupt data keep their place, and are kept when nobody wants them', async (t) => {
  const plugged = await plug(t);
  const { peer, device, script } = plugged;
  script.arm([{ kind: 'in', behaviour: { do: 'delay', delayMs: 10 } }]);
  peer.send(15, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(17).length === 1);
  device.port?.send(0x82, Buffer.from('one'));
  script.arm([]);
  device.port?.send(0x82, Buffer.from('two'));
  peer.send(16, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(17).length === 2);
  await timersEnd(plugged);
  await turn();
  t.equal(peer.of(103).length, 0);
  peer.send(15, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(103).length === 2);
  t.same(
    peer.of(103).map((packet) => answered(packet).data.toString()),
    ['one', 'two'],
  );
});

t.test('silence: never handled, never answered, until it is cancelled', async (t) => {
  const { peer, device, script } = await plug(t);
  script.arm([{ at: 1, behaviour: { do: 'silence' } }]);
  peer.send(100, 1n, controlBody(ECHO, 4));
  peer.send(100, 2n, controlBody([0x80, 6, 0x0100, 0], 18));
  await turn();
  await turn();
  t.equal(peer.of(100).length, 0);
  peer.send(21, 1n);
  t.match(await peer.answer(1n), { status: CANCELLED });
  t.match(await peer.answer(2n), { status: SUCCESS }, 'the endpoint goes on');
  t.same(device.calls, ['attach']);
  script.arm([{ kind: 'in', at: 0, behaviour: { do: 'silence' } }]);
  peer.send(15, 0n, Buffer.of(0x82));
  device.port?.send(0x82, Buffer.from('lost'));
  await peer.until(() => peer.of(17).length === 1);
  script.arm([]);
  device.port?.send(0x82, Buffer.from('seen'));
  await peer.until(() => peer.of(103).length === 1);
  t.equal(peer.of(103).map((packet) => answered(packet).data.toString())[0], 'seen');
});

t.test('late: handled, answered only after it was cancelled', async (t) => {
  for (const isSlow of [false, true]) {
    const { connection, peer, device, script } = await plug(t);
    script.arm([{ at: 1, behaviour: { do: 'late', afterCancelMs: 5 } }]);
    peer.send(100, 1n, isSlow ? controlBody([0xc0, 4, 0, 0], 4) : controlBody(ECHO, 4));
    while (device.calls.length < 2) await turn();
    t.equal(connection.load.timers, 0, 'nothing would make it answer by itself');
    t.equal(peer.of(100).length, 0);
    peer.send(21, 1n);
    t.match(await peer.control(2n, ECHO, 4), { status: SUCCESS }, 'the endpoint is free at once');
    device.answerHeld();
    const late = await peer.answer(1n);
    t.match(late, { status: SUCCESS, data: isSlow ? Buffer.of(4) : ECHOED });
    t.equal(peer.of(100).length, 2);
  }
});

t.test('late, but there is nothing to answer with yet', async (t) => {
  const { peer, device, script } = await plug(t);
  script.arm([{ kind: 'bulk-in', behaviour: { do: 'late', afterCancelMs: 1 } }]);
  peer.send(101, 1n, bulkBody(0x81, 8));
  peer.send(21, 1n);
  t.match(await peer.answer(1n), { status: CANCELLED });
  script.arm([]);
  device.port?.send(0x81, ECHOED);
  peer.send(101, 2n, bulkBody(0x81, 8));
  t.match(await peer.answer(2n), { status: SUCCESS, data: ECHOED });
});

t.test('late interrupt data come after the guest wanted no more', async (t) => {
  const { peer, device, script } = await plug(t);
  script.arm([{ kind: 'in', behaviour: { do: 'late', afterCancelMs: 1 } }]);
  peer.send(15, 0n, Buffer.of(0x82));
  device.port?.send(0x82, ECHOED);
  await peer.until(() => peer.of(17).length === 1);
  t.equal(peer.of(103).length, 0);
  peer.send(16, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(103).length === 1);
  t.same(
    peer.received.slice(-2).map(({ type }) => type),
    [17, 103],
  );
});

t.test('bulk data are asked about as data when their request was ordinary', async (t) => {
  const { peer, device, script } = await plug(t);
  script.arm([{ kind: 'in', endpoint: 0x81, behaviour: { do: 'status', status: 'stall' } }]);
  device.port?.send(0x81, ECHOED);
  peer.send(101, 1n, bulkBody(0x81, 8));
  t.match(await peer.answer(1n), { status: STALLED, length: 0 });
  t.equal(script.count, 1);
  script.arm([{ behaviour: { do: 'shorten', bytes: 1 } }]);
  device.port?.send(0x81, ECHOED);
  peer.send(101, 2n, bulkBody(0x81, 8));
  t.match(await peer.answer(2n), { length: 3 }, 'once, not for the request and its data');
});

t.test('standard requests are not counted', async (t) => {
  const { peer, script } = await plug(t);
  script.arm([{ behaviour: { do: 'status', status: 'ioerror' } }]);
  t.match(await peer.control(1n, [0x80, 6, 0x0100, 0], 18), { status: SUCCESS });
  t.equal(script.count, 0);
});
