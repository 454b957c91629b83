/** LM75: a temperature sensor (TI's LM75B/LM75C data sheet; driver drivers/hwmon/lm75.c, where it binds as `lm75`). */
import type { I2cTarget } from './i2c-bus.ts';

/** Registers by pointer; all but the configuration have 16 bits, the high byte first. */
const TEMPERATURE = 0;
const CONFIGURATION = 1;
const THYST = 2;
const TOS = 3;

const SHUTDOWN = 0x01;
/** Bits 5 to 7 of the configuration read 0. */
const CONFIGURATION_MASK = 0x1f;
/** Limits have nine bits whatever the temperature has. */
const LIMIT_MASK = 0xff80;

/** How a sensor is made. */
export interface Lm75Options {
  /** 0x48 when absent. */
  readonly address?: number;
  /** 9 is the LM75, 11 the LM75B (the driver's `lm75b`). 9 when absent. */
  readonly resolutionBits?: 9 | 11;
  /** 25000 when absent. */
  readonly millidegree?: number;
}

/**
 * The chip. Of the pointer the two low bits count, as in the clones, so lm75_detect() declines it, at any temperature:
 * only new_device binds it, and never does the driver get there first.
 */
export class Lm75 implements I2cTarget {
  readonly addresses: readonly number[];
  readonly #registers = new Uint16Array([0, 0, 0x4b00, 0x5000]);
  readonly #resolutionBits: number;
  #millidegree = 0;
  #pointer = TEMPERATURE;
  /** Bytes since START; of a write, the first is the pointer. */
  #position = 0;
  #high = 0;

  constructor(options: Lm75Options = {}) {
    const { address = 0x48, resolutionBits = 9, millidegree = 25_000 } = options;
    this.addresses = [address];
    this.#resolutionBits = resolutionBits;
    this.millidegree = millidegree;
  }

  /** How warm it is; the chip reads it rounded down to its resolution. */
  get millidegree(): number {
    return this.#millidegree;
  }

  /** @throws RangeError outside of -55 to 125 degrees */
  set millidegree(value: number) {
    if (!(value >= -55_000 && value <= 125_000)) throw new RangeError(`${value} m°C is out of range`);
    this.#millidegree = value;
    this.#convert();
  }

  /** The configuration register. */
  get configuration(): number {
    return this.#registers[CONFIGURATION] as number;
  }

  /** Tos: above it the chip alarms. */
  get maximumMillidegree(): number {
    return limit(this.#registers[TOS] as number);
  }

  /** Thyst: below it the alarm ends. */
  get hysteresisMillidegree(): number {
    return limit(this.#registers[THYST] as number);
  }

  start(): boolean {
    this.#position = 0;
    return true;
  }

  write(byte: number): boolean {
    const position = this.#position++;
    if (position === 0) this.#pointer = byte & 3;
    else if (this.#pointer === CONFIGURATION) this.#configure(byte);
    else if (position % 2 === 1) this.#high = byte;
    else if (this.#pointer !== TEMPERATURE)
      this.#registers[this.#pointer] = ((this.#high << 8) | byte) & LIMIT_MASK;
    return true;
  }

  read(): number {
    const register = this.#registers[this.#pointer] as number;
    if (this.#pointer === CONFIGURATION) return register;
    return this.#position++ % 2 === 0 ? register >> 8 : register & 0xff;
  }

  stop(): void {}

  #configure(byte: number): void {
    this.#registers[CONFIGURATION] = byte & CONFIGURATION_MASK;
    this.#convert();
  }

  #convert(): void {
    if ((this.configuration & SHUTDOWN) !== 0) return;
    const steps = Math.floor((this.#millidegree * 2 ** (this.#resolutionBits - 8)) / 1000);
    this.#registers[TEMPERATURE] = steps << (16 - this.#resolutionBits);
  }
}

/** A limit register in millidegree: nine bits, two's complement, half degrees. */
function limit(register: number): number {
  return (((register << 16) >> 23) * 1000) / 2;
}
