/** A file that is written as a run goes, with few system calls and a bounded buffer. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { InfraError, messageOf, monotonicMs } from '../../base/index.ts';

const BUFFER_BYTES = 64 * 1024;
const FLUSH_MS = 1000;

/** Takes bytes; they are in the file after 64 KiB, with the first write a second later, or after {@link close}. */
export class BufferedFile {
  readonly #path: string;
  #descriptor: number | undefined;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #flushedAtMs = monotonicMs();
  #failure: unknown;

  /** Makes the file anew. @throws Error of the system */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'w');
  }

  /** Never throws: the first failure is told by {@link close}, and nothing is written after it. */
  write(bytes: Uint8Array): void {
    if (this.#descriptor === undefined || this.#failure !== undefined) return;
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= BUFFER_BYTES || monotonicMs() - this.#flushedAtMs >= FLUSH_MS) this.flush();
  }

  /** Writes what is there. */
  flush(): void {
    if (this.#descriptor === undefined || this.#failure !== undefined) return;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    this.#flushedAtMs = monotonicMs();
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.#failure = error;
    }
  }

  /** @throws InfraError when not everything could be written */
  close(): void {
    this.flush();
    this.closeQuietly();
    if (this.#failure !== undefined)
      throw new InfraError(`could not write ${this.#path}: ${messageOf(this.#failure)}`, {
        cause: this.#failure,
      });
  }

  /** Closes the file without what is still in the buffer. */
  closeQuietly(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
