import fc from 'fast-check';
import t from 'tap';
import { type BackendRecord, encodeAnswer, RecordReader } from './vhost-user-records.ts';

/** A record as host/vhost-user writes it. */
function record(kind: number, queue: number, ...body: number[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(4 + body.length, 0);
  head[4] = kind;
  head[5] = queue;
  return Buffer.concat([head, Buffer.from(body)]);
}

const STREAM = Buffer.concat([
  record(1, 0xff),
  record(2, 0xff),
  record(3, 0xff, 0, 0, 0, 0x10, 1, 0, 0, 0),
  record(4, 0, 4, 0, 0, 0),
  record(6, 1, 0x02, 0, 0x07, 0, 5, 0, 0, 0, 0xa0, 0xa1),
  record(6, 0, 1, 0, 0, 0x80, 0, 0, 0, 0),
  record(7, 0xff, ...Buffer.from('message header')),
  record(7, 1, ...Buffer.from('descriptor loop')),
  record(5, 0),
  record(8, 0xff),
]);
const RECORDS: readonly BackendRecord[] = [
  { kind: 'listening' },
  { kind: 'connected' },
  { kind: 'features', acked: 0x1_1000_0000n },
  { kind: 'queue-started', queue: 0, size: 4 },
  { kind: 'request', queue: 1, token: 0x0007_0002, roomBytes: 5, data: Uint8Array.of(0xa0, 0xa1) },
  { kind: 'request', queue: 0, token: 0x8000_0001, roomBytes: 0, data: new Uint8Array(0) },
  { kind: 'malformed', queue: undefined, what: 'message header' },
  { kind: 'malformed', queue: 1, what: 'descriptor loop' },
  { kind: 'queue-stopped', queue: 0 },
  { kind: 'closed' },
];

t.test('records, split anywhere', async (t) => {
  t.same(new RecordReader().push(STREAM), RECORDS);
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
      const reader = new RecordReader();
      const edges = [0, ...[...cuts].sort((a, b) => a - b), STREAM.length];
      const seen = edges.slice(1).flatMap((end, index) => reader.push(STREAM.subarray(edges[index], end)));
      t.same(seen, RECORDS);
    }),
    { numRuns: 50 },
  );
});

t.test('what that program never writes', async (t) => {
  t.throws(() => new RecordReader().push(record(99, 0)), { message: 'a record of kind 99' });
  t.throws(() => new RecordReader().push(Buffer.of(3, 0, 0, 0)), { message: 'a record of 3 bytes' });
  t.throws(() => new RecordReader().push(Buffer.of(0, 0, 0, 0x7f)), RangeError, 'not waited for');
  t.throws(() => new RecordReader().push(record(6, 0, 1)), RangeError);
});

t.test('an answer', async (t) => {
  t.same(
    [...encodeAnswer({ queue: 1, token: 0x0007_0002, usedBytes: 0xffff_fffe, data: Uint8Array.of(9, 8) })],
    [14, 0, 0, 0, 16, 1, 0, 0, 2, 0, 7, 0, 0xfe, 0xff, 0xff, 0xff, 9, 8],
  );
});
