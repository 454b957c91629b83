/**
 * A stack of things to give back. Node 20 type-checks `AsyncDisposableStack` but has none at run time.
 */

/** Collects clean-ups and runs them last-in first-out, all of them, even when one throws. */
export class CleanupStack implements AsyncDisposable {
  readonly #entries: { readonly what: string; readonly undo: () => unknown }[] = [];
  #disposed = false;

  /**
   * Registers an undo step. Register it before the step it undoes, so that a half-done step is undone too.
   * @throws Error when the stack was already disposed (the resource would leak)
   */
  defer(what: string, undo: () => unknown): void {
    if (this.#disposed) throw new Error(`clean-up of ${what} registered after disposal`);
    this.#entries.push({ what, undo });
  }

  /** Registers a disposable and returns it. */
  use<T extends AsyncDisposable>(what: string, resource: T): T {
    this.defer(what, () => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Hands all entries over to a new stack; this one then disposes of nothing. */
  move(): CleanupStack {
    const next = new CleanupStack();
    next.#entries.push(...this.#entries.splice(0));
    this.#disposed = true;
    return next;
  }

  /** Runs everything. The first failure is rethrown after all others ran, with its step named. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    let first: Error | undefined;
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.undo();
      } catch (error) {
        first ??= new Error(`clean-up of ${entry.what} failed`, { cause: error });
      }
    }
    if (first !== undefined) throw first;
  }
}
