/** QEMU's side for tests: an in-memory stream, and the protocol written a second time, from usbredirproto.h. */
import { Duplex } from 'node:stream';

/** Two streams, each the other end of the other one. Who does not read makes the other one's writes wait. */
export function streamPair(): readonly [Duplex, Duplex] {
  const make = (other: () => Duplex): { readonly stream: Duplex; readonly goOn: () => void } => {
    let waiting: (() => void) | undefined;
    const goOn = (): void => {
      const done = waiting;
      waiting = undefined;
      done?.();
    };
    const stream = new Duplex({
      read: () => partner().goOn(),
      write: (chunk: Buffer, _encoding, done) => {
        if (other().push(chunk)) done();
        else waiting = done;
      },
      final: (done) => {
        other().push(null);
        done();
      },
      destroy: (error, done) => {
        if (!other().destroyed) other().push(null);
        goOn();
        done(error);
      },
    });
    const partner = (): { readonly goOn: () => void } => (other() === a.stream ? a : b);
    return { stream, goOn };
  };
  const a = make(() => b.stream);
  const b = make(() => a.stream);
  return [a.stream, b.stream];
}

/** What QEMU 7.2 announces (hw/usb/redirect.c, usbredir_create_parser), with the acknowledgement of its library. */
export const QEMU_CAPABILITIES = 0xff;

export function short(value: number): Buffer {
  return Buffer.of(value & 0xff, value >> 8);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A packet with a header as it goes over the wire. */
export function rawPacket(type: number, id: bigint, body: Uint8Array, wide: boolean): Buffer {
  const idBytes = Buffer.alloc(8);
  idBytes.writeBigUInt64LE(BigInt.asUintN(64, id));
  return Buffer.concat([word(type), word(body.length), wide ? idBytes : idBytes.subarray(0, 4), body]);
}

export function helloPacket(capabilities: number): Buffer {
  const version = Buffer.alloc(64);
  version.write('qemu usb-redir guest 7.2');
  return rawPacket(0, 0n, Buffer.concat([version, word(capabilities)]), false);
}

export type Setup = readonly [requestType: number, request: number, value: number, index: number];

/** The body of a control transfer; data for OUT, a length for IN. */
export function controlBody(
  [requestType, request, value, index]: Setup,
  lengthOrData: number | Uint8Array,
): Buffer {
  const isData = typeof lengthOrData !== 'number';
  const length = isData ? lengthOrData.length : lengthOrData;
  const head = [Buffer.of(requestType & 0x80, request, requestType, 0), short(value), short(index)];
  return Buffer.concat([...head, short(length), isData ? lengthOrData : Buffer.alloc(0)]);
}

/** The body of a bulk transfer with a 32-bit length. */
export function bulkBody(endpoint: number, lengthOrData: number | Uint8Array, streamId = 0): Buffer {
  const isData = typeof lengthOrData !== 'number';
  const length = isData ? lengthOrData.length : lengthOrData;
  const head = [Buffer.of(endpoint, 0), short(length & 0xffff), word(streamId), short(length >>> 16)];
  return Buffer.concat([...head, isData ? lengthOrData : Buffer.alloc(0)]);
}

export function interruptBody(endpoint: number, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(endpoint, 0), short(data.length), data]);
}

/** A packet as it came from the host. */
export interface Received {
  readonly type: number;
  readonly id: bigint;
  readonly body: Buffer;
}

/** An answer to a transfer, taken apart. */
export interface Answered {
  readonly type: number;
  readonly id: bigint;
  readonly endpoint: number;
  /** By number. */
  readonly status: number;
  readonly length: number;
  readonly data: Buffer;
}

/** Takes the fields that all three kinds of transfer have. */
export function answered({ type, id, body }: Received): Answered {
  const endpoint = body.readUInt8(0);
  if (type === 100)
    return {
      type,
      id,
      endpoint,
      status: body.readUInt8(3),
      length: body.readUInt16LE(8),
      data: body.subarray(10),
    };
  const status = body.readUInt8(1);
  const low = body.readUInt16LE(2);
  if (type === 101)
    return {
      type,
      id,
      endpoint,
      status,
      length: low + body.readUInt16LE(8) * 65_536,
      data: body.subarray(10),
    };
  return { type, id, endpoint, status, length: low, data: body.subarray(4) };
}

/** Plays QEMU: says hello, sends packets and collects what comes. */
export class TestPeer {
  readonly stream: Duplex;
  readonly received: Received[] = [];
  readonly #wide: boolean;
  #rest = Buffer.alloc(0);
  #greeted = false;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(stream: Duplex, capabilities: number = QEMU_CAPABILITIES) {
    this.stream = stream;
    this.#wide = (capabilities & 0x20) !== 0;
    stream.on('data', (piece: Buffer) => this.#take(piece));
    const close = (): void => {
      this.#closed = true;
      this.#wake();
    };
    stream.on('end', close);
    stream.on('close', close);
    stream.on('error', () => undefined);
  }

  /** Whether the other side has closed the stream. */
  get isClosed(): boolean {
    return this.#closed;
  }

  send(type: number, id: bigint, body: Uint8Array = Buffer.alloc(0)): void {
    this.stream.write(rawPacket(type, id, body, this.#wide));
  }

  hello(capabilities: number = QEMU_CAPABILITIES): void {
    this.stream.write(helloPacket(capabilities));
  }

  /** The packets of a type, so far. */
  of(type: number): readonly Received[] {
    return this.received.filter((packet) => packet.type === type);
  }

  /** Waits until something holds, which may be forever: the test's own time-out ends that. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#closed) throw new Error('the host closed the connection');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for the answer to a transfer. */
  async answer(id: bigint): Promise<Answered> {
    const find = (): Received | undefined =>
      this.received.find((packet) => packet.id === id && packet.type >= 100);
    await this.until(() => find() !== undefined);
    return answered(find() as Received);
  }

  async control(id: bigint, setup: Setup, lengthOrData: number | Uint8Array): Promise<Answered> {
    this.send(100, id, controlBody(setup, lengthOrData));
    return await this.answer(id);
  }

  #take(piece: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, piece]);
    for (;;) {
      const headerBytes = this.#wide && this.#greeted ? 16 : 12;
      if (this.#rest.length < headerBytes) break;
      const end = headerBytes + this.#rest.readUInt32LE(4);
      if (this.#rest.length < end) break;
      const id = headerBytes === 16 ? this.#rest.readBigUInt64LE(8) : BigInt(this.#rest.readUInt32LE(8));
      const type = this.#rest.readUInt32LE(0);
      this.received.push({ type, id, body: this.#rest.subarray(headerBytes, end) });
      this.#rest = this.#rest.subarray(end);
      if (type === 0) this.#greeted = true;
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
