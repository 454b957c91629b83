/** For tests of device models: a memory on the bus, with a one-byte pointer as small EEPROMs have it. */
import type { I2cTarget } from '../../target/i2c-bus.ts';

/** 256 bytes. The first byte of a write is the pointer, the rest is stored; a read goes on from the pointer. */
export class MemoryTarget implements I2cTarget {
  readonly addresses: readonly number[];
  readonly bytes = new Uint8Array(256);
  /** Every START, byte and STOP: `w`, `r`, `P` and what was written. */
  readonly log: string[] = [];
  /** How long the clock is held before each byte. */
  holdMs = 0;
  /** How many bytes of a write are acknowledged. */
  takesBytes = Number.POSITIVE_INFINITY;
  #pointer = 0;
  #written = 0;

  constructor(address: number) {
    this.addresses = [address];
  }

  start(_address: number, direction: 'read' | 'write'): boolean {
    this.log.push(direction === 'read' ? 'r' : 'w');
    this.#written = 0;
    return true;
  }

  write(byte: number): boolean {
    if (this.#written === this.takesBytes) return false;
    this.log.push(String(byte));
    if (this.#written++ === 0) this.#pointer = byte;
    else this.bytes[this.#pointer++ & 0xff] = byte;
    return true;
  }

  read(): number {
    return this.bytes[this.#pointer++ & 0xff] as number;
  }

  stop(): void {
    this.log.push('P');
  }

  stretchMs(): number {
    return this.holdMs;
  }
}
