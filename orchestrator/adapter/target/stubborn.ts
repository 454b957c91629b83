/** A target that makes trouble: it holds the clock, refuses a byte, or does not answer. */
import type { I2cTarget } from './i2c-bus.ts';

/** What is wrong with it. What is absent is as it should be. */
export interface Stubbornness {
  /** How long it holds the clock before each byte; `Infinity`: it never lets go. */
  readonly stretchMs?: number;
  /** Which byte of a write it does not acknowledge, from 0. It takes none of the following ones either. */
  readonly refusesByte?: number;
  /** It does not acknowledge its address. */
  readonly deaf?: boolean;
}

/** The target. It keeps what it accepts; what is read from it counts up from 0 in each message. */
export class StubbornTarget implements I2cTarget {
  readonly addresses: readonly number[];
  /** May be set at any time; a clock that is held goes by the old one until its time is up. */
  stubbornness: Stubbornness;
  #accepted: number[] = [];
  #position = 0;

  constructor(address: number, stubbornness: Stubbornness = {}) {
    this.addresses = [address];
    this.stubbornness = stubbornness;
  }

  /** All bytes that it has acknowledged, over all messages. */
  get accepted(): Uint8Array {
    return Uint8Array.from(this.#accepted);
  }

  start(): boolean {
    this.#position = 0;
    return this.stubbornness.deaf !== true;
  }

  write(byte: number): boolean {
    if (this.#position++ >= (this.stubbornness.refusesByte ?? Number.POSITIVE_INFINITY)) return false;
    this.#accepted.push(byte);
    return true;
  }

  read(): number {
    return this.#position++ & 0xff;
  }

  stop(): void {}

  stretchMs(): number {
    return this.stubbornness.stretchMs ?? 0;
  }
}
