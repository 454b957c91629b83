/** The data of one IN endpoint that nobody has fetched yet. */

/** So many transfers are kept for an endpoint. */
export const IN_QUEUE_TRANSFERS = 256;

/** A FIFO of transfers. When it is full the oldest goes, as in a device. */
export class InQueue {
  #transfers: Uint8Array[] = [];
  #waiter: ((data: Uint8Array) => void) | undefined;
  #dropped = 0;

  get length(): number {
    return this.#transfers.length;
  }

  /** Transfers that went because there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands data to who waits, or keeps them. */
  push(data: Uint8Array): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) {
      waiter(data);
      return;
    }
    this.#transfers.push(data);
    if (this.#transfers.length <= IN_QUEUE_TRANSFERS) return;
    this.#transfers.shift();
    this.#dropped += 1;
  }

  /** The oldest, if any. */
  shift(): Uint8Array | undefined {
    return this.#transfers.shift();
  }

  /** Puts back what could not be sent after all; it is the oldest then. */
  unshift(data: Uint8Array): void {
    if (this.#transfers.length < IN_QUEUE_TRANSFERS) this.#transfers.unshift(data);
    else this.#dropped += 1;
  }

  /** Gives the oldest to `waiter`: now, or when there is one. There is one waiter; a new one takes its place. */
  wait(waiter: (data: Uint8Array) => void): void {
    const data = this.#transfers.shift();
    if (data === undefined) this.#waiter = waiter;
    else waiter(data);
  }

  /** Nobody waits any more. */
  forget(): void {
    this.#waiter = undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#transfers = [];
    this.#waiter = undefined;
  }
}
