/** The SMBus engine of a CP2112: a transfer runs by itself, and the host asks how it goes (drivers/hid/hid-cp2112.c). */
import { delay, monotonicMs } from '../../base/index.ts';
import type { I2cBus, I2cMessage, I2cResult } from '../target/i2c-bus.ts';
import { CHUNK_BYTES, inputReport, REPORT } from './cp2112-reports.ts';

/** Status 0 and status 1 of a transfer status response, by the driver's names. */
const IDLE = 0;
const BUSY = 1;
const COMPLETE = 2;
const ERROR = 3;
const TIMEOUT_NACK = 0;
const TIMEOUT_BUS = 1;
const READ_INCOMPLETE = 3;
const WRITE_INCOMPLETE = 4;
const SUCCESS = 5;

/** SMBus 2.0 §3.1.1.3: a clock that is low for longer ends the transfer, if the configuration says so. */
const CLOCK_LOW_LIMIT_MS = 25;
/** Between tries without a limit; a real one takes an address byte at 100 kHz, a tenth of it. */
const RETRY_MS = 1;

/** As from the factory: 100 kHz, own address 0x02, no time limits, retries without limit. */
const DEFAULT_CONFIGURATION = [REPORT.smbusConfig, 0, 0x01, 0x86, 0xa0, 0x02, 0, 0, 0, 0, 0, 0, 0, 0];

const LONGEST_READ_BYTES = 512;
const LONGEST_TARGET_ADDRESS_BYTES = 16;

interface Status {
  readonly status0: number;
  readonly status1: number;
  readonly retries: number;
  /** What was read and not yet sent. */
  readonly data: Uint8Array;
  /** How much was read. */
  readonly readBytes: number;
}

const NOTHING: Status = { status0: IDLE, status1: 0, retries: 0, data: new Uint8Array(), readBytes: 0 };

/** The engine. */
export class Cp2112Smbus {
  readonly #bus: I2cBus;
  readonly #send: (report: Uint8Array) => void;
  #configuration = Uint8Array.from(DEFAULT_CONFIGURATION);
  #status = NOTHING;
  #running: AbortController | undefined;

  /** @param send takes an input report */
  constructor(bus: I2cBus, send: (report: Uint8Array) => void) {
    this.#bus = bus;
    this.#send = send;
  }

  /** The report `smbusConfig`; struct cp2112_smbus_config_report has its layout, big-endian. */
  get configuration(): Uint8Array {
    return this.#configuration.slice();
  }

  configure(report: Uint8Array): void {
    this.#configuration.set(report.subarray(0, this.#configuration.length));
  }

  /** As after power-on. */
  reset(): void {
    this.#cancel();
    this.#configuration = Uint8Array.from(DEFAULT_CONFIGURATION);
  }

  /** Takes an output report, as long as the host sent it. What is not one is ignored. */
  take(report: Uint8Array): void {
    const [id = 0, address = 0, high = 0, low = 0] = report;
    const target = address >> 1;
    const readBytes = (high << 8) | low;
    switch (id) {
      case REPORT.dataReadRequest:
        this.#begin(undefined, { address: target, content: { readBytes }, stop: true });
        return;
      case REPORT.dataWriteReadRequest: {
        const write = report.subarray(5, 5 + (report[4] ?? 0));
        if (write.length > LONGEST_TARGET_ADDRESS_BYTES) return;
        this.#begin(
          { address: target, content: { write: write.slice() }, stop: false },
          { address: target, content: { readBytes }, stop: true },
        );
        return;
      }
      case REPORT.dataWriteRequest: {
        const write = report.slice(3, 3 + Math.min(high, CHUNK_BYTES));
        this.#begin({ address: target, content: { write }, stop: true }, undefined);
        return;
      }
      case REPORT.dataReadForceSend:
        this.#sendData((address << 8) | high);
        return;
      case REPORT.transferStatusRequest:
        this.#sendStatus();
        return;
      case REPORT.cancelTransfer:
        this.#cancel();
        return;
    }
  }

  /** Begins a transfer. One that comes while another runs, or wants to read too little or too much, is ignored. */
  #begin(write: I2cMessage | undefined, read: I2cMessage | undefined): void {
    if (this.#running !== undefined) return;
    const readBytes = read !== undefined && 'readBytes' in read.content ? read.content.readBytes : 1;
    if (readBytes < 1 || readBytes > LONGEST_READ_BYTES) return;
    const running = new AbortController();
    this.#running = running;
    this.#status = { ...NOTHING, status0: BUSY };
    const messages = [write, read].filter((message) => message !== undefined);
    void this.#run(messages, running.signal).then((status) => {
      if (running.signal.aborted) return;
      this.#running = undefined;
      this.#status = status;
      const autoSend = this.#configuration[6] === 1;
      if (autoSend && status.data.length > 0) this.#sendData(status.data.length);
    });
  }

  async #run(messages: readonly I2cMessage[], signal: AbortSignal): Promise<Status> {
    const view = new DataView(this.#configuration.buffer.slice(0));
    const reads = messages.some(({ content }) => 'readBytes' in content);
    const limitMs = view.getUint16(reads ? 9 : 7) || Number.POSITIVE_INFINITY;
    const clockLimitMs = view.getUint8(11) === 1 ? CLOCK_LOW_LIMIT_MS : Number.POSITIVE_INFINITY;
    const retryLimit = view.getUint16(12) || Number.POSITIVE_INFINITY;
    const endMs = monotonicMs() + limitMs;
    for (let retries = 0; ; retries++) {
      const leftMs = Math.max(0, endMs - monotonicMs());
      const result = await this.#try(messages, Math.min(leftMs, clockLimitMs), signal);
      const again = result.kind === 'nak' && result.phase === 'address' && retries < retryLimit;
      if (!again || leftMs === 0 || signal.aborted) return { ...statusOf(result, reads), retries };
      if (retryLimit === Number.POSITIVE_INFINITY) await delay(RETRY_MS, signal).catch(() => undefined);
    }
  }

  async #try(messages: readonly I2cMessage[], clockMs: number, signal: AbortSignal): Promise<I2cResult> {
    let result: I2cResult = { kind: 'timeout' };
    for (const message of messages) {
      result = await this.#bus.transfer(message, clockMs, signal);
      if (result.kind !== 'done') break;
    }
    return result;
  }

  #cancel(): void {
    this.#status = NOTHING;
    if (this.#running === undefined) return;
    this.#running.abort();
    this.#running = undefined;
  }

  #sendStatus(): void {
    const { status0, status1, retries, readBytes } = this.#status;
    const bytes = [status0, status1, retries >> 8, retries & 0xff, readBytes >> 8, readBytes & 0xff];
    this.#send(inputReport(REPORT.transferStatusResponse, bytes));
  }

  /** Sends so much of what was read, in as many reports as it takes; one without data when there is nothing. */
  #sendData(wantedBytes: number): void {
    const { status0, data } = this.#status;
    const lengthBytes = Math.min(wantedBytes, data.length);
    for (let begin = 0; begin === 0 || begin < lengthBytes; begin += CHUNK_BYTES) {
      const chunk = data.subarray(begin, Math.min(begin + CHUNK_BYTES, lengthBytes));
      this.#send(inputReport(REPORT.dataReadResponse, [status0, chunk.length, ...chunk]));
    }
    this.#status = { ...this.#status, data: data.subarray(lengthBytes) };
  }
}

function statusOf(result: I2cResult, reads: boolean): Status {
  switch (result.kind) {
    case 'done':
      return {
        ...NOTHING,
        status0: COMPLETE,
        status1: SUCCESS,
        data: result.data,
        readBytes: result.data.length,
      };
    case 'nak': {
      const incomplete = reads ? READ_INCOMPLETE : WRITE_INCOMPLETE;
      return { ...NOTHING, status0: ERROR, status1: result.phase === 'address' ? TIMEOUT_NACK : incomplete };
    }
    case 'timeout':
      return { ...NOTHING, status0: ERROR, status1: TIMEOUT_BUS };
  }
}
