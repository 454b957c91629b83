/**
 * Misbehaviour on order: what a device does with a request in place of answering it as it would. Pure. The words are
 * USB's; a virtio device takes them as said at {@link UsbRequest} and {@link Behaviour}.
 */
import type { TransferStatus } from './device.ts';

/**
 * What is counted: a transfer that the host asks for, or data that goes to the host on an IN endpoint. Of a virtio
 * device: what the driver puts into a queue, `out`, or `in` for a buffer that waits for an event.
 */
export interface UsbRequest {
  /** From 1, since the script was armed. Only what the host asks of the device is numbered; `in` bears the last number. */
  readonly number: number;
  /** `bulk-in`: the host asks for data of a bulk endpoint; `in`: data go to the host. */
  readonly kind: 'control' | 'out' | 'bulk-in' | 'in';
  /** Address: 0 for control, with bit 7 for IN. Of a virtio device: the queue. */
  readonly endpoint: number;
  /** bRequest of a control transfer. Of virtio-gpio: the type of the request. */
  readonly request?: number;
}

/**
 * What to do with a request that a rule matches. A virtio device knows one bad status, whatever is named; it lies about
 * the length that the used ring gives and not about the data; what comes off is QEMU's connection to it.
 */
export type Behaviour =
  /** Handled at once, answered late. */
  | { readonly do: 'delay'; readonly delayMs: number }
  /** Not handled at all, answered with this. */
  | { readonly do: 'status'; readonly status: Exclude<TransferStatus, 'success'> }
  /** Not handled, never answered: the driver's time-out cancels it. */
  | { readonly do: 'silence' }
  /**
   * Handled; answered only that long after the host has cancelled it. A virtio driver can't: there it is when its next
   * request shows that it has given up.
   */
  | { readonly do: 'late'; readonly afterCancelMs: number }
  /** Handled; the answer lacks its last bytes. */
  | { readonly do: 'shorten'; readonly bytes: number }
  /** Handled; the answer is that much longer than it should be. */
  | { readonly do: 'lengthen'; readonly bytes: number }
  /** Handled; each byte of the answer is another one, the same in every run. */
  | { readonly do: 'garbage' }
  /** The cable comes off: before the request is handled, or right after its answer was sent. */
  | { readonly do: 'disconnect'; readonly when: 'before' | 'after' };

/** When a behaviour applies. What is absent matches everything. */
export interface BehaviourRule {
  /** Only this one, by number. */
  readonly at?: number | undefined;
  /** This one and all that follow. */
  readonly from?: number | undefined;
  readonly kind?: UsbRequest['kind'] | undefined;
  readonly endpoint?: number | undefined;
  readonly request?: number | undefined;
  readonly behaviour: Behaviour;
}

/** A list of rules and the count of requests. The first rule that matches is taken. */
export class BehaviourScript {
  #rules: readonly BehaviourRule[] = [];
  #number = 0;

  /** Puts rules in force; the next request of the host is number 1. An empty list: everything as it should be. */
  arm(rules: readonly BehaviourRule[]): void {
    this.#rules = rules;
    this.#number = 0;
  }

  /** Requests since the script was armed. */
  get count(): number {
    return this.#number;
  }

  /** Numbers a request and finds what to do with it; undefined: nothing special. */
  next(request: Omit<UsbRequest, 'number'>): {
    readonly request: UsbRequest;
    readonly behaviour: Behaviour | undefined;
  } {
    if (request.kind !== 'in') this.#number += 1;
    const numbered = { ...request, number: this.#number };
    return { request: numbered, behaviour: this.#rules.find((rule) => matches(rule, numbered))?.behaviour };
  }
}

function matches(rule: BehaviourRule, request: UsbRequest): boolean {
  return (
    (rule.at === undefined || rule.at === request.number) &&
    (rule.from === undefined || rule.from <= request.number) &&
    (rule.kind === undefined || rule.kind === request.kind) &&
    (rule.endpoint === undefined || rule.endpoint === request.endpoint) &&
    (rule.request === undefined || rule.request === request.request)
  );
}
