/** The pins of a CP2112 as its feature reports see them (drivers/hid/hid-cp2112.c, cp2112_gpio_*()). */
import { GpioLines, type Level } from '../target/gpio-lines.ts';
import { REPORT } from './cp2112-reports.ts';

const LINE_COUNT = 8;

/**
 * Lines with reports. A line that is an output without being push-pull is an open drain: at level 1 it lets go, and
 * {@link GpioLines} has it as an input then. The special functions of three pins (clock, toggling at transfers) are
 * kept and do nothing.
 */
export class Cp2112Gpio {
  readonly lines = new GpioLines(LINE_COUNT);
  #outputs = 0;
  #pushPull = 0;
  #special = 0;
  #clockDivider = 0;
  #latch = 0;

  /** As after power-on: all inputs. */
  reset(): void {
    this.#latch = 0;
    this.configure(new Uint8Array(5));
  }

  /** The report `gpioConfig`: direction (1 is output), push-pull, special functions, clock divider. */
  get configuration(): Uint8Array {
    return Uint8Array.of(REPORT.gpioConfig, this.#outputs, this.#pushPull, this.#special, this.#clockDivider);
  }

  configure([, outputs = 0, pushPull = 0, special = 0, clockDivider = 0]: Uint8Array): void {
    this.#outputs = outputs;
    this.#pushPull = pushPull;
    this.#special = special;
    this.#clockDivider = clockDivider;
    this.#apply();
  }

  /** The report `gpioGet`: levels. */
  get levels(): Uint8Array {
    return Uint8Array.of(REPORT.gpioGet, this.lines.levels());
  }

  /** The report `gpioSet`: levels, and which of them are meant. Inputs don't take it (AN495 §4.4 as the driver cites it). */
  set([, levels = 0, mask = 0]: Uint8Array): void {
    const changed = mask & this.#outputs;
    this.#latch = (this.#latch & ~changed) | (levels & changed);
    this.#apply();
  }

  #apply(): void {
    for (let line = 0; line < LINE_COUNT; line++) {
      const level = ((this.#latch >> line) & 1) as Level;
      const drives = ((this.#pushPull >> line) & 1) === 1 || level === 0;
      // Letting go before the level changes, and driving after it: an open drain never drives 1.
      const output = ((this.#outputs >> line) & 1) === 1 && drives;
      if (!output) this.lines.setOutput(line, false);
      this.lines.setLevel(line, level);
      if (output) this.lines.setOutput(line, true);
    }
  }
}
