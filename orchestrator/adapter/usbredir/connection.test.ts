import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { BehaviourScript } from '../usb/behaviour.ts';
import { UsbRedirConnection } from './connection.ts';
import { OWN_CAPABILITIES } from './numbers.ts';
import { TestDevice } from './testdata/device.ts';
import { answered, bulkBody, controlBody, streamPair, TestPeer } from './testdata/peer.ts';
import { CANCELLED, INVAL, IOERROR, plug, STALLED, SUCCESS } from './testdata/plug.ts';
import { Trace } from './trace.ts';

t.test('hello, and then the device in the right order', async (t) => {
  const [ours, theirs] = streamPair();
  const device = new TestDevice();
  const connection = UsbRedirConnection.start(ours, device, {
    script: new BehaviourScript(),
    trace: new Trace([]),
  });
  t.teardown(() => connection.close());
  const peer = new TestPeer(theirs);
  await peer.until(() => peer.received.length === 1);
  await turn();
  t.same(
    peer.received.map(({ type }) => type),
    [0],
    'no device before the peer said hello',
  );
  t.equal(peer.received[0]?.body.readUInt32LE(64), OWN_CAPABILITIES);
  t.equal(OWN_CAPABILITIES, 0b0111_1010);
  t.same(device.calls, []);
  peer.hello();
  await connection.ready;
  await peer.until(() => peer.received.length === 4);
  t.same(
    peer.received.map(({ type }) => type),
    [0, 4, 5, 1],
  );
  t.same(device.calls, ['attach']);

  const [, interfaces, endpoints, connect] = peer.received.map(({ body }) => body);
  t.equal(interfaces?.length, 132);
  t.equal(interfaces?.readUInt32LE(0), 2);
  t.same(
    [0, 32, 64, 96].map((column) => interfaces?.readUInt8(4 + column + 1)),
    [1, 3, 0, 0],
  );
  t.equal(endpoints?.length, 160);
  const column = (at: number): (number | undefined)[] =>
    [0, 1, 2, 3, 16, 17, 18].map((place) => endpoints?.readUInt8(at + place));
  t.same(column(0), [0, 2, 3, 255, 0, 2, 3], 'types');
  t.same(column(32), [0, 0, 10, 0, 0, 0, 10], 'intervals');
  t.same(column(64), [0, 0, 1, 0, 0, 0, 1], 'interfaces');
  t.same(
    [0, 1, 18].map((place) => endpoints?.readUInt16LE(96 + 2 * place)),
    [64, 64, 64],
  );
  t.equal(connect?.toString('hex'), '010000000912cdab2301');
});

t.test('a peer that knows less gets shorter packets and ids', async (t) => {
  const { peer } = await plug(t, undefined, 0);
  t.same(
    [1, 5].map((type) => peer.of(type)[0]?.body.length),
    [8, 96],
  );
  t.match(await peer.control(0xffff_fff0n, [0x80, 6, 0x0100, 0], 64), { status: SUCCESS, length: 18 });
});

t.test('standard requests are answered from the description', async (t) => {
  const { peer, device } = await plug(t);
  const device18 = await peer.control(1n, [0x80, 6, 0x0100, 0], 64);
  t.match(device18, { status: SUCCESS, endpoint: 0x80, length: 18 });
  t.equal(device18.data.toString('hex'), '1201000200000040' + '0912cdab2301' + '01020301');
  t.equal((await peer.control(2n, [0x80, 6, 0x0100, 0], 8)).data.length, 8);
  t.match(
    await peer.control(3n, [0x80, 6, 0x0600, 0], 10),
    { status: STALLED, length: 0 },
    'full speed only',
  );
  const report = await peer.control(4n, [0x81, 6, 0x2200, 1], 255);
  t.equal(report.data.toString('hex'), '0600ff0901a101c0');
  t.match(await peer.control(5n, [0x81, 6, 0x2200, 0], 255), { status: STALLED }, 'no HID interface');
  t.match(await peer.control(6n, [0x21, 0x0a, 0, 1], Buffer.alloc(0)), { status: SUCCESS }, 'SET_IDLE');
  t.same((await peer.control(7n, [0x80, 8, 0, 0], 1)).data, Buffer.of(1));
  t.same(device.calls, ['attach'], 'the device heard of none of these');
  t.match(await peer.control(8n, [0x21, 0x0a, 0, 0], Buffer.alloc(0)), { status: STALLED });
  t.match(await peer.control(9n, [0xc0, 1, 0x0201, 0x0403], 4), { status: SUCCESS, length: 4 });
  t.same(device.calls, ['attach', 'control 10', 'control 1']);
  t.match(
    await peer.control(10n, [0xc0, 1, 0, 0], 2),
    { status: SUCCESS, length: 2 },
    'no more than asked for',
  );
});

t.test('a halted endpoint stalls until it is cleared', async (t) => {
  const { peer, device } = await plug(t);
  const nothing = Buffer.alloc(0);
  t.match(await peer.control(1n, [0x02, 3, 0, 0x01], nothing), { status: SUCCESS });
  t.same((await peer.control(2n, [0x82, 0, 0, 0x01], 2)).data, Buffer.of(1, 0));
  peer.send(101, 3n, bulkBody(1, Buffer.of(1)));
  t.match(await peer.answer(3n), { status: STALLED });
  t.match(await peer.control(4n, [0x02, 1, 0, 0x01], nothing), { status: SUCCESS });
  peer.send(101, 5n, bulkBody(1, Buffer.of(2)));
  t.match(await peer.answer(5n), { status: SUCCESS, length: 1 });
  t.same(device.calls, ['attach', 'write 1 02']);
  t.match(await peer.control(6n, [0x02, 3, 0, 0x04], nothing), { status: STALLED }, 'no such endpoint');
});

t.test('configuration and settings', async (t) => {
  const { peer, events } = await plug(t);
  const status = async (type: number, count: number): Promise<number[]> => {
    await peer.until(() => peer.of(type).length === count);
    return [...(peer.of(type).at(-1)?.body ?? [])];
  };
  peer.send(6, 1n, Buffer.of(1));
  t.same(await status(8, 1), [SUCCESS, 1]);
  t.same(
    peer.received.slice(4).map(({ type }) => type),
    [5, 4, 8],
    'the endpoints are told before the status',
  );
  peer.send(6, 2n, Buffer.of(2));
  t.same(await status(8, 2), [STALLED, 1]);
  peer.send(9, 3n, Buffer.of(1, 0));
  t.same(await status(11, 1), [SUCCESS, 1, 0]);
  peer.send(9, 4n, Buffer.of(1, 1));
  t.same(await status(11, 2), [STALLED, 1, 0]);
  peer.send(10, 5n, Buffer.of(2));
  t.same(await status(11, 3), [STALLED, 2, 0]);
  peer.send(6, 6n, Buffer.of(0));
  t.same(await status(8, 3), [SUCCESS, 0]);
  peer.send(101, 7n, bulkBody(1, Buffer.of(1)));
  t.match(await peer.answer(7n), { status: INVAL }, 'no endpoints without a configuration');
  peer.send(7, 8n);
  t.same(await status(8, 4), [SUCCESS, 0]);
  t.equal(peer.of(8).at(-1)?.id, 8n);
  t.match(events, [{ event: 'connected' }, { configuration: 1 }, { configuration: 0 }]);
});

t.test('another configuration ends what is under way, and receiving', async (t) => {
  const { peer, device } = await plug(t);
  peer.send(15, 0n, Buffer.of(0x82));
  peer.send(101, 1n, bulkBody(0x81, 8));
  peer.send(6, 2n, Buffer.of(1));
  t.match(await peer.answer(1n), { status: CANCELLED });
  await peer.until(() => peer.of(8).length === 1);
  device.port?.send(0x82, Buffer.from('kept'));
  device.port?.send(0x81, Buffer.from('kept too'));
  await turn();
  t.equal(peer.of(103).length, 0);
  peer.send(15, 0n, Buffer.of(0x82));
  peer.send(101, 3n, bulkBody(0x81, 8));
  t.equal((await peer.answer(3n)).data.toString(), 'kept too');
  t.equal(peer.of(103).length, 1);
});

t.test('what a device throws is an I/O error and counted', async (t) => {
  const { connection, peer, device, events } = await plug(t);
  t.match(await peer.control(1n, [0xc0, 2, 0, 0], 4), { status: IOERROR, length: 0 });
  t.match(await peer.control(2n, [0xc0, 3, 0, 0], 4), { status: IOERROR, length: 0 });
  t.equal(connection.faults, 2);
  device.port?.send(0x01, Buffer.of(1));
  t.equal(connection.faults, 3, 'an OUT endpoint takes nothing from the device');
  t.match(events.slice(1), [
    { message: /it broke$/ },
    { message: /it broke later/ },
    { message: /0x1 is no IN/ },
  ]);
});

t.test('what is not there', async (t) => {
  const { connection, peer } = await plug(t);
  peer.send(101, 1n, bulkBody(3, Buffer.of(1)));
  t.match(await peer.answer(1n), { status: INVAL });
  peer.send(101, 2n, bulkBody(2, Buffer.of(1)));
  t.match(await peer.answer(2n), { status: INVAL }, 'an interrupt endpoint is none for bulk');
  peer.send(101, 3n, bulkBody(1, Buffer.of(1), 5));
  t.match(await peer.answer(3n), { status: INVAL }, 'no streams');
  peer.send(12, 4n, Buffer.of(0x83, 8, 4));
  peer.send(18, 5n, Buffer.of(2, 0, 0, 0, 4, 0, 0, 0));
  peer.send(25, 6n, Buffer.of(0, 0, 0, 0, 0, 2, 0, 0, 0x81, 5));
  await peer.until(() => peer.of(27).length === 1);
  t.same(
    [14, 20, 27].map((type) => peer.of(type)[0]?.body.toString('hex')),
    ['0283', '020000000400000002', '000000008102'],
  );
  peer.send(22, 0n);
  await peer.until(() => connection.peerFaults === 1);
});

t.test('reset: the device begins anew, its receivers stay', async (t) => {
  const { peer, device } = await plug(t);
  peer.send(15, 0n, Buffer.of(0x82));
  peer.send(100, 1n, controlBody([0xc0, 4, 0, 0], 1));
  peer.send(101, 2n, bulkBody(0x81, 8));
  await peer.until(() => device.calls.includes('control 4'));
  const { port } = device;
  peer.send(3, 0n);
  t.match(await peer.answer(1n), { status: CANCELLED });
  t.match(await peer.answer(2n), { status: CANCELLED });
  t.same(device.calls, ['attach', 'control 4', 'detach', 'attach']);
  port?.send(0x82, Buffer.from('the old port'));
  device.port?.send(0x82, Buffer.from('the new port'));
  await peer.until(() => peer.of(103).length === 1);
  t.same(
    peer.of(103).map((packet) => answered(packet).data.toString()),
    ['the new port'],
  );
});

t.test('a device without endpoints for OUT stalls them', async (t) => {
  const { peer, device } = await plug(t);
  Object.defineProperty(device, 'write', { value: undefined });
  peer.send(101, 1n, bulkBody(1, Buffer.of(1)));
  t.match(await peer.answer(1n), { status: STALLED });
});

t.test('a peer that does not read is not read from', async (t) => {
  const { connection, peer } = await plug(t);
  let arrived = 0;
  connection.onRequest(() => {
    arrived += 1;
  });
  peer.stream.pause();
  const count = 5000;
  for (let id = 1; id <= count; id++) peer.send(100, BigInt(id), controlBody([0xc0, 1, 0, 0], 4));
  for (let turns = 0; turns < 20; turns++) await turn();
  t.ok(arrived < count / 2, `${arrived} requests were taken`);
  peer.stream.resume();
  t.match(await peer.answer(BigInt(count)), { status: SUCCESS });
  t.equal(arrived, count);
});
