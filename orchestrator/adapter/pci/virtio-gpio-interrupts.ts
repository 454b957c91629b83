/** Interrupts of virtio-gpio's lines (virtio 1.2, 5.18.6.3 and 5.18.7). */
import type { Edge, GpioLines, Level } from '../target/gpio-lines.ts';

/** VIRTIO_GPIO_IRQ_TYPE_*. */
const TYPE = { none: 0, rising: 1, falling: 2, both: 3, high: 4, low: 8 } as const;
/** VIRTIO_GPIO_IRQ_STATUS_*. */
const INVALID = 0;
const VALID = 1;

interface Line {
  type: number;
  /** An edge that came when nobody waited. */
  latched: boolean;
  /** Gives the buffer of the driver back. */
  give: ((answer: Uint8Array) => void) | undefined;
}

/** The lines' interrupts. The driver queues one buffer a line; it comes back when there is something to tell. */
export class VirtioGpioInterrupts {
  readonly #lines: readonly Line[];
  readonly #pins: GpioLines;

  /** @param pins whose levels are looked at; their edges are to be told by {@link edge} */
  constructor(pins: GpioLines) {
    this.#pins = pins;
    this.#lines = Array.from({ length: pins.count }, () => ({
      type: TYPE.none,
      latched: false,
      give: undefined,
    }));
  }

  /** VIRTIO_GPIO_MSG_IRQ_TYPE. Without a type the buffer is given back as invalid. @returns false: no such type */
  setType(number: number, type: number): boolean {
    const line = this.#lines[number];
    if (line === undefined || !Object.values<number>(TYPE).includes(type)) return false;
    line.type = type;
    line.latched = false;
    if (type === TYPE.none) this.#give(line, INVALID);
    else this.#look(number, line);
    return true;
  }

  /** A buffer of the driver's. One for a line that has no interrupt, or has a buffer already, comes back at once. */
  wait(number: number): Uint8Array | Promise<Uint8Array> {
    const line = this.#lines[number];
    if (line === undefined || line.type === TYPE.none || line.give !== undefined)
      return Uint8Array.of(INVALID);
    const answer = new Promise<Uint8Array>((resolve) => {
      line.give = resolve;
    });
    this.#look(number, line);
    return answer;
  }

  /** A line has changed. */
  edge({ line: number, level }: Edge): void {
    const line = this.#lines[number];
    if (line === undefined) return;
    if (line.type === TYPE.both || line.type === (level === 1 ? TYPE.rising : TYPE.falling))
      line.latched = true;
    this.#look(number, line);
  }

  /** The driver has reset the device: nobody waits any more. */
  reset(): void {
    for (const line of this.#lines) Object.assign(line, { type: TYPE.none, latched: false, give: undefined });
  }

  #look(number: number, line: Line): void {
    const wants: Level | undefined = line.type === TYPE.high ? 1 : line.type === TYPE.low ? 0 : undefined;
    if (line.give === undefined || !(line.latched || wants === this.#pins.level(number))) return;
    line.latched = false;
    this.#give(line, VALID);
  }

  #give(line: Line, status: number): void {
    const { give } = line;
    line.give = undefined;
    give?.(Uint8Array.of(status));
  }
}
