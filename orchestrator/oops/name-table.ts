/** Names of functions as data: exact ones and anchored patterns, divided by white space. */

/** Answers that are kept: consoles repeat a few thousand names. */
const KNOWN_MAX = 20_000;

/** Leading underscores of an entry, in the ways they are written, and the letter after them where that is one certain letter. */
const BEGINNING = /^(?:_[*?]?|\(\?:_+\)\??)*([a-z])(?![*?])/;

/** A set of function names. What one entry brings can be measured by leaving it out (bench/oops-held-out). */
export class NameTable {
  /** The entries as written. */
  readonly entries: readonly string[];
  readonly #known = new Map<string, boolean>();
  /** By the first letter behind underscores, so that a name is compared with a few entries only; '' for the rest. */
  #patterns: ReadonlyMap<string, RegExp> = new Map();

  /** @param text names and anchored patterns without white space in them */
  constructor(text: string) {
    this.entries = [...new Set(text.trim().split(/\s+/))];
    this.leaveOut([]);
  }

  /** True for a name that is in it. */
  has(name: string): boolean {
    let known = this.#known.get(name);
    if (known === undefined) {
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      const letter = /^_*(.?)/.exec(name)?.[1] ?? '';
      known = this.#patterns.get(letter)?.test(name) === true || this.#patterns.get('')?.test(name) === true;
      this.#known.set(name, known);
    }
    return known;
  }

  /** From now on it is without these entries; an empty list gives it all of them back. For measuring. */
  leaveOut(entries: Iterable<string>): void {
    const out = new Set(entries);
    const byLetter = new Map<string, string[]>();
    for (const entry of this.entries) {
      if (out.has(entry)) continue;
      const letter = entry.includes('|') && !/^[^|]*\(/.test(entry) ? '' : (BEGINNING.exec(entry)?.[1] ?? '');
      byLetter.set(letter, [...(byLetter.get(letter) ?? []), entry]);
    }
    this.#patterns = new Map(
      [...byLetter].map(([letter, group]) => [letter, new RegExp(`^(?:${group.join('|')})$`)]),
    );
    this.#known.clear();
  }
}
