/**
 * The guest's console: QEMU writes it straight into a file, which is read here line by line, with the host time of
 * every piece. A guest prints hundreds of kilobytes of reports, byte by byte; through a pipe each byte wakes us up.
 */
import { closeSync, createWriteStream, openSync, readSync, type WriteStream, writeFileSync } from 'node:fs';
import { InfraError, monotonicMs } from '../base/index.ts';

const TAIL_LINES = 200;
const LONGEST_LINE = 4096;
/** How often the file is looked at. What waits for a line waits that much longer. */
const LOOK_INTERVAL_MS = 10;
const PIECE_BYTES = 65_536;

/** Called for every complete line, without its line end. */
export type LineListener = (line: string) => void;

/** Follows a console's log. `PATH.times` gets "offset hostMs" for every piece that came. */
export class ConsoleRecorder {
  readonly #file: number;
  readonly #times: WriteStream;
  readonly #startedMs = monotonicMs();
  readonly #listeners = new Set<LineListener>();
  readonly #tail: string[] = [];
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  readonly #timer: NodeJS.Timeout;
  #partial = '';
  #bytes = 0;
  #finished: Promise<void> | undefined;
  #failure: Error | undefined;

  /**
   * Makes the log; QEMU is to append to it from then on.
   * @param before what came in the machine that this one is a clone of: the log begins with it
   * @throws Error of the file system
   */
  constructor(logPath: string, before: Uint8Array = new Uint8Array()) {
    writeFileSync(logPath, before);
    this.#file = openSync(logPath, 'r');
    this.#times = createWriteStream(`${logPath}.times`);
    this.#times.on('error', (error) => {
      this.#failure ??= error;
    });
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
  }

  /** Bytes that there are now: the offset in the log where the next output begins. */
  get bytes(): number {
    this.#look();
    return this.#bytes;
  }

  /** The last `count` complete lines, and the begun one. */
  lastLines(count: number): string[] {
    this.#look();
    const lines = this.#partial === '' ? this.#tail : [...this.#tail, this.#partial];
    return lines.slice(-count);
  }

  /** Watches lines until the returned function is called. */
  onLine(listener: LineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes what is left, and completes the files. Call it after QEMU ended.
   * @throws InfraError when the log can't be read or its times can't be written: evidence is missing
   */
  async finish(): Promise<void> {
    this.#finished ??= this.#complete();
    await this.#finished;
    if (this.#failure === undefined) return;
    throw new InfraError(`the console's log is not complete: ${this.#failure.message}`, {
      cause: this.#failure,
    });
  }

  async #complete(): Promise<void> {
    this.#look();
    clearInterval(this.#timer);
    closeSync(this.#file);
    await new Promise<void>((resolve) => {
      this.#times.once('error', () => resolve());
      this.#times.end(() => resolve());
    });
  }

  #look(): void {
    if (this.#finished !== undefined || this.#failure !== undefined) return;
    try {
      for (;;) {
        const count = readSync(this.#file, this.#piece, 0, PIECE_BYTES, this.#bytes);
        if (count === 0) return;
        this.#take(this.#piece.subarray(0, count));
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  #take(chunk: Buffer): void {
    this.#times.write(`${this.#bytes} ${(monotonicMs() - this.#startedMs).toFixed(3)}\n`);
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
