/** For tests: what dln2.c, gpio-dln2.c and i2c-dln2.c send to the device, and how they read its answers. */
import type { Dln2 } from '../dln2.ts';
import { u16 } from '../dln2-protocol.ts';
import { RecordingPort } from './recording-port.ts';

/** Handles, as dln2.c numbers them (enum dln2_handle). */
export const CTRL = 1;
export const GPIO = 2;
export const I2C = 3;

/** The driver: _dln2_transfer, and what the drivers of the cells send through it. */
export class Dln2Driver {
  readonly port = new RecordingPort();
  readonly device: Dln2;
  #slot = 0;

  constructor(device: Dln2) {
    this.device = device;
    device.attach(this.port);
  }

  /** Sends a command. @returns its slot, which is its echo */
  send(handle: number, id: number, body: readonly number[]): number {
    this.#slot = (this.#slot + 1) % 16;
    const message = [...u16(8 + body.length), ...u16(id), ...u16(this.#slot), ...u16(handle), ...body];
    this.device.write(1, Uint8Array.from(message));
    return this.#slot;
  }

  /** Waits for the response to a command. @returns data, or a result above 0x80, which becomes EREMOTEIO */
  async response(handle: number, id: number, slot: number): Promise<readonly number[] | number> {
    const bytes = await this.port.next(0x81);
    const view = new DataView(bytes.buffer);
    const header = [0, 2, 4, 6].map((at) => view.getUint16(at, true));
    const expected = [bytes.length, id, slot, handle];
    if (String(header) !== String(expected)) throw new Error(`header ${header}, not ${expected}`);
    const result = view.getUint16(8, true);
    return result > 0x80 ? result : [...bytes.subarray(10)];
  }

  /** A command and its response. */
  ask(handle: number, id: number, ...body: readonly number[]): Promise<readonly number[] | number> {
    return this.response(handle, id, this.send(handle, id, body));
  }

  /** A GPIO command of one pin. */
  pin(command: number, pin: number, ...rest: readonly number[]): Promise<readonly number[] | number> {
    return this.ask(GPIO, 0x100 | command, ...u16(pin), ...rest);
  }

  /** What a pin sent unasked (dln2_gpio_event). */
  async event(): Promise<{ readonly count: number; readonly pin: number; readonly value: number }> {
    const bytes = await this.port.next(0x81);
    const view = new DataView(bytes.buffer);
    const [size, id, , handle] = [0, 2, 4, 6].map((at) => view.getUint16(at, true));
    if (size !== 14 || bytes.length !== 14 || id !== 0x10f || handle !== 0) throw new Error(`event ${bytes}`);
    return { count: view.getUint16(8, true), pin: view.getUint16(11, true), value: view.getUint8(13) };
  }

  /** dln2_i2c_write. */
  i2cWrite(address: number, data: readonly number[], port = 0): Promise<readonly number[] | number> {
    return this.ask(I2C, 0x306, port, address, 0, 0, 0, 0, 0, ...u16(data.length), ...data);
  }

  /** dln2_i2c_read. */
  i2cRead(address: number, length: number): Promise<readonly number[] | number> {
    return this.ask(I2C, 0x307, 0, address, 0, 0, 0, 0, 0, ...u16(length));
  }
}
