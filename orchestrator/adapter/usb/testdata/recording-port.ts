/** For tests of device models: a port that keeps what a device sends, as a driver would get it. */
import type { UsbPort } from '../device.ts';

interface Sent {
  readonly endpoint: number;
  readonly data: Uint8Array;
}

/** A port to which nobody listens but a test. */
export class RecordingPort implements UsbPort {
  readonly #sent: Sent[] = [];
  #wake: () => void = () => undefined;

  send(endpoint: number, data: Uint8Array): void {
    this.#sent.push({ endpoint, data });
    this.#wake();
  }

  /** How many transfers nobody took. */
  get pending(): number {
    return this.#sent.length;
  }

  /** The next transfer on an endpoint; waits for it. @throws Error when one on another endpoint came first */
  async next(endpoint: number): Promise<Uint8Array> {
    while (this.#sent.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const first = this.#sent.shift() as Sent;
    if (first.endpoint !== endpoint) throw new Error(`endpoint 0x${first.endpoint.toString(16)} was first`);
    return first.data;
  }
}
