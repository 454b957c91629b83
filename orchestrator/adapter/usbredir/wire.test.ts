import fc from 'fast-check';
import t from 'tap';
import { OWN_CAPABILITIES } from './numbers.ts';
import type { Fault, GuestPacket } from './packets.ts';
import {
  bulkBody,
  controlBody,
  helloPacket,
  interruptBody,
  QEMU_CAPABILITIES,
  rawPacket,
  short,
  word,
} from './testdata/peer.ts';
import { DECODER_BOUND_BYTES, PacketDecoder } from './wire.ts';

type Item = GuestPacket | Fault;

function decode(...pieces: readonly Uint8Array[]): Item[] {
  const decoder = new PacketDecoder(OWN_CAPABILITIES);
  return pieces.flatMap((piece) => decoder.take(piece));
}

function faults(items: readonly Item[]): readonly string[] {
  return items.flatMap((item) => (item.kind === 'fault' ? [item.message] : []));
}

/** One of every type that QEMU can send. */
const BODIES: readonly (readonly [number, Buffer])[] = [
  [3, Buffer.alloc(0)],
  [6, Buffer.of(1)],
  [7, Buffer.alloc(0)],
  [9, Buffer.of(1, 2)],
  [10, Buffer.of(1)],
  [12, Buffer.of(0x83, 8, 4)],
  [13, Buffer.of(0x83)],
  [15, Buffer.of(0x82)],
  [16, Buffer.of(0x82)],
  [18, Buffer.concat([word(0x8000_0002), word(4)])],
  [19, word(2)],
  [21, Buffer.alloc(0)],
  [22, Buffer.alloc(0)],
  [23, Buffer.from('-1,-1,-1,-1,0\0')],
  [24, Buffer.alloc(0)],
  [25, Buffer.concat([word(0), word(512), Buffer.of(0x81, 5)])],
  [26, Buffer.concat([word(7), Buffer.of(0x81)])],
  [100, controlBody([0x80, 6, 0x0100, 0], 18)],
  [100, controlBody([0x40, 1, 2, 0xffff], Buffer.from('beef', 'hex'))],
  [101, bulkBody(0x81, 0x1_2345)],
  [101, bulkBody(0x01, Buffer.alloc(70, 7), 3)],
  [102, Buffer.concat([Buffer.of(3, 0), short(2), Buffer.from('ab')])],
  [103, interruptBody(2, Buffer.from('hid'))],
];

t.test('every packet that QEMU can send, with ids of both widths', async (t) => {
  for (const wide of [true, false]) {
    const capabilities = wide ? QEMU_CAPABILITIES : QEMU_CAPABILITIES & ~0x20;
    const id = wide ? 0xfedc_ba98_7654_3210n : 0xfedc_ba98n;
    const items = decode(
      helloPacket(capabilities),
      ...BODIES.map(([type, body]) => rawPacket(type, id, body, wide)),
    );
    t.same(faults(items), []);
    t.equal(items.length, BODIES.length + 1);
    t.ok(items.slice(1).every((item) => item.kind === 'packet' && item.id === id));
  }
});

t.test('the fields of packets', async (t) => {
  const items = decode(
    helloPacket(QEMU_CAPABILITIES),
    ...BODIES.map(([type, body]) => rawPacket(type, 5n, body, true)),
  );
  const of = (type: string): Item[] => items.filter((item) => item.kind === 'packet' && item.type === type);
  t.match(of('hello')[0], { version: 'qemu usb-redir guest 7.2', capabilities: 0xff, id: 0n });
  t.match(of('set_alt_setting')[0], { interface: 1, alt: 2 });
  t.match(of('start_iso_stream')[0], { endpoint: 0x83, packetsPerUrb: 8, urbCount: 4 });
  t.match(of('alloc_bulk_streams')[0], { endpoints: 0x8000_0002, streamCount: 4 });
  t.match(of('start_bulk_receiving')[0], {
    streamId: 0,
    bytesPerTransfer: 512,
    endpoint: 0x81,
    transferCount: 5,
  });
  t.match(of('stop_bulk_receiving')[0], { streamId: 7, endpoint: 0x81 });
  const [read, write] = of('control_packet');
  t.match(read, { endpoint: 0x80, requestType: 0x80, request: 6, value: 0x0100, index: 0, length: 18 });
  t.match(write, { endpoint: 0, requestType: 0x40, request: 1, value: 2, index: 0xffff, length: 2 });
  t.same(write?.kind === 'packet' && write.type === 'control_packet' && [...write.data], [0xbe, 0xef]);
  t.match(of('bulk_packet')[0], { endpoint: 0x81, length: 0x1_2345, streamId: 0 });
  t.match(of('bulk_packet')[1], { endpoint: 1, length: 70, streamId: 3 });
  t.match(of('interrupt_packet')[0], { endpoint: 2, length: 3 });
});

t.test('bulk lengths have 16 bits with a peer that knows no more', async (t) => {
  const body = Buffer.concat([Buffer.of(0x81, 0), short(0x1234), word(0)]);
  const items = decode(helloPacket(0), rawPacket(101, 1n, body, false));
  t.match(items[1], { kind: 'packet', type: 'bulk_packet', length: 0x1234 });
});

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

/** A body of any type, good or bad. */
const anyBody: fc.Arbitrary<readonly [number, Uint8Array]> = fc.oneof(
  fc.constantFrom(...BODIES),
  fc.tuple(
    fc.constantFrom(0, 1, 2, 4, 5, 8, 20, 27, 28, 99, 100, 101, 103, 104, 105, 0xffff_ffff),
    bytes(40),
  ),
);

t.test('pieces of any size make the same packets', async () => {
  fc.assert(
    fc.property(
      fc.array(anyBody, { maxLength: 12 }),
      fc.boolean(),
      fc.array(fc.nat(60), { minLength: 1, maxLength: 20 }),
      (bodies, wide, sizes) => {
        const whole = Buffer.concat([
          helloPacket(wide ? QEMU_CAPABILITIES : 0x40),
          ...bodies.map(([type, body], at) => rawPacket(type, BigInt(at), body, wide)),
        ]);
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = (sizes[turn % sizes.length] ?? 0) + (turn % sizes.length === 0 ? 1 : 0);
          pieces.push(whole.subarray(at, at + size));
          at += size;
        }
        const expected = decode(whole);
        if (JSON.stringify(decode(...pieces), show) !== JSON.stringify(expected, show))
          throw new Error('cut otherwise it decodes otherwise');
        // Every packet becomes one thing: nothing is lost, and the next one is found.
        if (expected.length !== bodies.length + 1) throw new Error('a packet is missing');
      },
    ),
    { numRuns: 400 },
  );
});

t.test('every split point of a stream', async (t) => {
  const whole = Buffer.concat([
    helloPacket(QEMU_CAPABILITIES),
    ...BODIES.map(([type, body]) => rawPacket(type, 9n, body, true)),
  ]);
  const expected = JSON.stringify(decode(whole), show);
  for (let at = 0; at <= whole.length; at++)
    if (JSON.stringify(decode(whole.subarray(0, at), whole.subarray(at)), show) !== expected)
      t.fail(`cut at ${at}`);
  const single = Array.from(whole, (byte) => Uint8Array.of(byte));
  t.equal(JSON.stringify(decode(...single), show), expected);
});

function show(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

t.test('a claimed 4 GiB is not waited for, and nothing is kept for it', async (t) => {
  for (const type of [23, 100, 101, 999]) {
    const decoder = new PacketDecoder(OWN_CAPABILITIES);
    decoder.take(helloPacket(QEMU_CAPABILITIES));
    const items = decoder.take(Buffer.concat([word(type), word(0xffff_ffff), Buffer.alloc(8)]));
    t.match(items, [{ kind: 'fault', fatal: true, message: /can't be followed/ }]);
    t.same(decoder.take(rawPacket(3, 0n, Buffer.alloc(0), true)), [], 'nothing is decoded after that');
    t.ok(decoder.bufferedBytes <= 4096);
  }
});

t.test('memory grows with what has come, not with what was claimed', async (t) => {
  const decoder = new PacketDecoder(OWN_CAPABILITIES);
  decoder.take(helloPacket(QEMU_CAPABILITIES));
  const length = 48 * 1024 * 1024;
  t.same(decoder.take(Buffer.concat([word(101), word(length + 10), Buffer.alloc(8)])), []);
  t.ok(decoder.bufferedBytes <= 4096, 'a header');
  decoder.take(bulkBody(1, 0).fill(0, 2));
  decoder.take(Buffer.alloc(100_000));
  t.ok(decoder.bufferedBytes >= 100_000);
  t.ok(decoder.bufferedBytes <= 300_000);
  t.ok(decoder.bufferedBytes <= DECODER_BOUND_BYTES);
});

t.test('the longest bulk transfer is taken, and its memory given back', async (t) => {
  const decoder = new PacketDecoder(OWN_CAPABILITIES);
  decoder.take(helloPacket(QEMU_CAPABILITIES));
  const length = 64 * 1024 * 1024;
  const data = Buffer.alloc(length, 1);
  const whole = rawPacket(101, 1n, bulkBody(1, data), true);
  t.same(decoder.take(whole.subarray(0, -1)), []);
  t.ok(decoder.bufferedBytes <= DECODER_BOUND_BYTES);
  const [item] = decoder.take(whole.subarray(-1));
  t.equal(item?.kind === 'packet' && item.type === 'bulk_packet' && item.data.length, length);
  t.ok(decoder.bufferedBytes <= 65_536);
  const over = Buffer.concat([word(101), word(length + 11), Buffer.alloc(8)]);
  t.match(decoder.take(over), [{ kind: 'fault', fatal: false, message: /too long/ }]);
});

t.test('what is wrong is told, and the next packet is found', async (t) => {
  const good = rawPacket(3, 0n, Buffer.alloc(0), true);
  const cases: readonly (readonly [string, number, Buffer])[] = [
    ['a packet of unknown type 77 with 5 bytes', 77, Buffer.alloc(5)],
    ['a set_configuration packet of 0 bytes, too short for its 1 bytes of header', 6, Buffer.alloc(0)],
    ['a set_configuration packet of 2 bytes, which is too long', 6, Buffer.alloc(2)],
    ['a device_connect packet, which only the host may send', 1, Buffer.alloc(10)],
    ['a buffered_bulk_packet, which only the host may send', 104, Buffer.alloc(10)],
    ['a second hello packet', 0, Buffer.alloc(68)],
    [
      'a control_packet for endpoint 0x00 with 1 bytes of data, where 2 belong',
      100,
      controlBody([0x40, 0, 0, 0], Buffer.alloc(2)).subarray(0, 11),
    ],
    [
      'a bulk_packet for endpoint 0x81 with 3 bytes of data, where 0 belong',
      101,
      bulkBody(0x81, Buffer.alloc(3)),
    ],
    [
      'an interrupt_packet for IN endpoint 0x82, which only the host may send',
      103,
      interruptBody(0x82, Buffer.alloc(0)),
    ],
    ['a start_interrupt_receiving packet of endpoint 0x02, which is not an IN endpoint', 15, Buffer.of(2)],
    ['a bulk_packet of 4294967295 bytes, which is too much', 101, bulkBody(0x81, 0xffff_ffff)],
  ];
  for (const [message, type, body] of cases) {
    const items = decode(helloPacket(QEMU_CAPABILITIES), rawPacket(type, 1n, body, true), good);
    t.same(faults(items), [message]);
    t.match(items[2], { kind: 'packet', type: 'reset' });
  }
});

t.test('before hello there is nothing else', async (t) => {
  const items = decode(
    rawPacket(3, 0n, Buffer.alloc(0), false),
    helloPacket(0),
    rawPacket(3, 0n, Buffer.alloc(0), false),
  );
  t.match(items, [
    { kind: 'fault', fatal: false, message: 'a reset packet before hello' },
    { type: 'hello', capabilities: 0 },
    { type: 'reset' },
  ]);
  t.match(decode(rawPacket(0, 0n, Buffer.alloc(63), false)), [{ kind: 'fault', message: /too short/ }]);
});
