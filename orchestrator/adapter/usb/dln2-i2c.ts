/** I2C module of the DLN-2 (drivers/i2c/busses/i2c-dln2.c): every command is a message of its own, with a STOP. */
import type { I2cBus, I2cResult } from '../target/i2c-bus.ts';
import { type Dln2Reply, done, failed, I2C, u16 } from './dln2-protocol.ts';

/** Longest message, as the driver has it (DLN2_I2C_MAX_XFER_SIZE). */
const LONGEST_BYTES = 256;

/** port u8, address u8, length of the memory address u8, memory address u32, length u16. */
const TRANSFER_HEADER_BYTES = 9;

/** The one I2C port. */
export class Dln2I2c {
  readonly #bus: I2cBus;
  #enabled = false;
  /** Settles when the last command is done: the firmware does one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bus: I2cBus) {
    this.#bus = bus;
  }

  /** As after power-up: disabled. A message in progress goes on. */
  reset(): void {
    this.#enabled = false;
  }

  /** Does a command, when those before it are done. @param body what follows the header */
  handle(id: number, body: Uint8Array): Promise<Dln2Reply> {
    // A target that throws is a defect of its model; to the guest it is a chip that went silent.
    const reply = this.#last.then(() => this.#do(id, body)).catch(() => failed('timeout'));
    this.#last = reply;
    return reply;
  }

  async #do(id: number, body: Uint8Array): Promise<Dln2Reply> {
    if (id === I2C.getPortCount) return done(1);
    const [port] = body;
    if (port === undefined) return failed('invalidCommandSize');
    if (port !== 0) return failed('invalidPort');
    switch (id) {
      case I2C.enable:
        this.#enabled = true;
        return done();
      case I2C.disable:
        this.#enabled = false;
        return done();
      case I2C.isEnabled:
        return done(this.#enabled ? 1 : 0);
      case I2C.read:
      case I2C.write:
        return this.#transfer(id === I2C.read, body);
      default:
        return failed('notSupported');
    }
  }

  async #transfer(reads: boolean, body: Uint8Array): Promise<Dln2Reply> {
    if (body.length < TRANSFER_HEADER_BYTES) return failed('invalidCommandSize');
    if (!this.#enabled) return failed('disabled');
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const address = view.getUint8(1);
    const memoryAddressBytes = view.getUint8(2);
    const lengthBytes = view.getUint16(7, true);
    const payload = body.subarray(TRANSFER_HEADER_BYTES);
    if (memoryAddressBytes > 4) return failed('i2cInvalidMemoryAddressLength');
    if (lengthBytes > LONGEST_BYTES) return failed('invalidBufferSize');
    if (payload.length !== (reads ? 0 : lengthBytes)) return failed('invalidCommandSize');
    // Most significant byte first, as chips want it.
    const memoryAddress = [...body.subarray(3, 3 + memoryAddressBytes)].reverse();
    if (!reads) {
      const write = Uint8Array.of(...memoryAddress, ...payload);
      return replyTo(await this.#bus.transfer({ address, content: { write }, stop: true }), () => done());
    }
    if (memoryAddressBytes > 0) {
      const content = { write: Uint8Array.from(memoryAddress) };
      const pointed = await this.#bus.transfer({ address, content, stop: false });
      if (pointed.kind !== 'done') return replyTo(pointed, () => done());
    }
    const result = await this.#bus.transfer({ address, content: { readBytes: lengthBytes }, stop: true });
    return replyTo(result, (data) => done(...u16(data.length), ...data));
  }
}

function replyTo(result: I2cResult, whenDone: (data: Uint8Array) => Dln2Reply): Dln2Reply {
  switch (result.kind) {
    case 'done':
      return whenDone(result.data);
    case 'nak':
      return failed(result.phase === 'address' ? 'i2cAddressFailed' : 'i2cDataFailed');
    case 'timeout':
      return failed('timeout');
  }
}
