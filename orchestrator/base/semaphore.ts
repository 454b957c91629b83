/** A weighted semaphore: CPUs and MiB are handed out together, first come first served. */
import { abortCause } from './errors.ts';

/** An amount of the host that a piece of work needs. */
export interface Weight {
  readonly cpus: number;
  readonly memoryMiB: number;
}

interface Waiter {
  readonly weight: Weight;
  readonly grant: () => void;
}

/** Gives back what was acquired; more calls change nothing. */
export type Release = () => void;

/** Hands out a fixed capacity in order of asking; nobody overtakes, so nobody starves. */
export class WeightedSemaphore {
  readonly #capacity: Weight;
  #cpus: number;
  #memoryMiB: number;
  readonly #queue: Waiter[] = [];

  constructor(capacity: Weight) {
    this.#capacity = capacity;
    this.#cpus = capacity.cpus;
    this.#memoryMiB = capacity.memoryMiB;
  }

  /**
   * Waits until `weight` is free and takes it. A weight above the capacity is clamped to it: it runs alone.
   * @throws what the signal was aborted with
   */
  async acquire(weight: Weight, signal?: AbortSignal): Promise<Release> {
    if (signal?.aborted) throw abortCause(signal);
    const clamped: Weight = {
      cpus: Math.min(weight.cpus, this.#capacity.cpus),
      memoryMiB: Math.min(weight.memoryMiB, this.#capacity.memoryMiB),
    };
    await new Promise<void>((grant, reject) => {
      const waiter: Waiter = {
        weight: clamped,
        grant: () => {
          stopListening();
          grant();
        },
      };
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(abortCause(signal as AbortSignal));
        this.#serve();
      };
      const stopListening = (): void => signal?.removeEventListener('abort', onAbort);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiter);
      this.#serve();
    });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#cpus += clamped.cpus;
      this.#memoryMiB += clamped.memoryMiB;
      this.#serve();
    };
  }

  #serve(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.weight.cpus > this.#cpus || next.weight.memoryMiB > this.#memoryMiB) return;
      this.#queue.shift();
      this.#cpus -= next.weight.cpus;
      this.#memoryMiB -= next.weight.memoryMiB;
      next.grant();
    }
  }
}
