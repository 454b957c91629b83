/** Names of functions as data: exact ones and anchored patterns, divided by white space. */

/** Answers that are kept: consoles repeat a few thousand names. */
const KNOWN_MAX = 20_000;

/** A set of function names. What one entry brings can be measured by leaving it out (bench/oops-held-out). */
export class NameTable {
  /** The entries as written. */
  readonly entries: readonly string[];
  readonly #known = new Map<string, boolean>();
  #pattern: RegExp;

  /** @param text names and anchored patterns without white space in them */
  constructor(text: string) {
    this.entries = [...new Set(text.trim().split(/\s+/))];
    this.#pattern = anchored(this.entries);
  }

  /** True for a name that is in it. */
  has(name: string): boolean {
    let known = this.#known.get(name);
    if (known === undefined) {
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      known = this.#pattern.test(name);
      this.#known.set(name, known);
    }
    return known;
  }

  /** From now on it is without these entries; an empty list gives it all of them back. For measuring. */
  leaveOut(entries: Iterable<string>): void {
    const out = new Set(entries);
    this.#pattern = anchored(this.entries.filter((entry) => !out.has(entry)));
    this.#known.clear();
  }
}

function anchored(entries: readonly string[]): RegExp {
  return new RegExp(`^(?:${entries.join('|')})$`);
}
