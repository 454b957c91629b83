/** What a fuzzer sends: packets of QEMU's side, most of them good, and damage. */
import type { Behaviour } from '../../usb/behaviour.ts';
import {
  bulkBody,
  controlBody,
  helloPacket,
  interruptBody,
  QEMU_CAPABILITIES,
  rawPacket,
  word,
} from './peer.ts';

/** Numbers from a seed (mulberry32): a run that fails can be had again. */
export class Dice {
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
    const bytes = Buffer.allocUnsafe(this.below(atMost + 1));
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.below(256);
    return bytes;
  }
}

/** Some misbehaviour. */
export function behaviour(dice: Dice): Behaviour {
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
export function stream(dice: Dice): Buffer[] {
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
