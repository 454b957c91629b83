/** The FT232R's way to the host: what was received, in packets that begin with two status bytes. */
import type { UsbPort } from './device.ts';
import {
  LINE_STATUS_EMPTY,
  MODEM_CONTROL,
  MODEM_STATUS,
  PACKET_BYTES,
  STATUS_BYTES,
} from './ft232r-protocol.ts';

const DATA_BYTES = PACKET_BYTES - STATUS_BYTES;
/** Packets in one transfer: the driver's buffers have 512 bytes (ftdi_device.bulk_in_size). */
const PACKETS_AT_ONCE = 8;
const DEFAULT_LATENCY_MS = 16;

/**
 * The receive buffer and its latency timer. A full packet goes at once; what is less goes when the timer fires, and so
 * do two status bytes when there is nothing. The timer runs while the host has the tty open, as far as a device can
 * tell: from the reset of ftdi_open until DTR and RTS are dropped together (ftdi_dtr_rts).
 */
export class Ft232rUart {
  readonly #endpoint: number;
  readonly #idleStatus: boolean;
  #port: UsbPort | undefined;
  #received: number[] = [];
  #latencyMs = DEFAULT_LATENCY_MS;
  #modemControl = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param idleStatus whether status bytes go to the host when there is nothing else */
  constructor(endpoint: number, idleStatus: boolean) {
    this.#endpoint = endpoint;
    this.#idleStatus = idleStatus;
  }

  get latencyMs(): number {
    return this.#latencyMs;
  }

  set latencyMs(value: number) {
    this.#latencyMs = value;
    if (this.#timer !== undefined) this.#startTimer();
  }

  /** Two bytes. The peer is there, and gives back RTS as CTS and DTR as DSR, as a loopback plug does. */
  get status(): readonly [number, number] {
    const control = this.#modemControl;
    return [
      MODEM_STATUS.always |
        MODEM_STATUS.carrier |
        (control & MODEM_CONTROL.rts ? MODEM_STATUS.cts : 0) |
        (control & MODEM_CONTROL.dtr ? MODEM_STATUS.dsr : 0),
      LINE_STATUS_EMPTY,
    ];
  }

  /** As after power-up. */
  attach(port: UsbPort): void {
    this.#port = port;
    this.#received = [];
    this.#latencyMs = DEFAULT_LATENCY_MS;
    this.#modemControl = 0;
  }

  detach(): void {
    this.#port = undefined;
    this.#stopTimer();
  }

  /** The reset that opens a tty: buffers are empty, DTR and RTS dropped. */
  reset(): void {
    this.purge();
    this.#modemControl = 0;
    this.#startTimer();
  }

  /** Forgets what was received. */
  purge(): void {
    this.#received = [];
  }

  /** @param value wValue of the request */
  modemControl(value: number): void {
    const mask = value >> 8;
    this.#modemControl = (this.#modemControl & ~mask) | (value & mask);
    const both = MODEM_CONTROL.dtr | MODEM_CONTROL.rts;
    if ((mask & both) === both && (this.#modemControl & both) === 0) this.#stopTimer();
  }

  /** Bytes came in on RXD. */
  receive(data: Uint8Array): void {
    this.#received.push(...data);
    this.#send(this.#received.length - (this.#received.length % DATA_BYTES));
    if (this.#received.length > 0 && this.#timer === undefined) this.#startTimer();
  }

  #send(count: number): void {
    for (let left = count; left > 0; ) {
      const transfer: number[] = [];
      for (let packets = 0; packets < PACKETS_AT_ONCE && left > 0; packets++) {
        const data = this.#received.splice(0, Math.min(left, DATA_BYTES));
        transfer.push(...this.status, ...data);
        left -= data.length;
      }
      this.#port?.send(this.#endpoint, Uint8Array.from(transfer));
    }
  }

  #tick(): void {
    const port = this.#port;
    if (this.#received.length > 0) this.#send(this.#received.length);
    // Kept for a host that does not ask, it would drive out data that was received.
    else if (this.#idleStatus && (port?.waiting?.(this.#endpoint) ?? true))
      port?.send(this.#endpoint, Uint8Array.from(this.status));
  }

  #startTimer(): void {
    this.#stopTimer();
    if (this.#port === undefined) return;
    this.#timer = setInterval(() => this.#tick(), Math.max(1, this.#latencyMs));
    this.#timer.unref();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
