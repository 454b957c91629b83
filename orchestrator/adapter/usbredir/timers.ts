/** Timers that end together. */

/** What is started here never runs after {@link Timers.clear}, nor keeps the process alive then. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();

  /** Calls `run` once, after that long. */
  after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      run();
    }, ms);
    this.#running.add(timer);
  }

  /** Timers that run. */
  get count(): number {
    return this.#running.size;
  }

  clear(): void {
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
