/** PCA9538 and PCA9554: eight GPIO lines behind I2C (NXP's data sheets §6; driver drivers/gpio/gpio-pca953x.c). */
import { GpioLines, type Level } from './gpio-lines.ts';
import type { I2cTarget } from './i2c-bus.ts';

const INPUT = 0;
const OUTPUT = 1;
const POLARITY = 2;
const CONFIGURATION = 3;

const LINE_COUNT = 8;

/** The same registers: the PCA9538 at 0x70 to 0x73 with open inputs, the PCA9554 at 0x20 to 0x27 with pull-ups. */
export type Pca953xChip = 'pca9538' | 'pca9554';

/** How an expander is made. */
export interface Pca9538Options {
  /** `pca9538` when absent; it is also the name by which the driver binds it. */
  readonly chip?: Pca953xChip;
  /** The first of the chip's addresses when absent. */
  readonly address?: number;
}

/**
 * The chip. Of the command byte the two low bits count. It does not increment: more bytes go to, or come from, the same
 * register. The driver sets the auto-increment bit, 0x80, only for chips with more than two banks (pca953x_probe()).
 * The interrupt pin is not there: new_device gives the driver no interrupt.
 */
export class Pca9538 implements I2cTarget {
  readonly addresses: readonly number[];
  /** The pins. */
  readonly lines = new GpioLines(LINE_COUNT);
  readonly #registers = new Uint8Array([0, 0xff, 0, 0xff]);
  #command = INPUT;
  #expectsCommand = false;

  constructor(options: Pca9538Options = {}) {
    const { chip = 'pca9538', address = chip === 'pca9538' ? 0x70 : 0x20 } = options;
    this.addresses = [address];
    if (chip === 'pca9554') for (let line = 0; line < LINE_COUNT; line++) this.lines.pull(line, 1);
    this.#apply();
  }

  start(_address: number, direction: 'read' | 'write'): boolean {
    this.#expectsCommand = direction === 'write';
    return true;
  }

  write(byte: number): boolean {
    if (this.#expectsCommand) {
      this.#command = byte & 3;
      this.#expectsCommand = false;
    } else if (this.#command !== INPUT) {
      this.#registers[this.#command] = byte;
      this.#apply();
    }
    return true;
  }

  read(): number {
    if (this.#command === INPUT) return this.lines.levels() ^ (this.#registers[POLARITY] as number);
    return this.#registers[this.#command] as number;
  }

  stop(): void {}

  #apply(): void {
    const levels = this.#registers[OUTPUT] as number;
    const inputs = this.#registers[CONFIGURATION] as number;
    for (let line = 0; line < LINE_COUNT; line++) {
      this.lines.setLevel(line, ((levels >> line) & 1) as Level);
      this.lines.setOutput(line, ((inputs >> line) & 1) === 0);
    }
  }
}
