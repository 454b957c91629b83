/** An interrupt IN endpoint: data go to the guest as they come, while it wants them. */
import type { Behaviour } from '../usb/behaviour.ts';
import { IN_QUEUE_TRANSFERS, type InQueue } from './in-queue.ts';
import type { Link } from './link.ts';
import { failed, type Outcome, outcomeOfInterruptIn } from './outcome.ts';

interface LateData {
  readonly outcome: Outcome;
  readonly afterMs: number;
}

/** Sends what is in a queue, in order, as interrupt packets. */
export class InterruptIn {
  readonly #address: number;
  readonly #queue: InQueue;
  readonly #link: Link;
  #late: LateData[] = [];
  #receiving = false;
  /** Changes with a reset: what was delayed before that is not sent. */
  #era = 0;
  #delaying = false;
  #nextId = 0n;

  constructor(address: number, queue: InQueue, link: Link) {
    this.#address = address;
    this.#queue = queue;
    this.#link = link;
  }

  /** The guest wants data from now on. */
  start(): void {
    this.#receiving = true;
    this.pump();
  }

  /** The guest wants no more. What a script keeps until a transfer is cancelled has its time now. */
  stop(): void {
    this.#receiving = false;
    const late = this.#late;
    this.#late = [];
    const era = this.#era;
    for (const { outcome, afterMs } of late)
      this.#link.timers.after(afterMs, () => {
        if (era === this.#era) this.#send(outcome);
      });
  }

  /** What is under way is forgotten. Whether the guest wants data it says itself: QEMU keeps that over a reset. */
  reset(): void {
    this.#era += 1;
    this.#delaying = false;
    this.#late = [];
  }

  /** Sends what there is, if it may. */
  pump(): void {
    while (this.#receiving && !this.#delaying && !this.#link.isCongested()) {
      const data = this.#queue.shift();
      if (data === undefined) return;
      const { request, behaviour } = this.#link.script.next({ kind: 'in', endpoint: this.#address });
      if (behaviour === undefined) this.#send(outcomeOfInterruptIn(data, undefined));
      else {
        this.#link.misbehaves(request, behaviour);
        this.#misbehave(behaviour, data);
      }
    }
  }

  #misbehave(behaviour: Behaviour, data: Uint8Array): void {
    const outcome = outcomeOfInterruptIn(data, behaviour);
    switch (behaviour.do) {
      case 'silence':
        return;
      case 'status':
        this.#send(failed(behaviour.status));
        return;
      case 'delay':
        this.#delay(behaviour.delayMs, outcome, data);
        return;
      case 'late':
        this.#late.push({ outcome, afterMs: behaviour.afterCancelMs });
        if (this.#late.length > IN_QUEUE_TRANSFERS) this.#late.shift();
        return;
      case 'disconnect':
        if (behaviour.when === 'after') this.#send(outcome);
        this.#receiving = false;
        this.#link.unplug();
        return;
      case 'shorten':
      case 'lengthen':
      case 'garbage':
        this.#send(outcome);
    }
  }

  /** Later data wait as well: an endpoint keeps the order. */
  #delay(ms: number, outcome: Outcome, data: Uint8Array): void {
    this.#delaying = true;
    const era = this.#era;
    this.#link.timers.after(ms, () => {
      if (era !== this.#era) return;
      this.#delaying = false;
      if (this.#receiving) this.#send(outcome);
      else this.#queue.unshift(data);
      this.pump();
    });
  }

  #send({ status, length, data }: Outcome): void {
    const id = this.#nextId;
    this.#nextId += 1n;
    this.#link.send({ id, type: 'interrupt_packet', endpoint: this.#address, status, length, data });
  }
}
