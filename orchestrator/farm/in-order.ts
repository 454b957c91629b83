/** Passes things on in their own order, whatever order they come in. */

/** Holds what comes too early. */
export class InOrder<T> {
  readonly #tell: (item: T) => void;
  readonly #early = new Map<number, T>();
  #next = 0;

  constructor(tell: (item: T) => void) {
    this.#tell = tell;
  }

  /** @param place counted from 0; each comes once */
  put(place: number, item: T): void {
    this.#early.set(place, item);
    while (this.#early.has(this.#next)) this.#pass(this.#next++);
  }

  /** Passes on what waits for something that will not come, in order. */
  flush(): void {
    for (const place of [...this.#early.keys()].sort((a, b) => a - b)) this.#pass(place);
  }

  #pass(place: number): void {
    const item = this.#early.get(place) as T;
    this.#early.delete(place);
    this.#tell(item);
  }
}
