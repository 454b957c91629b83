/** The pins of an emulated GPIO chip: what the guest does with them, and what the world outside does. */
import { monotonicMs } from '../../base/index.ts';

export type Level = 0 | 1;
/** What drives a line from outside; `open`: nothing does, and the pull resistor decides. */
export type Outside = Level | 'open';

/** A change of a line's level. */
export interface Edge {
  readonly line: number;
  readonly level: Level;
  /** On {@link monotonicMs}. */
  readonly atMs: number;
}

interface Line {
  output: boolean;
  driven: Level;
  outside: Outside;
  pull: Level;
  level: Level;
}

/** Lines, all inputs and low at first. An output's level is what the guest drives, whatever is outside. */
export class GpioLines {
  readonly #lines: Line[];
  readonly #listeners = new Set<(edge: Edge) => void>();
  /** What the listeners have not been told yet: one of them may change a line while it is told of another. */
  readonly #untold: Edge[] = [];
  #telling = false;

  constructor(count: number) {
    this.#lines = Array.from({ length: count }, () => ({
      output: false,
      driven: 0,
      outside: 'open',
      pull: 0,
      level: 0,
    }));
  }

  get count(): number {
    return this.#lines.length;
  }

  /** The world outside drives a line, or lets it go. @throws RangeError for a line that is not there */
  drive(line: number, outside: Outside): void {
    this.#at(line).outside = outside;
    this.#settle(line);
  }

  /** What an open line reads. */
  pull(line: number, level: Level): void {
    this.#at(line).pull = level;
    this.#settle(line);
  }

  /** The chip makes a line an output or an input. */
  setOutput(line: number, output: boolean): void {
    this.#at(line).output = output;
    this.#settle(line);
  }

  /** What the chip drives while the line is an output. */
  setLevel(line: number, level: Level): void {
    this.#at(line).driven = level;
    this.#settle(line);
  }

  isOutput(line: number): boolean {
    return this.#at(line).output;
  }

  /** The level on the wire. */
  level(line: number): Level {
    return this.#at(line).level;
  }

  /** Levels of all lines, line n in bit n. */
  levels(): number {
    return this.#lines.reduce((bits, { level }, line) => bits + level * 2 ** line, 0);
  }

  /** Watches the lines until the returned function is called. Everyone is told of every edge, in order. */
  onEdge(listener: (edge: Edge) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #at(line: number): Line {
    const found = this.#lines[line];
    if (found === undefined) throw new RangeError(`no line ${line}: there are ${this.#lines.length}`);
    return found;
  }

  #settle(number: number): void {
    const line = this.#at(number);
    const outside = line.outside === 'open' ? line.pull : line.outside;
    const level = line.output ? line.driven : outside;
    if (level === line.level) return;
    line.level = level;
    this.#untold.push({ line: number, level, atMs: monotonicMs() });
    this.#tell();
  }

  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let edge = this.#untold.shift(); edge !== undefined; edge = this.#untold.shift()) {
        for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener(edge);
      }
    } finally {
      this.#telling = false;
    }
  }
}
