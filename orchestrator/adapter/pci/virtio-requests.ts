/** The requests of a virtio device on their way from the ring to the model and back, and what a script does to them. */
import { garble } from '../garble.ts';
import type { Behaviour, BehaviourScript, UsbRequest } from '../usb/behaviour.ts';
import { Timers } from '../usbredir/timers.ts';
import type { BackendAnswer } from './vhost-user-records.ts';
import type { VirtioDevice, VirtioRequest } from './virtio-device.ts';

/** A request with its name. */
export interface QueuedRequest extends VirtioRequest {
  readonly token: number;
}

/** Where answers go, and who is told. */
export interface VirtioLink {
  send(answer: BackendAnswer): void;
  /** The process that is the device ends. */
  disconnect(): void;
  /** A request came. */
  arrived(request: UsbRequest): void;
  readonly script: BehaviourScript;
}

/** A request whose answer is kept back until the driver has given it up. */
interface Late {
  readonly queue: number;
  readonly afterMs: number;
  readonly send: () => void;
}

/** All requests of a plugged device. Each gets at most one answer. */
export class VirtioRequests {
  readonly #device: VirtioDevice;
  readonly #link: VirtioLink;
  readonly #timers = new Timers();
  readonly #late = new Set<Late>();
  /** Raised when what is under way is of no interest any more. */
  #era = 0;
  #open = 0;

  constructor(device: VirtioDevice, link: VirtioLink) {
    this.#device = device;
    this.#link = link;
  }

  /** Requests that the device has not answered. */
  get count(): number {
    return this.#open;
  }

  /** Takes a request of the guest. */
  accept(request: QueuedRequest): void {
    const { queue } = request;
    const device = this.#device;
    const type = device.typeOf?.(request);
    const { request: numbered, behaviour } = this.#link.script.next({
      kind: device.isEvent?.(request) === true ? 'in' : 'out',
      endpoint: queue,
      ...(type === undefined ? {} : { request: type }),
    });
    if (device.abandons?.(request) === true) this.#given(queue);
    this.#open += 1;
    this.#link.arrived(numbered);
    if (behaviour?.do === 'silence') return;
    if (behaviour?.do === 'disconnect' && behaviour.when === 'before') {
      this.#link.disconnect();
      return;
    }
    if (behaviour?.do === 'status') {
      this.#send(request, device.failure(request), undefined);
      return;
    }
    const era = this.#era;
    const answer = device.handle(request);
    if (answer instanceof Uint8Array) this.#handled(request, answer, behaviour);
    else {
      void answer.then((data) => {
        if (era === this.#era) this.#handled(request, data, behaviour);
      });
    }
  }

  /** The driver has reset a queue, or QEMU is gone: nothing that is under way gets an answer. */
  reset(): void {
    this.#era += 1;
    this.#open = 0;
    this.#timers.clear();
    this.#late.clear();
    this.#device.reset();
  }

  #handled(request: QueuedRequest, data: Uint8Array, behaviour: Behaviour | undefined): void {
    const send = (): void => this.#send(request, data, behaviour);
    if (behaviour?.do === 'delay') this.#timers.after(behaviour.delayMs, send);
    else if (behaviour?.do === 'late')
      this.#late.add({ queue: request.queue, afterMs: behaviour.afterCancelMs, send });
    else send();
    if (behaviour?.do === 'disconnect') this.#link.disconnect();
  }

  /** The driver waits no more for what it has put into a queue so far. */
  #given(queue: number): void {
    for (const late of this.#late) {
      if (late.queue !== queue) continue;
      this.#late.delete(late);
      if (late.afterMs === 0) late.send();
      else this.#timers.after(late.afterMs, late.send);
    }
  }

  #send(
    { queue, token, roomBytes }: QueuedRequest,
    data: Uint8Array,
    behaviour: Behaviour | undefined,
  ): void {
    this.#open -= 1;
    const usedBytes = Math.min(data.length, roomBytes);
    this.#link.send({
      queue,
      token,
      data: behaviour?.do === 'garbage' ? garble(data) : data,
      usedBytes: usedLength(usedBytes, behaviour),
    });
  }
}

/** What the used ring says, a u32. */
function usedLength(usedBytes: number, behaviour: Behaviour | undefined): number {
  switch (behaviour?.do) {
    case 'shorten':
      return Math.max(0, usedBytes - behaviour.bytes);
    case 'lengthen':
      return usedBytes + behaviour.bytes;
    default:
      return usedBytes;
  }
}
