/** What a connection tells others: its trace, its events, and who listens to requests. */
import { messageOf, monotonicMs } from '../../base/index.ts';
import type { Behaviour, UsbRequest } from '../usb/behaviour.ts';
import type { ConnectionEvent } from './events.ts';
import type { Trace } from './trace.ts';

/** Called with a numbered request and the monotonic time at which it came. */
export type RequestListener = (request: UsbRequest, atMs: number) => void;

/** Counts faults and passes everything on. Nothing here throws: what a listener throws is noted. */
export class Reports {
  readonly #trace: Trace;
  readonly #onEvent: ((event: ConnectionEvent) => void) | undefined;
  readonly #listeners = new Set<RequestListener>();
  #deviceFaults = 0;
  #peerFaults = 0;

  constructor(trace: Trace, onEvent: ((event: ConnectionEvent) => void) | undefined) {
    this.#trace = trace;
    this.#onEvent = onEvent;
  }

  get deviceFaults(): number {
    return this.#deviceFaults;
  }

  get peerFaults(): number {
    return this.#peerFaults;
  }

  /** Adds a listener; the returned function removes it. */
  listen(listener: RequestListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  arrived(request: UsbRequest): void {
    const atMs = monotonicMs();
    for (const listener of this.#listeners) this.#callOut(() => listener(request, atMs));
  }

  misbehaves(request: UsbRequest, behaviour: Behaviour): void {
    this.note(`request ${request.number} (${request.kind}): ${JSON.stringify(behaviour)}`);
    this.tell({ event: 'misbehaved', request, behaviour });
  }

  deviceFault(what: string, error: unknown): void {
    this.#deviceFaults += 1;
    const message = `the device failed in ${what}: ${messageOf(error)}`;
    this.note(message);
    this.tell({ event: 'device-fault', message });
  }

  peerFault(message: string): void {
    this.#peerFaults += 1;
    this.note(`from the peer: ${message}`);
    this.tell({ event: 'peer-fault', message });
  }

  tell(event: ConnectionEvent): void {
    const onEvent = this.#onEvent;
    if (onEvent !== undefined) this.#callOut(() => onEvent(event));
  }

  note(text: string): void {
    this.#trace.note(text);
  }

  #callOut(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.note(`a listener threw: ${messageOf(error)}`);
    }
  }
}
