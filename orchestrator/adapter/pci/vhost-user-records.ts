/** Records between unplug and the program that speaks vhost-user: host/vhost-user/record.h. Pure. */

/** What that program tells. */
export type BackendRecord =
  /** QEMU may call on its socket now. */
  | { readonly kind: 'listening' }
  | { readonly kind: 'connected' }
  /** What the guest took of the features, as far as QEMU passes it on. */
  | { readonly kind: 'features'; readonly acked: bigint }
  | { readonly kind: 'queue-started'; readonly queue: number; readonly size: number }
  | { readonly kind: 'queue-stopped'; readonly queue: number }
  | {
      readonly kind: 'request';
      readonly queue: number;
      /** Names it in the answer. */
      readonly token: number;
      /** What the guest wrote. */
      readonly data: Uint8Array;
      /** Bytes that the answer has room for. */
      readonly roomBytes: number;
    }
  /** The guest or QEMU said something that makes no sense; without `queue` it was QEMU, or a message of it. */
  | { readonly kind: 'malformed'; readonly queue: number | undefined; readonly what: string }
  /** QEMU hung up: the last one. */
  | { readonly kind: 'closed' };

/** An answer to a request. */
export interface BackendAnswer {
  readonly queue: number;
  readonly token: number;
  /** What the guest is told of how much was written: a device that lies says another number. */
  readonly usedBytes: number;
  readonly data: Uint8Array;
}

const LENGTH_BYTES = 4;
const HEAD_BYTES = 8;
const KIND_BYTES = HEAD_BYTES - LENGTH_BYTES;
const NO_QUEUE = 0xff;
const ANSWER = 16;
/** A request has 8 bytes of its own and up to 1 MiB (ring.h CHAIN_BYTES_MAX). */
const RECORD_BYTES_MAX = KIND_BYTES + 8 + 2 ** 20;

/** Takes the program's output in any pieces and gives whole records. */
export class RecordReader {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws RangeError when it is not what that program writes; the reader is of no use then */
  push(chunk: Uint8Array): readonly BackendRecord[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const records: BackendRecord[] = [];
    let at = 0;
    while (this.#pending.length - at >= LENGTH_BYTES) {
      const bytes = this.#pending.readUInt32LE(at);
      if (bytes < KIND_BYTES || bytes > RECORD_BYTES_MAX) throw new RangeError(`a record of ${bytes} bytes`);
      if (this.#pending.length - at < LENGTH_BYTES + bytes) break;
      records.push(parseRecord(this.#pending.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + bytes)));
      at += LENGTH_BYTES + bytes;
    }
    this.#pending = this.#pending.subarray(at);
    return records;
  }
}

/** An answer as the program reads it. */
export function encodeAnswer({ queue, token, usedBytes, data }: BackendAnswer): Uint8Array {
  const record = Buffer.alloc(HEAD_BYTES + 8 + data.length);
  record.writeUInt32LE(record.length - LENGTH_BYTES, 0);
  record.writeUInt8(ANSWER, 4);
  record.writeUInt8(queue, 5);
  record.writeUInt32LE(token, HEAD_BYTES);
  record.writeUInt32LE(usedBytes, HEAD_BYTES + 4);
  record.set(data, HEAD_BYTES + 8);
  return record;
}

function parseRecord(record: Buffer): BackendRecord {
  const [kind = 0, queue = NO_QUEUE] = record;
  const body = record.subarray(KIND_BYTES);
  switch (kind) {
    case 1:
      return { kind: 'listening' };
    case 2:
      return { kind: 'connected' };
    case 3:
      return { kind: 'features', acked: body.readBigUInt64LE(0) };
    case 4:
      return { kind: 'queue-started', queue, size: body.readUInt32LE(0) };
    case 5:
      return { kind: 'queue-stopped', queue };
    case 6:
      return {
        kind: 'request',
        queue,
        token: body.readUInt32LE(0),
        roomBytes: body.readUInt32LE(4),
        data: Uint8Array.from(body.subarray(8)),
      };
    case 7:
      return {
        kind: 'malformed',
        queue: queue === NO_QUEUE ? undefined : queue,
        what: body.toString('latin1'),
      };
    case 8:
      return { kind: 'closed' };
    default:
      throw new RangeError(`a record of kind ${kind}`);
  }
}
