/** The host's side of a CP2112, for tests: it asks as drivers/hid/hid-cp2112.c does. */
import { setImmediate as turn } from 'node:timers/promises';
import type { UsbAdapterDevice } from '../adapter.ts';
import { cp2112Model } from '../cp2112.ts';
import type { UsbDevice } from '../device.ts';

/** The driver: cp2112_hid_get(), cp2112_hid_output(), cp2112_raw_event() and cp2112_i2c_xfer(). */
export class Cp2112Driver {
  readonly #device: UsbDevice;
  readonly reports: Uint8Array[] = [];

  constructor(device: UsbDevice) {
    this.#device = device;
    device.attach({
      send: (endpoint, data) => {
        if (endpoint !== 0x81) throw new Error(`endpoint ${endpoint}`);
        this.reports.push(data);
      },
    });
  }

  async get(id: number, length: number): Promise<Uint8Array | string> {
    const setup = { requestType: 0xa1, request: 1, value: 0x300 | id, index: 0, length };
    const { status, data } = await this.#device.control(setup, new Uint8Array());
    return data ?? status;
  }

  async set(...bytes: readonly number[]): Promise<string> {
    const value = 0x300 | (bytes[0] as number);
    const setup = { requestType: 0x21, request: 9, value, index: 0, length: bytes.length };
    return (await this.#device.control(setup, Uint8Array.from(bytes))).status;
  }

  async output(...bytes: readonly number[]): Promise<void> {
    await this.#device.write?.(0x01, Uint8Array.from(bytes));
    // The host's next request comes through a socket.
    await turn();
  }

  /** What probe does to the SMBus configuration: reads it, and writes it back with one retry. */
  async probe(): Promise<void> {
    const configuration = await this.get(0x06, 14);
    if (typeof configuration === 'string') throw new Error(configuration);
    await this.set(...configuration.subarray(0, 12), 0, 1);
  }

  /** Writes the SMBus configuration; what is not given is as after probe, times below 256. */
  async configure({
    autoSend = 0,
    writeTimeoutMs = 0,
    readTimeoutMs = 0,
    clockLimit = 0,
    retries = 1,
  }): Promise<void> {
    const timeouts = [0, writeTimeoutMs, 0, readTimeoutMs];
    await this.set(...[6, 0, 1, 0x86, 0xa0, 2], autoSend, ...timeouts, clockLimit, 0, retries);
  }

  /** @returns the number of bytes read, or the error's name */
  async status(): Promise<number | string> {
    await this.output(0x15, 0x01);
    const report = this.reports.shift();
    if (report === undefined) return 'ETIMEDOUT';
    if (report.length !== 64 || report[0] !== 0x16) throw new Error(`report ${report}`);
    const length = ((report[5] as number) << 8) | (report[6] as number);
    return (
      ['EAGAIN', 'EBUSY', length, (report[2] as number) < 2 ? 'ETIMEDOUT' : 'EIO'][report[1] as number] ?? ''
    );
  }

  /** What {@link status} says at last. */
  async settled(): Promise<number | string> {
    for (;;) {
      const status = await this.status();
      if (status !== 'EBUSY') return status;
    }
  }

  /** Ten questions, then it gives up. */
  async #wait(): Promise<number | string> {
    for (let count = 0; count < 10; count++) {
      const status = await this.status();
      if (status !== 'EBUSY') return status;
    }
    await this.output(0x17, 0x01);
    return 'ETIMEDOUT';
  }

  async #transfer(request: readonly number[], readBytes: number): Promise<string | readonly number[]> {
    await this.output(...request);
    const status = await this.#wait();
    if (typeof status === 'string') return status;
    const data: number[] = [];
    while (data.length < readBytes) {
      const wanted = Math.min(61, readBytes - data.length);
      await this.output(0x12, 0, wanted);
      const report = this.reports.shift();
      if (report === undefined) return 'ETIMEDOUT';
      if (report.length !== 64 || report[0] !== 0x13) throw new Error(`report ${report}`);
      const length = report[2] as number;
      if (length === 0 || length > wanted) return 'EIO';
      data.push(...report.subarray(3, 3 + length));
    }
    return data;
  }

  write(address: number, ...bytes: readonly number[]): Promise<string | readonly number[]> {
    return this.#transfer([0x14, address << 1, bytes.length, ...bytes], 0);
  }

  read(address: number, length: number): Promise<string | readonly number[]> {
    return this.#transfer([0x10, address << 1, length >> 8, length & 0xff], length);
  }

  writeRead(address: number, bytes: readonly number[], length: number): Promise<string | readonly number[]> {
    const head = [0x11, address << 1, length >> 8, length & 0xff, bytes.length];
    return this.#transfer([...head, ...bytes], length);
  }
}

/** A new device, and the driver after its probe. */
export async function probed(): Promise<{ device: UsbAdapterDevice; driver: Cp2112Driver }> {
  const device = cp2112Model.create();
  const driver = new Cp2112Driver(device);
  await driver.probe();
  return { device, driver };
}
