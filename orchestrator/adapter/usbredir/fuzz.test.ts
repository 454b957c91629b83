import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { type Behaviour, BehaviourScript } from '../usb/behaviour.ts';
import { type Answer, type ControlSetup, success, type UsbDevice, type UsbPort } from '../usb/device.ts';
import { UsbRedirConnection } from './connection.ts';
import { IN_QUEUE_TRANSFERS } from './in-queue.ts';
import type { HostPacket, TransferPacket } from './packets.ts';
import { TEST_DESCRIPTION } from './test-device.ts';
import {
  bulkBody,
  controlBody,
  helloPacket,
  interruptBody,
  QEMU_CAPABILITIES,
  rawPacket,
  streamPair,
  word,
} from './test-peer.ts';
import { pcapngSink, Trace } from './trace.ts';
import type { TraceEntry } from './trace-entry.ts';
import { textLine } from './trace-text.ts';
import { PENDING_BYTES, PENDING_TRANSFERS } from './transfers.ts';
import { DECODER_BOUND_BYTES } from './wire.ts';

const SEQUENCES = 10_000;
const START = { monotonicMs: 0, wallMs: 0 };

/** Numbers from a seed (mulberry32): a run that fails can be had again. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, but not including, `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bytes(atMost: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(atMost + 1) }, () => this.below(256)));
  }
}

/** Answers at once, later, never or not well, throws, and sends things by itself. */
class MoodyDevice implements UsbDevice {
  readonly description = TEST_DESCRIPTION;
  readonly #dice: Dice;
  attached = 0;
  #port: UsbPort | undefined;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  attach(port: UsbPort): void {
    this.attached += 1;
    this.#port = port;
    this.#sendSomething();
  }

  detach(): void {
    this.attached -= 1;
  }

  control(setup: ControlSetup): Answer | Promise<Answer> {
    return this.#answer((setup.requestType & 0x80) !== 0);
  }

  write(): Answer | Promise<Answer> {
    return this.#answer(false);
  }

  #answer(isIn: boolean): Answer | Promise<Answer> {
    this.#sendSomething();
    const answer = isIn ? success(this.#dice.bytes(20)) : success();
    switch (this.#dice.below(8)) {
      case 0:
        return Promise.resolve(answer);
      case 1:
        return new Promise(() => undefined);
      case 2:
        throw new Error('thrown');
      case 3:
        return Promise.reject(new Error('rejected'));
      case 4:
        return { status: this.#dice.of(['stall', 'ioerror', 'inval', 'timeout', 'babble'] as const) };
      case 5:
        return turn(answer);
      default:
        return answer;
    }
  }

  #sendSomething(): void {
    // It keeps its port too long, as a model with a defect would.
    for (let count = this.#dice.below(3); count > 0; count--)
      this.#port?.send(this.#dice.of([0x81, 0x82, 0x82, 0x01, 0x8f]), this.#dice.bytes(70));
  }
}

function behaviour(dice: Dice): Behaviour {
  const ms = dice.below(3);
  return dice.of<Behaviour>([
    { do: 'delay', delayMs: ms },
    { do: 'status', status: 'stall' },
    { do: 'silence' },
    { do: 'late', afterCancelMs: ms },
    { do: 'shorten', bytes: dice.below(10) },
    { do: 'lengthen', bytes: dice.below(100) },
    { do: 'garbage' },
    { do: 'disconnect', when: dice.of(['before', 'after'] as const) },
  ]);
}

const ENDPOINTS = [0x01, 0x01, 0x81, 0x81, 0x02, 0x02, 0x82, 0x00, 0x80, 0x03, 0x8f];

/** A packet that QEMU may send, most often one that makes sense. */
function packet(dice: Dice, wide: boolean): Buffer {
  // Few ids, so that some are used twice and some are cancelled.
  const id = BigInt(dice.below(12));
  const endpoint = dice.of(ENDPOINTS);
  const make = (type: number, body: Uint8Array): Buffer => rawPacket(type, id, body, wide);
  switch (dice.below(14)) {
    case 0:
    case 1:
    case 2: {
      const isIn = dice.below(2) === 0;
      const requestType = dice.of([0x00, 0x01, 0x02, 0x20, 0x21, 0x40, 0x41]) | (isIn ? 0x80 : 0);
      const value = dice.of([0, 0x0100, 0x0200, 0x0301, 0x2200, dice.below(65_536)]);
      const index = dice.of([0, 1, 0x81, 0x01, 0x0409, dice.below(65_536)]);
      return make(
        100,
        controlBody([requestType, dice.below(12), value, index], isIn ? dice.below(300) : dice.bytes(20)),
      );
    }
    case 3:
    case 4:
    case 5:
      return make(101, bulkBody(endpoint, (endpoint & 0x80) === 0 ? dice.bytes(100) : dice.below(100)));
    case 6:
      return make(103, interruptBody(endpoint & 0x7f, dice.bytes(64)));
    case 7:
      return make(21, Buffer.alloc(0));
    case 8:
      return make(15, Buffer.of(dice.of([0x82, 0x82, 0x81, 0x8f])));
    case 9:
      return make(16, Buffer.of(0x82));
    case 10:
      return make(3, Buffer.alloc(0));
    case 11:
      return make(6, Buffer.of(dice.of([1, 1, 0, 2])));
    case 12:
      return make(dice.of([7, 10, 9, 12, 13, 18, 19, 22, 24, 25, 26]), dice.bytes(12));
    default:
      return make(dice.below(110), dice.bytes(20));
  }
}

/** What a peer sends in its life, in pieces. */
function stream(dice: Dice): Buffer[] {
  const wide = dice.below(4) !== 0;
  const parts = [helloPacket(wide ? QEMU_CAPABILITIES : QEMU_CAPABILITIES & ~0x20)];
  if (dice.below(20) === 0) parts.pop();
  for (let count = dice.below(25); count > 0; count--) parts.push(packet(dice, wide));
  if (dice.below(30) === 0) parts.push(Buffer.concat([word(101), word(0xffff_fff0), dice.bytes(30)]));
  const whole = Buffer.concat(parts);
  // Half of all runs have damaged bytes, some of them in headers.
  if (dice.below(2) === 0)
    for (let count = dice.below(6); count > 0 && whole.length > 0; count--)
      whole[dice.below(whole.length)] = dice.below(256);
  const end = dice.below(3) === 0 ? dice.below(whole.length + 1) : whole.length;
  const pieces: Buffer[] = [];
  for (let at = 0; at < end; ) {
    const to = Math.min(end, at + 1 + dice.below(dice.of([3, 40, 1000])));
    pieces.push(whole.subarray(at, to));
    at = to;
  }
  return pieces;
}

/** Fails when a packet answers a transfer that was not asked for, or was answered before. */
class Ledger {
  readonly #asked = new Map<string, number>();
  #isDisconnected = false;

  take(entry: TraceEntry): void {
    if (entry.direction === 'from-guest') this.#count(entry.packet as TransferPacket, 1);
    if (entry.direction !== 'to-guest') return;
    if (this.#isDisconnected) throw new Error(`${entry.packet.type} after the disconnect packet`);
    if (entry.packet.type === 'device_disconnect') this.#isDisconnected = true;
    this.#count(entry.packet, -1);
  }

  #count(packet: TransferPacket | HostPacket, by: number): void {
    const isUnasked = packet.type === 'interrupt_packet' && (packet.endpoint & 0x80) !== 0;
    if (!/^(control|bulk|interrupt)_packet$/.test(packet.type) || isUnasked) return;
    const key = `${packet.type} ${packet.id}`;
    const open = (this.#asked.get(key) ?? 0) + by;
    if (open < 0) throw new Error(`${key} has one answer too many`);
    this.#asked.set(key, open);
  }
}

/** One peer's life. */
async function run(
  seed: number,
  greatest: { buffered: number; transfers: number; unfetched: number },
): Promise<void> {
  const dice = new Dice(seed);
  const [ours, theirs] = streamPair();
  theirs.on('error', () => undefined);
  theirs.resume();
  const device = new MoodyDevice(dice);
  const script = new BehaviourScript();
  if (dice.below(2) === 0)
    script.arm([
      { at: dice.below(5), behaviour: behaviour(dice) },
      { from: 6, behaviour: behaviour(dice) },
    ]);
  const ledger = new Ledger();
  const blocks: Uint8Array[] = [];
  const lines: string[] = [];
  const connection = UsbRedirConnection.start(ours, device, {
    script,
    trace: new Trace([
      ledger,
      pcapngSink(START, (block) => blocks.push(block)),
      { take: (entry) => lines.push(textLine(entry, START)) },
    ]),
  });
  try {
    for (const piece of stream(dice)) {
      if (theirs.writable) theirs.write(piece);
      if (dice.below(6) === 0) await turn();
      const { load } = connection;
      greatest.buffered = Math.max(greatest.buffered, load.bufferedBytes);
      greatest.transfers = Math.max(greatest.transfers, load.transfers);
      greatest.unfetched = Math.max(greatest.unfetched, load.unfetched);
      if (load.transferBytes > PENDING_BYTES) throw new Error(`${load.transferBytes} bytes are kept`);
    }
    await turn();
    if (dice.below(4) === 0) {
      const disconnected = connection.disconnect(undefined, 0);
      if (dice.below(2) === 0 && theirs.writable) theirs.write(rawPacket(24, 0n, Buffer.alloc(0), true));
      await disconnected;
    } else if (dice.below(3) === 0) theirs.destroy();
    await turn();
  } finally {
    connection.close();
  }
  await connection.ended;
  if (device.attached !== 0) throw new Error(`attached ${device.attached} times more than detached`);
  if (connection.load.timers !== 0) throw new Error('timers are left');
  if (connection.load.transfers !== 0) throw new Error('transfers are left');
  if (lines.some((line) => !/^ *\d+\.\d{3} (<-|->|!!) [^\n\r]+$/.test(line))) throw new Error('an odd line');
  for (const block of blocks) checkBlocks(Buffer.from(block));
}

/** A reader finds its way through these blocks. */
function checkBlocks(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (length % 4 !== 0 || bytes.readUInt32LE(at + length - 4) !== length) throw new Error('a bad block');
    at += length;
  }
}

t.test(`${SEQUENCES} peers, most of them bad`, { timeout: 120_000 }, async (t) => {
  const unexpected: unknown[] = [];
  const note = (error: unknown): void => {
    unexpected.push(error);
  };
  process.on('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const greatest = { buffered: 0, transfers: 0, unfetched: 0 };
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    try {
      await run(seed, greatest);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  t.same(unexpected, []);
  t.ok(greatest.buffered <= DECODER_BOUND_BYTES);
  t.ok(greatest.transfers > 3, 'transfers were under way');
  t.ok(greatest.transfers <= PENDING_TRANSFERS);
  t.ok(greatest.unfetched > 3, 'data were not fetched');
  t.ok(greatest.unfetched <= IN_QUEUE_TRANSFERS);
});
