import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { UsbRequest } from '../usb/behaviour.ts';
import { IN_QUEUE_TRANSFERS } from './in-queue.ts';
import { answered, bulkBody, controlBody, interruptBody } from './testdata/peer.ts';
import { BABBLE, CANCELLED, INVAL, IOERROR, plug, SUCCESS } from './testdata/plug.ts';
import { PENDING_TRANSFERS } from './transfers.ts';

t.test('bulk IN: answered in order as data come; what is too long is babble', async (t) => {
  const { peer, device } = await plug(t);
  device.port?.send(0x81, Buffer.from('early'));
  for (const id of [1n, 2n, 3n]) peer.send(101, id, bulkBody(0x81, 8));
  t.equal((await peer.answer(1n)).data.toString(), 'early');
  device.port?.send(0x81, Buffer.from('123456789'));
  device.port?.send(0x81, Buffer.alloc(0));
  t.match(await peer.answer(2n), { status: BABBLE, length: 8, data: Buffer.from('12345678') });
  t.match(await peer.answer(3n), { status: SUCCESS, length: 0 });
});

t.test('data are as they were when they were sent', async (t) => {
  const { peer, device } = await plug(t);
  const reused = Buffer.from('old');
  device.port?.send(0x81, reused);
  reused.write('new');
  peer.send(101, 1n, bulkBody(0x81, 8));
  t.equal((await peer.answer(1n)).data.toString(), 'old');
});

t.test('interrupt IN: nothing before it is asked for, a status first', async (t) => {
  const { peer, device } = await plug(t);
  device.port?.send(0x82, Buffer.from('one'));
  peer.send(15, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(103).length === 1);
  t.same(
    peer.received.slice(4).map(({ type }) => type),
    [17, 103],
  );
  t.same([...(peer.of(17)[0]?.body ?? [])], [SUCCESS, 0x82]);
  device.port?.send(0x82, Buffer.from('two'));
  await peer.until(() => peer.of(103).length === 2);
  peer.send(16, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(17).length === 2);
  device.port?.send(0x82, Buffer.from('three'));
  await turn();
  t.same(
    peer.of(103).map((packet) => answered(packet).data.toString()),
    ['one', 'two'],
  );
  peer.send(15, 0n, Buffer.of(0x83));
  await peer.until(() => peer.of(17).length === 3);
  t.same([...(peer.of(17)[2]?.body ?? [])], [INVAL, 0x83]);
});

t.test('of data that nobody fetches the oldest go', async (t) => {
  const { connection, peer, device } = await plug(t);
  for (let at = 0; at < IN_QUEUE_TRANSFERS + 3; at++) device.port?.send(0x82, Buffer.of(at & 0xff));
  t.equal(connection.load.unfetched, IN_QUEUE_TRANSFERS);
  peer.send(15, 0n, Buffer.of(0x82));
  await peer.until(() => peer.of(103).length === IN_QUEUE_TRANSFERS);
  t.same(
    peer
      .of(103)
      .slice(0, 2)
      .map((packet) => answered(packet).data[0]),
    [3, 4],
  );
});

t.test('OUT: one after another on an endpoint, endpoints beside each other', async (t) => {
  const { peer, device } = await plug(t);
  device.holdsWrites = true;
  for (const id of [1n, 2n, 3n]) peer.send(101, id, bulkBody(1, Buffer.of(Number(id))));
  peer.send(103, 4n, interruptBody(2, Buffer.of(4)));
  await peer.until(() => device.calls.length === 3);
  t.same(device.calls, ['attach', 'write 1 01', 'write 2 04']);
  peer.send(21, 2n);
  t.match(await peer.answer(2n), { status: CANCELLED, length: 0, type: 101 });
  device.answerHeld();
  t.match(await peer.answer(1n), { status: SUCCESS, length: 1 });
  t.match(await peer.answer(4n), { status: SUCCESS, length: 1, type: 103 });
  await peer.until(() => device.calls.length === 4);
  t.equal(device.calls.at(-1), 'write 1 03', 'the cancelled one was never given to the device');
});

t.test('a cancelled transfer is answered once, whatever comes of it later', async (t) => {
  const { connection, peer, device } = await plug(t);
  peer.send(100, 1n, controlBody([0xc0, 4, 0, 0], 1));
  await peer.until(() => device.calls.includes('control 4'));
  peer.send(21, 1n);
  peer.send(21, 1n);
  t.match(await peer.answer(1n), { status: CANCELLED });
  device.answerHeld();
  peer.send(101, 2n, bulkBody(0x81, 8));
  peer.send(21, 2n);
  t.match(await peer.answer(2n), { status: CANCELLED });
  peer.send(21, 77n);
  device.port?.send(0x81, Buffer.from('kept'));
  t.match(await peer.control(3n, [0xc0, 1, 0, 0], 4), { status: SUCCESS }, 'the endpoint is free again');
  t.equal(peer.received.filter(({ id, type }) => id === 1n && type === 100).length, 1);
  peer.send(101, 4n, bulkBody(0x81, 8));
  t.equal((await peer.answer(4n)).data.toString(), 'kept', 'a cancelled read takes no data');
  t.equal(connection.load.transfers, 0);
});

t.test('an id that is in use', async (t) => {
  const { connection, peer, device } = await plug(t);
  peer.send(100, 1n, controlBody([0xc0, 4, 0, 0], 1));
  peer.send(100, 1n, controlBody([0xc0, 1, 0, 0], 4));
  await peer.until(() => connection.peerFaults === 1);
  device.answerHeld();
  t.match(await peer.answer(1n), { length: 1 });
  t.same(device.calls, ['attach', 'control 4']);
  // QEMU takes interrupt OUT as done at once and may use its id again.
  device.holdsWrites = true;
  peer.send(103, 2n, interruptBody(2, Buffer.of(1)));
  peer.send(100, 2n, controlBody([0xc0, 1, 0, 0], 4));
  t.match(await peer.answer(2n), { type: 100, status: SUCCESS });
  t.equal(connection.peerFaults, 1);
});

t.test('requests are told with their numbers as they come', async (t) => {
  const { connection, peer, device } = await plug(t);
  const told: UsbRequest[] = [];
  const stop = connection.onRequest((request, atMs) => {
    t.type(atMs, 'number');
    told.push(request);
    t.equal(device.calls.length, told.length, 'before the device has it');
  });
  connection.onRequest(() => {
    throw new Error('a listener that is broken');
  });
  await peer.control(1n, [0xc0, 1, 0, 0], 4);
  await peer.control(2n, [0x80, 6, 0x0100, 0], 18);
  peer.send(101, 3n, bulkBody(1, Buffer.of(1)));
  await peer.answer(3n);
  peer.send(101, 4n, bulkBody(0x81, 1));
  device.port?.send(0x81, Buffer.of(1));
  await peer.answer(4n);
  stop();
  await peer.control(5n, [0xc0, 1, 0, 0], 4);
  t.same(told, [
    { kind: 'control', endpoint: 0x80, request: 1, number: 1 },
    { kind: 'out', endpoint: 1, number: 2 },
    { kind: 'bulk-in', endpoint: 0x81, number: 3 },
  ]);
});

t.test('more than fits is refused, and the rest goes on', async (t) => {
  const { connection, peer, device } = await plug(t);
  device.holdsWrites = true;
  const over = 5;
  for (let id = 1; id <= PENDING_TRANSFERS + over; id++)
    peer.send(101, BigInt(id), bulkBody(1, Buffer.of(1)));
  t.match(await peer.answer(BigInt(PENDING_TRANSFERS + over)), { status: IOERROR });
  t.equal(peer.of(101).length, over);
  t.equal(connection.load.transfers, PENDING_TRANSFERS);
  t.equal(connection.load.transferBytes, PENDING_TRANSFERS);
  t.equal(connection.peerFaults, over);
  peer.send(21, 1n);
  t.match(await peer.answer(1n), { status: CANCELLED });
  t.match(await peer.control(9999n, [0xc0, 1, 0, 0], 4), { status: SUCCESS });
});
