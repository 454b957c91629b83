/** Search for any of many short texts in bytes, several bytes a step. */

/**
 * Wu and Manber's search with blocks of two bytes: a table says how far any pair of bytes lets the search skip.
 * The shortest text sets the longest skip.
 */
export class LiteralSearch {
  /** By a pair of bytes: how far to move on; 0 where a text may end its first part here. */
  readonly #skip: Uint8Array;
  /** The texts whose first part ends in a pair of bytes. */
  readonly #ending = new Map<number, readonly Uint8Array[]>();
  /** Length of the texts' first part: that of the shortest. */
  readonly #part: number;

  /** @param texts of at least two and at most 255 bytes each, one byte a character */
  constructor(texts: readonly string[]) {
    const all = texts.map((text) => Buffer.from(text, 'latin1'));
    this.#part = Math.min(...all.map((text) => text.length));
    this.#skip = new Uint8Array(0x1_00_00).fill(this.#part - 1);
    for (const text of all) {
      for (let end = 1; end < this.#part; end++) {
        const pair = pairAt(text, end);
        this.#skip[pair] = Math.min(this.#skip[pair] ?? 0, this.#part - 1 - end);
      }
      const last = pairAt(text, this.#part - 1);
      this.#ending.set(last, [...(this.#ending.get(last) ?? []), text]);
    }
  }

  /** Where the first of the texts begins in `bytes` from `from` on, all of it before `to`; -1 without one. */
  next(bytes: Uint8Array, from: number, to: number): number {
    const skip = this.#skip;
    const part = this.#part;
    let at = from + part - 1;
    while (at < to) {
      const pair = ((bytes[at - 1] as number) << 8) | (bytes[at] as number);
      const step = skip[pair] as number;
      if (step > 0) {
        at += step;
        continue;
      }
      const start = at - part + 1;
      for (const text of this.#ending.get(pair) ?? []) if (startsAt(bytes, start, to, text)) return start;
      at++;
    }
    return -1;
  }
}

function pairAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 1] as number) << 8) | (bytes[end] as number);
}

function startsAt(bytes: Uint8Array, start: number, to: number, text: Uint8Array): boolean {
  if (start + text.length > to) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}
