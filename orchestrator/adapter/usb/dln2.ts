/** Diolan DLN-2: USB to I2C and GPIO (drivers/mfd/dln2.c). SPI and ADC answer that they are not supported. */
import { GpioLines } from '../target/gpio-lines.ts';
import { I2cBus } from '../target/i2c-bus.ts';
import type { UsbAdapterDevice, UsbAdapterModel } from './adapter.ts';
import { type Answer, STALL, success, type UsbDescription, type UsbPort } from './device.ts';
import { Dln2Gpio } from './dln2-gpio.ts';
import { Dln2I2c } from './dln2-i2c.ts';
import {
  type Dln2Header,
  type Dln2Reply,
  done,
  encode,
  failed,
  GENERIC,
  HANDLE_EVENT,
  HEADER_BYTES,
  MODULE,
  u32,
} from './dln2-protocol.ts';

const IN = 0x81;
const OUT = 0x01;

/** What the driver wants to hear of a device's kind (DLN2_HW_ID). */
const HARDWARE_TYPE = 0x200;

/** More than this the driver cuts off, with a warning (DLN2_GPIO_MAX_PINS). */
const PIN_COUNT = 32;

/** What a DLN-2 may be made with. */
export interface Dln2Options {
  /** The firmware has a number: that of its decimal digits. */
  readonly serialNumber?: string;
  readonly pinCount?: number;
}

/**
 * A DLN-2. A command is taken at once and its response is sent when it is done, so that a target that holds the clock
 * delays I2C alone.
 */
export class Dln2 implements UsbAdapterDevice {
  readonly description: UsbDescription;
  readonly i2c = new I2cBus();
  readonly lines: GpioLines;
  readonly #gpioModule: Dln2Gpio;
  readonly #i2cModule = new Dln2I2c(this.i2c);
  readonly #serialNumber: number;
  #port: UsbPort | undefined;

  constructor({ serialNumber = '1000257', pinCount = PIN_COUNT }: Dln2Options = {}) {
    this.#serialNumber = Number(serialNumber.replaceAll(/\D/g, '').slice(-9));
    this.lines = new GpioLines(pinCount);
    this.#gpioModule = new Dln2Gpio(this.lines, (id, data) => {
      this.#port?.send(IN, encode({ id, echo: 0, handle: HANDLE_EVENT }, data));
    });
    this.description = {
      speed: 'full',
      usbVersion: 0x0200,
      vendorId: 0xa257,
      productId: 0x2013,
      deviceVersion: 0x0100,
      class: 0xff,
      subclass: 0,
      protocol: 0,
      maxPacketBytes0: 64,
      manufacturer: 'Diolan',
      product: 'DLN-2',
      serialNumber,
      maxPowerMilliampere: 100,
      interfaces: [
        {
          class: 0xff,
          subclass: 0,
          protocol: 0,
          endpoints: [
            { address: IN, type: 'bulk', maxPacketBytes: 64, interval: 0 },
            { address: OUT, type: 'bulk', maxPacketBytes: 64, interval: 0 },
          ],
        },
      ],
    };
  }

  attach(port: UsbPort): void {
    this.#gpioModule.reset();
    this.#i2cModule.reset();
    this.#port = port;
  }

  detach(): void {
    this.#port = undefined;
  }

  control(): Answer {
    return STALL;
  }

  write(_endpoint: number, data: Uint8Array): Answer {
    // Without a header there is nobody to answer to.
    if (data.length < HEADER_BYTES) return success();
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const header: Dln2Header = {
      id: view.getUint16(2, true),
      echo: view.getUint16(4, true),
      handle: view.getUint16(6, true),
    };
    const port = this.#port;
    const respond = ({ result, data = new Uint8Array() }: Dln2Reply): void => {
      if (port === this.#port) port?.send(IN, encode(header, data, result));
    };
    const body = data.slice(HEADER_BYTES);
    if (view.getUint16(0, true) !== data.length) respond(failed('invalidMessageSize'));
    else if (header.id >> 8 === MODULE.i2c) void this.#i2cModule.handle(header.id, body).then(respond);
    else if (header.id >> 8 === MODULE.gpio) respond(this.#gpioModule.handle(header.id, body));
    else respond(this.#generic(header.id));
    return success();
  }

  #generic(id: number): Dln2Reply {
    if (id === GENERIC.getDeviceVersion) return done(...u32(HARDWARE_TYPE));
    if (id === GENERIC.getSerialNumber) return done(...u32(this.#serialNumber));
    return failed('notSupported');
  }
}

/**
 * The model. The driver prints its line before it makes the platform devices dln2-gpio, dln2-i2c, dln2-spi and dln2-adc
 * below the interface, in this order. A device whose driver is loaded is probed when it is made, so the directory of
 * dln2-adc tells that the other ones are done; without a driver it stays unbound, and nothing is asked of its module.
 */
export const dln2Model: UsbAdapterModel = {
  name: 'dln2',
  description: `Diolan DLN-2, USB to I2C with ${PIN_COUNT} GPIO lines that send events`,
  requiredSymbols: ['MFD_DLN2', 'GPIO_DLN2', 'I2C_DLN2', 'I2C_CHARDEV', 'GPIO_CDEV'],
  modules: ['mfd-core', 'dln2', 'gpio-dln2', 'i2c-dln2'],
  drivers: [
    { bus: 'usb', name: 'dln2' },
    { bus: 'platform', name: 'dln2-gpio' },
    { bus: 'platform', name: 'dln2-i2c' },
  ],
  readyMark: 'Diolan DLN2 serial ',
  // The last cell: those before it are bound by then, as their drivers are loaded.
  readyFile: { pattern: '*:1.0/dln2-adc.*.auto' },
  offers: ['i2c', 'gpio', 'gpio-events'],
  lineCount: PIN_COUNT,
  create: (options) => new Dln2(options),
};
