/** Console bytes as they come to splats as they are complete. */
import { HINTS } from './hints.ts';
import { LiteralSearch } from './literals.ts';
import { ReportReader } from './reader.ts';
import type { Splat } from './splat.ts';

/** What of a line is read; the rest is counted. The longest record of a printk() is a quarter (internal.h PRINTKRB_RECORD_MAX). */
const LINE_MAX_BYTES = 4096;
const NEWLINE = 10;

const search = new LiteralSearch(HINTS);

/**
 * Reads a console in pieces, cut anywhere. A splat is delivered when it is complete; what is held meanwhile is
 * bounded, whatever is printed. Any bytes are taken, and nothing throws.
 *
 * @example
 * const stream = new SplatStream();
 * for await (const chunk of console) for (const splat of stream.push(chunk)) report(splat);
 * for (const splat of stream.end()) report(splat);
 */
export class SplatStream {
  readonly #reader = new ReportReader();
  /** The first bytes of a line whose end has not come. */
  readonly #held = Buffer.alloc(LINE_MAX_BYTES);
  #heldBytes = 0;
  /** Byte of the console at which that line begins; `undefined` between lines. */
  #heldFrom: number | undefined;
  /** Bytes and whole lines before the piece that is read. */
  #offset = 0;
  #lines = 0;

  /** Reads the next piece. @returns the splats that it completed */
  push(piece: Uint8Array): readonly Splat[] {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (this.#heldFrom === undefined && this.#reader.quiet) {
        at = this.#skip(bytes, at);
        if (at === bytes.length) break;
      }
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      if (newline < 0 || this.#heldFrom !== undefined) this.#hold(bytes, at, end);
      else this.#take(bytes, at, end, this.#offset + at, this.#offset + end);
      if (newline >= 0 && this.#heldFrom !== undefined) this.#takeHeld(this.#offset + end);
      at = end + 1;
    }
    this.#offset += bytes.length;
    return this.#reader.drain();
  }

  /** Nothing more comes. @returns the splats that were open, a cut last line included */
  end(): readonly Splat[] {
    if (this.#heldFrom !== undefined) this.#takeHeld(this.#offset);
    this.#reader.finish();
    return this.#reader.drain();
  }

  /** Counts lines up to the next one with a hint. @returns where that one begins, or the piece's last, cut line */
  #skip(bytes: Buffer, from: number): number {
    const hint = search.next(bytes, from, bytes.length);
    const last = bytes.lastIndexOf(NEWLINE, hint < 0 ? bytes.length : hint);
    if (last < from) return from;
    for (let at = from; at <= last; at = bytes.indexOf(NEWLINE, at) + 1) this.#lines++;
    return last + 1;
  }

  #take(bytes: Buffer, from: number, to: number, start: number, end: number): void {
    const until = Math.min(to, from + LINE_MAX_BYTES);
    const hint = search.next(bytes, from, until) >= 0;
    this.#reader.take(bytes.toString('latin1', from, until), hint, { number: ++this.#lines, start, end });
  }

  #hold(bytes: Buffer, from: number, to: number): void {
    this.#heldFrom ??= this.#offset + from;
    this.#heldBytes += bytes.copy(this.#held, this.#heldBytes, from, to);
  }

  #takeHeld(end: number): void {
    this.#take(this.#held, 0, this.#heldBytes, this.#heldFrom ?? 0, end);
    this.#heldFrom = undefined;
    this.#heldBytes = 0;
  }
}
