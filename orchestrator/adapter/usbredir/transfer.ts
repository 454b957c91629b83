/** A transfer that the guest asked for, and the endpoints on which they queue. */
import type { Behaviour, UsbRequest } from '../usb/behaviour.ts';
import type { Outcome } from './outcome.ts';
import type { TransferPacket } from './packets.ts';

/** One request, from its coming to its answer. */
export interface Transfer {
  readonly packet: TransferPacket;
  readonly lane: Lane;
  /** Absent for what is answered from the description. */
  readonly request?: UsbRequest;
  /** What a script does to it. */
  behaviour: Behaviour | undefined;
  /**
   * `waiting`: not begun; `asking`: the device has it; `fetching`: it waits for the device to have data; `held`: it has an
   * answer, or never gets one; `cancelled`: it is answered late.
   */
  state: 'waiting' | 'asking' | 'fetching' | 'held' | 'cancelled' | 'answered';
  /** What a late answer will be. */
  outcome?: Outcome;
}

/** One endpoint: a transfer begins when the one before it was answered. */
export class Lane {
  readonly waiting: Transfer[] = [];
  current: Transfer | undefined;
  #isTurning = false;

  /** Begins what can begin. A transfer that is answered at once lets the next one begin, without recursion. */
  turn(begin: (transfer: Transfer) => void): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    try {
      while (this.current === undefined) {
        const next = this.waiting.shift();
        if (next === undefined) return;
        this.current = next;
        begin(next);
      }
    } finally {
      this.#isTurning = false;
    }
  }

  /** Takes a transfer out, wherever it is. */
  remove(transfer: Transfer): void {
    if (this.current === transfer) this.current = undefined;
    const place = this.waiting.indexOf(transfer);
    if (place !== -1) this.waiting.splice(place, 1);
  }
}
