/** The guest's console: kept whole on disk, with the host time of every piece, and watched line by line. */
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { InfraError, monotonicMs } from '../base/index.ts';

const TAIL_LINES = 200;
const LONGEST_LINE = 4096;

/** Called for every complete line, without its line end. */
export type LineListener = (line: string) => void;

/** Records a console. The log holds every byte; `PATH.times` holds "offset hostMs" for every piece that came. */
export class ConsoleRecorder {
  readonly #log: WriteStream;
  readonly #times: WriteStream;
  readonly #startedMs = monotonicMs();
  readonly #listeners = new Set<LineListener>();
  readonly #tail: string[] = [];
  readonly #ended: Promise<void>;
  #partial = '';
  #bytes = 0;
  #failure: Error | undefined;

  /** @param before what came in the machine that this one is a clone of: the log begins with it */
  constructor(input: Readable, logPath: string, before?: Uint8Array) {
    this.#log = createWriteStream(logPath);
    this.#times = createWriteStream(`${logPath}.times`);
    for (const file of [this.#log, this.#times]) {
      file.on('error', (error) => {
        this.#failure ??= error;
      });
    }
    if (before !== undefined) this.#take(Buffer.from(before));
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#ended = new Promise((resolve) => {
      input.once('close', () => resolve());
      input.once('end', () => resolve());
    });
  }

  /** Bytes recorded so far: the offset in the log where the next output begins. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The last `count` complete lines, and the begun one. */
  lastLines(count: number): string[] {
    const lines = this.#partial === '' ? this.#tail : [...this.#tail, this.#partial];
    return lines.slice(-count);
  }

  /** Watches lines until the returned function is called. */
  onLine(listener: LineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Waits until the console's end and until the files are on disk. Call it after QEMU ended.
   * @throws InfraError when a write failed: evidence is missing
   */
  async finish(): Promise<void> {
    await this.#ended;
    await Promise.all(
      [this.#log, this.#times].map((file) => new Promise<void>((resolve) => file.end(() => resolve()))),
    );
    if (this.#failure === undefined) return;
    throw new InfraError(`the console's log could not be written: ${this.#failure.message}`, {
      cause: this.#failure,
    });
  }

  #take(chunk: Buffer): void {
    this.#times.write(`${this.#bytes} ${(monotonicMs() - this.#startedMs).toFixed(3)}\n`);
    this.#log.write(chunk);
    this.#bytes += chunk.length;
    const lines = (this.#partial + chunk.toString('latin1')).split('\n');
    this.#partial = (lines.pop() ?? '').slice(-LONGEST_LINE);
    for (const raw of lines) {
      const line = raw.replace(/\r+$/, '');
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
      for (const listener of this.#listeners) listener(line);
    }
  }
}
