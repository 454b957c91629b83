/** The wires of an emulated I2C adapter: targets, and messages to them. The same for every adapter. */
import { delay } from '../../base/index.ts';

/**
 * A chip on the bus, byte by byte (UM10204, NXP's I2C specification §3.1). State outlives messages; a STOP, or a START
 * for somebody else, ends a message.
 */
export interface I2cTarget {
  /** 7-bit addresses that it listens to. */
  readonly addresses: readonly number[];
  /** Addressed. @returns whether it acknowledges */
  start(address: number, direction: 'read' | 'write'): boolean;
  /** A byte from the controller. @returns whether it acknowledges */
  write(byte: number): boolean;
  /** The next byte for the controller. */
  read(): number;
  /** STOP condition. Not called at a repeated START. */
  stop(): void;
  /** How long it holds the clock low before its next byte; `Infinity`: it never lets go. Absent: not at all. */
  stretchMs?(): number;
}

/** One message. */
export interface I2cMessage {
  readonly address: number;
  /** What is written, or how many bytes are read. */
  readonly content: { readonly write: Uint8Array } | { readonly readBytes: number };
  /** Whether a STOP ends it; otherwise the next message begins with a repeated START. */
  readonly stop: boolean;
}

/** What a message came to. */
export type I2cResult =
  /** `data` is what was read. */
  | { readonly kind: 'done'; readonly data: Uint8Array }
  /** Nobody acknowledged the address, or the target refused byte number `written` (from 0). A STOP was sent. */
  | { readonly kind: 'nak'; readonly phase: 'address' | 'data'; readonly written: number }
  /** The clock was held low for longer than the adapter waits. A STOP was sent. */
  | { readonly kind: 'timeout' };

/** The longest delay that a timer of Node takes; a longer one would end at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** A message in progress. `over`: a STOP or another message has ended it. */
interface Run {
  readonly wake: AbortController;
  over: boolean;
}

/** A bus. An adapter has one or more, and passes the guest's messages on. */
export class I2cBus {
  readonly #targets: I2cTarget[] = [];
  #current: I2cTarget | undefined;
  #run: Run | undefined;

  /** @throws RangeError when an address is taken */
  add(target: I2cTarget): this {
    const taken = target.addresses.find((address) => this.#at(address) !== undefined);
    if (taken !== undefined) throw new RangeError(`address 0x${taken.toString(16)} is taken`);
    this.#targets.push(target);
    return this;
  }

  /** Takes a chip off the bus; it lets go of the clock, and a message to it in progress is not acknowledged any more. */
  remove(target: I2cTarget): void {
    const index = this.#targets.indexOf(target);
    if (index >= 0) this.#targets.splice(index, 1);
    if (this.#current !== target) return;
    this.#current = undefined;
    this.#run?.wake.abort();
  }

  /**
   * Does one message. There is one at a time: a STOP, or another message, ends one that waits for the clock, and it
   * comes to `timeout`.
   * @param timeoutMs how long the adapter lets a target hold the clock, all in all; `Infinity`: for ever
   * @param signal the adapter waits no longer: as if `timeoutMs` had passed
   */
  async transfer(message: I2cMessage, timeoutMs = 1000, signal?: AbortSignal): Promise<I2cResult> {
    if (signal?.aborted) return { kind: 'timeout' };
    if (this.#run !== undefined) this.stop();
    const run: Run = { wake: new AbortController(), over: false };
    this.#run = run;
    try {
      return await this.#transfer(message, run, timeoutMs, signal);
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  /** A STOP condition outside a message: what an adapter does when it gives up. */
  stop(): void {
    if (this.#run !== undefined) {
      this.#run.over = true;
      this.#run.wake.abort();
      this.#run = undefined;
    }
    this.#current?.stop();
    this.#current = undefined;
  }

  async #transfer(
    message: I2cMessage,
    run: Run,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<I2cResult> {
    const { address, content } = message;
    const target = this.#at(address);
    if (this.#current !== target) this.#current?.stop();
    this.#current = target;
    const nak = (phase: 'address' | 'data', written: number): I2cResult => {
      this.stop();
      return { kind: 'nak', phase, written };
    };
    if (target === undefined || !target.start(address, 'write' in content ? 'write' : 'read'))
      return nak('address', 0);
    let leftMs = timeoutMs;
    const data: number[] = [];
    const count = 'write' in content ? content.write.length : content.readBytes;
    for (let index = 0; index < count; index++) {
      const stretchMs = target.stretchMs?.() ?? 0;
      if (stretchMs > 0) await wait(Math.min(stretchMs, leftMs), run.wake.signal, signal);
      if (run.over) return { kind: 'timeout' };
      if (!this.#targets.includes(target)) return nak('data', index);
      if (stretchMs > leftMs || signal?.aborted) {
        this.stop();
        return { kind: 'timeout' };
      }
      leftMs -= stretchMs;
      if (!('write' in content)) data.push(target.read());
      else if (!target.write(content.write[index] as number)) return nak('data', index);
    }
    if (message.stop) this.stop();
    return { kind: 'done', data: Uint8Array.from(data) };
  }

  #at(address: number): I2cTarget | undefined {
    return this.#targets.find((target) => target.addresses.includes(address));
  }
}

/** Waits that long, or until one of the signals. */
async function wait(ms: number, wake: AbortSignal, signal: AbortSignal | undefined): Promise<void> {
  const either = signal === undefined ? wake : AbortSignal.any([wake, signal]);
  await delay(Math.min(ms, LONGEST_DELAY_MS), either).catch(() => undefined);
}
