/** A weighted semaphore: CPUs and MiB are handed out together, first come first served. */
import { abortCause } from './errors.ts';

/** An amount of the host that a piece of work needs. */
export interface Weight {
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** The CPU share of a piece of work, which it may lend to others while it only waits. */
export interface CpuLease {
  /** Lets others have the CPUs; memory stays held. Changes nothing when they are not held. */
  yieldCpus(): void;
  /**
   * Waits for the CPUs to be had again; at once when they are held. Whoever waits here comes before all that have not
   * begun, and in order among others here.
   * @throws what the signal was aborted with: the CPUs are then lent out as before
   * @throws Error when the grant is released, also while this waits
   */
  resumeCpus(signal?: AbortSignal): Promise<void>;
}

/** What was acquired. */
export interface Grant extends CpuLease {
  /** Gives back whatever is held of it; more calls change nothing. */
  release(): void;
}

interface Waiter {
  readonly weight: Weight;
  readonly grant: () => void;
  readonly refuse: (cause: Error) => void;
}

/**
 * Hands out a fixed capacity in order of asking. Nobody who asks for a first grant overtakes another, so nobody
 * starves; those who want back what they lent go first, since they hold memory and their evidence ages.
 */
export class WeightedSemaphore {
  readonly #capacity: Weight;
  #cpus: number;
  #memoryMiB: number;
  readonly #beginning: Waiter[] = [];
  readonly #resuming: Waiter[] = [];

  /** @throws RangeError for a capacity of nothing, on which every weight would be clamped to nothing */
  constructor(capacity: Weight) {
    if (!(capacity.cpus > 0 && capacity.memoryMiB > 0))
      throw new RangeError(`a semaphore over ${capacity.cpus} CPUs and ${capacity.memoryMiB} MiB`);
    this.#capacity = { cpus: capacity.cpus, memoryMiB: capacity.memoryMiB };
    this.#cpus = capacity.cpus;
    this.#memoryMiB = capacity.memoryMiB;
  }

  /**
   * Waits until `weight` is free and takes it. A weight above the capacity is clamped to it: it runs alone.
   * @throws what the signal was aborted with
   */
  async acquire(weight: Weight, signal?: AbortSignal): Promise<Grant> {
    const clamped: Weight = {
      cpus: Math.min(weight.cpus, this.#capacity.cpus),
      memoryMiB: Math.min(weight.memoryMiB, this.#capacity.memoryMiB),
    };
    await this.#wait(this.#beginning, clamped, signal).granted;
    return this.#grant(clamped);
  }

  #grant({ cpus, memoryMiB }: Weight): Grant {
    let state: 'held' | 'lent' | 'resuming' | 'released' = 'held';
    let waiter: Waiter | undefined;
    return {
      yieldCpus: () => {
        if (state !== 'held') return;
        state = 'lent';
        this.#giveBack({ cpus, memoryMiB: 0 });
      },
      resumeCpus: async (signal) => {
        if (state === 'held') return;
        if (state !== 'lent') throw new Error(`can't resume a grant that is ${state}`);
        state = 'resuming';
        const wait = this.#wait(this.#resuming, { cpus, memoryMiB: 0 }, signal, () => {
          // At the moment of the hand-over, not when the promise is seen: a release between the two gives it back.
          state = 'held';
        });
        waiter = wait.waiter;
        try {
          await wait.granted;
        } catch (error) {
          if (state === 'resuming') state = 'lent';
          throw error;
        }
      },
      release: () => {
        if (state === 'released') return;
        const heldCpus = state === 'held' ? cpus : 0;
        const resuming = state === 'resuming' ? waiter : undefined;
        state = 'released';
        resuming?.refuse(new Error('the grant was released while it waited for its CPUs'));
        this.#giveBack({ cpus: heldCpus, memoryMiB });
      },
    };
  }

  /** Queues; `onGrant` is called as the weight is taken. */
  #wait(
    queue: Waiter[],
    weight: Weight,
    signal: AbortSignal | undefined,
    onGrant: () => void = () => undefined,
  ): { readonly granted: Promise<void>; readonly waiter: Waiter } {
    const { promise, resolve, reject } = settleable();
    const onAbort = (): void => waiter.refuse(abortCause(signal as AbortSignal));
    const stopListening = (): void => signal?.removeEventListener('abort', onAbort);
    const waiter: Waiter = {
      weight,
      grant: () => {
        stopListening();
        onGrant();
        resolve();
      },
      refuse: (cause) => {
        stopListening();
        const place = queue.indexOf(waiter);
        if (place !== -1) queue.splice(place, 1);
        reject(cause);
        // It may have been the one that the others waited behind.
        this.#serve();
      },
    };
    if (signal?.aborted) {
      reject(abortCause(signal));
    } else {
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(waiter);
      this.#serve();
    }
    return { granted: promise, waiter };
  }

  #giveBack({ cpus, memoryMiB }: Weight): void {
    this.#cpus += cpus;
    this.#memoryMiB += memoryMiB;
    this.#serve();
  }

  #serve(): void {
    for (;;) {
      const queue = this.#resuming.length > 0 ? this.#resuming : this.#beginning;
      const next = queue[0];
      if (next === undefined) return;
      if (next.weight.cpus > this.#cpus || next.weight.memoryMiB > this.#memoryMiB) return;
      queue.shift();
      this.#cpus -= next.weight.cpus;
      this.#memoryMiB -= next.weight.memoryMiB;
      next.grant();
    }
  }
}

/** Node 20 has no `Promise.withResolvers`. */
function settleable(): { promise: Promise<void>; resolve: () => void; reject: (cause: Error) => void } {
  let resolve: () => void = () => undefined;
  let reject: (cause: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
