import t from 'tap';
import { Eeprom24c02 } from '../target/eeprom-24c02.ts';
import { StubbornTarget } from '../target/stubborn.ts';
import type { Answer, UsbDevice } from './device.ts';
import { i2cTinyUsbModel } from './i2c-tiny-usb.ts';

interface Message {
  readonly address: number;
  readonly write?: readonly number[];
  readonly readBytes?: number;
}

const port = { send: () => undefined };

/** The driver's usb_read() and usb_write(). */
class Driver {
  readonly #device: UsbDevice;

  constructor(device: UsbDevice) {
    this.#device = device;
    device.attach(port);
  }

  async read(request: number, value: number, index: number, length: number): Promise<Uint8Array> {
    const answer = await this.#control(0xc1, request, value, index, length, new Uint8Array());
    if (answer.data === undefined) throw new Error('no data');
    return answer.data;
  }

  async write(request: number, value: number, index: number, bytes: readonly number[]): Promise<void> {
    await this.#control(0x41, request, value, index, bytes.length, Uint8Array.from(bytes));
  }

  /** usb_xfer(). @returns what was read, or the error's name */
  async transfer(...messages: readonly Message[]): Promise<string | readonly number[]> {
    const data: number[] = [];
    for (const [index, { address, write, readBytes = 0 }] of messages.entries()) {
      const request = 4 | (index === 0 ? 1 : 0) | (index === messages.length - 1 ? 2 : 0);
      if (write !== undefined) await this.write(request, 0, address, write);
      else {
        const read = await this.read(request, 1, address, readBytes);
        if (read.length !== readBytes) return 'EIO';
        data.push(...read);
      }
      const [status] = await this.read(3, 0, 0, 1);
      if (status === 2) return 'ENXIO';
    }
    return data;
  }

  async #control(
    requestType: number,
    request: number,
    value: number,
    index: number,
    length: number,
    data: Uint8Array,
  ): Promise<Answer> {
    const answer = await this.#device.control({ requestType, request, value, index, length }, data);
    if (answer.status !== 'success') throw new Error(answer.status);
    return answer;
  }
}

t.test('probe: the delay, then what it can', async (t) => {
  const device = i2cTinyUsbModel.create();
  t.same([device.description.vendorId, device.description.productId], [0x0403, 0xc631]);
  t.equal(device.description.serialNumber, undefined);
  t.equal(i2cTinyUsbModel.create({ serialNumber: 'x' }).description.serialNumber, 'x');
  const driver = new Driver(device);
  await driver.write(2, 10, 0, []);
  const functionality = Buffer.from(await driver.read(1, 0, 0, 4)).readUInt32LE();
  t.equal(functionality & 1, 1, 'I2C_FUNC_I2C');
  t.equal(functionality & 0x10000, 0x10000, 'I2C_FUNC_SMBUS_QUICK');
  t.equal(functionality & 0x01000000, 0, 'no block reads: it does not know I2C_M_RECV_LEN');
  t.same([...(await driver.read(0, 0x1234, 0, 2))], [0x34, 0x12]);
  t.same([...(await driver.read(3, 0, 0, 1))], [0]);
});

t.test('what it does not know stalls', async (t) => {
  const device = i2cTinyUsbModel.create();
  const setup = { requestType: 0xc1, request: 8, value: 0, index: 0, length: 1 };
  t.same(await device.control(setup, new Uint8Array()), { status: 'stall' });
  t.same(await device.control({ ...setup, requestType: 0xa1, request: 3 }, new Uint8Array()), {
    status: 'stall',
  });
});

t.test('an EEPROM as i2c-tools and at24 use it', async (t) => {
  const device = i2cTinyUsbModel.create();
  const driver = new Driver(device);
  const clock = { ms: 0 };
  const address = 0x50;
  const chip = new Eeprom24c02({ clock: () => clock.ms });
  t.equal(await driver.transfer({ address, write: [] }), 'ENXIO', 'nobody is there');
  device.i2c?.add(chip);
  t.same(await driver.transfer({ address, write: [] }), [], 'i2cdetect: quick write');
  t.same(await driver.transfer({ address, write: [0x10, 1, 2, 3] }), []);
  t.equal(await driver.transfer({ address, write: [0x10] }), 'ENXIO', 'a write cycle');
  clock.ms = 5;
  t.same(
    await driver.transfer({ address, write: [0x10] }, { address, readBytes: 4 }),
    [1, 2, 3, 0xff],
    'i2ctransfer with two messages',
  );
  t.same(await driver.transfer({ address, readBytes: 1 }), [0xff], 'read byte goes on');
  t.same(await driver.transfer({ address, write: [0x20, 9] }, { address, readBytes: 1 }), [0xff]);
  t.equal(chip.contents[0x20], 0xff, 'a repeated START, not a STOP, was between the two');
});

t.test('failures: address, byte, both directions', async (t) => {
  const device = i2cTinyUsbModel.create();
  const driver = new Driver(device);
  const target = new StubbornTarget(0x42, { refusesByte: 1 });
  device.i2c?.add(target);
  t.equal(await driver.transfer({ address: 0x42, write: [1, 2] }), 'ENXIO');
  t.same(await driver.transfer({ address: 0x42, readBytes: 2 }), [0, 1]);
  t.same([...(await driver.read(4 | 3, 1, 0x43, 3))], [0, 0, 0], 'zeros in full length');
  t.same([...(await driver.read(3, 0, 0, 1))], [2]);
});

t.test('a message that lacks its end gets a STOP when the adapter is taken away', async (t) => {
  const device = i2cTinyUsbModel.create();
  const chip = new Eeprom24c02();
  device.i2c?.add(chip);
  await new Driver(device).write(4 | 1, 0, 0x50, [0x20, 9]);
  t.equal(chip.contents[0x20], 0xff);
  device.detach();
  t.equal(chip.contents[0x20], 9);
});

t.test('taken away with the clock held: the request ends, and the next plug is a new life', async (t) => {
  const device = i2cTinyUsbModel.create();
  const driver = new Driver(device);
  const target = new StubbornTarget(0x42, { stretchMs: Number.POSITIVE_INFINITY });
  device.i2c?.add(target);
  const held = driver.transfer({ address: 0x42, write: [1] });
  device.detach();
  t.equal(await held, 'ENXIO', 'to nobody');
  target.stubbornness = {};
  const again = new Driver(device);
  t.same([...(await again.read(3, 0, 0, 1))], [0]);
  t.same(await again.transfer({ address: 0x42, write: [1] }), []);
});
