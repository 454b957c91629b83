/** 24C02: a serial EEPROM of 256 bytes (Microchip's 24AA02/24LC02B data sheet; driver drivers/misc/eeprom/at24.c). */
import { monotonicMs } from '../../base/index.ts';
import type { I2cTarget } from './i2c-bus.ts';

const SIZE_BYTES = 256;

/** How an EEPROM is made. */
export interface Eeprom24c02Options {
  /** 0x50 when absent. */
  readonly address?: number;
  /** Within a page the address wraps while writing. 16 when absent. */
  readonly pageBytes?: 8 | 16;
  /** How long it does not acknowledge its address after a write: what makes a driver poll. 5 when absent. */
  readonly writeCycleMs?: number;
  /** The first bytes; what is not given is erased, 0xff. */
  readonly contents?: Uint8Array;
  /** Milliseconds; only differences count. {@link monotonicMs} when absent. */
  readonly clock?: () => number;
}

/** The chip. at24 binds it as `24c02`. */
export class Eeprom24c02 implements I2cTarget {
  readonly addresses: readonly number[];
  readonly #contents = new Uint8Array(SIZE_BYTES).fill(0xff);
  readonly #pageBytes: number;
  readonly #writeCycleMs: number;
  readonly #clock: () => number;
  /** Bytes that the next STOP writes, by address: a page that is overrun keeps the last ones. */
  readonly #latched = new Map<number, number>();
  #pointer = 0;
  #expects: 'address' | 'data' = 'data';
  #busyUntilMs = Number.NEGATIVE_INFINITY;

  /** @throws RangeError for more than 256 bytes of contents */
  constructor(options: Eeprom24c02Options = {}) {
    const { address = 0x50, pageBytes = 16, writeCycleMs = 5, contents, clock = monotonicMs } = options;
    this.addresses = [address];
    this.#pageBytes = pageBytes;
    this.#writeCycleMs = writeCycleMs;
    this.#clock = clock;
    if (contents !== undefined) this.#contents.set(contents);
  }

  /** A copy of what is stored. A write is in it from its STOP on. */
  get contents(): Uint8Array {
    return this.#contents.slice();
  }

  start(_address: number, direction: 'read' | 'write'): boolean {
    // Only a STOP begins the write cycle: what a repeated START finds latched is lost.
    this.#latched.clear();
    if (this.#clock() < this.#busyUntilMs) return false;
    this.#expects = direction === 'write' ? 'address' : 'data';
    return true;
  }

  write(byte: number): boolean {
    if (this.#expects === 'address') {
      this.#pointer = byte;
      this.#expects = 'data';
      return true;
    }
    this.#latched.set(this.#pointer, byte);
    const page = this.#pointer - (this.#pointer % this.#pageBytes);
    this.#pointer = page + ((this.#pointer + 1) % this.#pageBytes);
    return true;
  }

  read(): number {
    const byte = this.#contents[this.#pointer] as number;
    this.#pointer = (this.#pointer + 1) % SIZE_BYTES;
    return byte;
  }

  stop(): void {
    if (this.#latched.size === 0) return;
    for (const [address, byte] of this.#latched) this.#contents[address] = byte;
    this.#latched.clear();
    this.#busyUntilMs = this.#clock() + this.#writeCycleMs;
  }
}
