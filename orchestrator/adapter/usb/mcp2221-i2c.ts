/** The I2C engine of an MCP2221: it does one message in the background, and the host asks how it goes. */
import type { I2cBus, I2cMessage, I2cResult } from '../target/i2c-bus.ts';
import { CHUNK_BYTES, CODE, I2C_STATE, NO_LENGTH } from './mcp2221-protocol.ts';

/** How long a target may hold the clock. No document says how long the chip waits; less than the driver's patience. */
const STRETCH_LIMIT_MS = 30;

/** What the host wants, from the first four bytes of a report. */
export interface I2cCommand {
  readonly address: number;
  readonly lengthBytes: number;
}

/** Data for the host, or why there is none. */
export interface I2cDataAnswer {
  readonly code: number;
  readonly state: number;
  /** {@link NO_LENGTH} when there is no data. */
  readonly lengthBytes: number;
  readonly data: Uint8Array;
}

/** The engine. */
export class Mcp2221I2cEngine {
  readonly #bus: I2cBus;
  #state: number = I2C_STATE.idle;
  #running = false;
  #cancelled = false;
  #collected: number[] = [];
  #unread: Uint8Array | undefined;
  #command: I2cCommand = { address: 0, lengthBytes: 0 };
  #transferredBytes = 0;

  constructor(bus: I2cBus) {
    this.#bus = bus;
  }

  get state(): number {
    return this.#state;
  }

  get running(): boolean {
    return this.#running;
  }

  /** The last target did not acknowledge. It is forgotten when the next message begins. */
  get notAcknowledged(): boolean {
    return this.#state === I2C_STATE.addressNak;
  }

  /** What the last command asked for. */
  get command(): I2cCommand {
    return this.#command;
  }

  /** How much of it was done. */
  get transferredBytes(): number {
    return this.#transferredBytes;
  }

  /**
   * A write command. Data of more than a report comes in several, each of which names the whole length; the message
   * begins with the last of them, and the state is idle until then: the driver asks in between (mcp_i2c_write).
   * @returns whether it was taken
   */
  write(command: I2cCommand, data: Uint8Array, stop: boolean): boolean {
    if (this.#running) return false;
    const continues =
      this.#collected.length > 0 &&
      command.address === this.#command.address &&
      command.lengthBytes === this.#command.lengthBytes;
    if (!continues) this.#begin(command);
    const missing = command.lengthBytes - this.#collected.length;
    this.#collected.push(...data.subarray(0, Math.min(missing, CHUNK_BYTES)));
    if (this.#collected.length < command.lengthBytes) return true;
    const write = Uint8Array.from(this.#collected);
    this.#collected = [];
    this.#run({ address: command.address, content: { write }, stop });
    return true;
  }

  /**
   * A read command. After a repeated START it is refused when the write before it was not acknowledged: the driver does
   * not look at that write's outcome otherwise (mcp_smbus_xfer).
   * @returns whether it was taken; if not, `state` has the reason until the next command
   */
  read(command: I2cCommand, repeatedStart: boolean): boolean {
    if (this.#running) return false;
    const failed = this.#state !== I2C_STATE.idle && this.#state !== I2C_STATE.writtenWithoutStop;
    if (repeatedStart && failed) return false;
    this.#begin(command);
    this.#run({ address: command.address, content: { readBytes: command.lengthBytes }, stop: true });
    return true;
  }

  /** The next chunk of what was read. */
  takeData(): I2cDataAnswer {
    const none = { state: this.#state, lengthBytes: NO_LENGTH, data: new Uint8Array() };
    // -ENXIO for the driver needs a success with this state (mcp2221_raw_event).
    if (this.#state === I2C_STATE.addressNak) return { ...none, code: CODE.success };
    if (this.#running || this.#unread === undefined) return { ...none, code: CODE.noData };
    const data = this.#unread.subarray(0, CHUNK_BYTES);
    const state = this.#state;
    const rest = this.#unread.subarray(data.length);
    this.#unread = rest.length > 0 ? rest : undefined;
    this.#state = this.#stateOfUnread();
    return { code: CODE.success, state, lengthBytes: data.length, data };
  }

  /**
   * Gives up what is being done and frees the bus. A message in progress cannot be recalled from a target that holds
   * the clock: the engine stays busy until it lets go.
   * @returns whether there was something to cancel
   */
  cancel(): boolean {
    const idle = this.#state === I2C_STATE.idle && !this.#running;
    this.#collected = [];
    this.#unread = undefined;
    if (this.#running) this.#cancelled = true;
    else {
      this.#bus.stop();
      this.#state = I2C_STATE.idle;
    }
    return !idle;
  }

  #begin(command: I2cCommand): void {
    this.#command = command;
    this.#collected = [];
    this.#unread = undefined;
    this.#transferredBytes = 0;
    this.#state = I2C_STATE.idle;
  }

  #run(message: I2cMessage): void {
    this.#running = true;
    this.#cancelled = false;
    this.#state = 'write' in message.content ? I2C_STATE.writing : I2C_STATE.reading;
    const end = (result: I2cResult | undefined): void => {
      this.#running = false;
      if (this.#cancelled) this.cancel();
      else if (result !== undefined) this.#end(message, result);
    };
    // A target that throws is a defect of its model; to the guest it is a chip that went silent.
    this.#bus.transfer(message, STRETCH_LIMIT_MS).then(end, () => end({ kind: 'timeout' }));
  }

  #end(message: I2cMessage, result: I2cResult): void {
    const writes = 'write' in message.content;
    switch (result.kind) {
      case 'nak':
        this.#transferredBytes = result.written;
        this.#state = I2C_STATE.addressNak;
        return;
      case 'timeout':
        this.#state = writes ? I2C_STATE.writeTimeout : I2C_STATE.readTimeout;
        return;
      case 'done':
        this.#transferredBytes = this.#command.lengthBytes;
        if (!writes) {
          this.#unread = result.data;
          this.#state = this.#stateOfUnread();
        } else this.#state = message.stop ? I2C_STATE.idle : I2C_STATE.writtenWithoutStop;
    }
  }

  /** A read of nothing leaves the engine idle: the driver takes that for a success (mcp2221_raw_event). */
  #stateOfUnread(): number {
    const leftBytes = this.#unread?.length ?? 0;
    if (leftBytes === 0) return I2C_STATE.idle;
    return leftBytes > CHUNK_BYTES ? I2C_STATE.readPartial : I2C_STATE.readComplete;
  }
}
