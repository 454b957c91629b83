/** CP2112: Silicon Laboratories' SMBus bridge with eight GPIO lines, a HID device (drivers/hid/hid-cp2112.c). */
import { I2cBus } from '../target/i2c-bus.ts';
import type { UsbAdapterDevice, UsbAdapterModel } from './adapter.ts';
import { Cp2112Gpio } from './cp2112-gpio.ts';
import { INTERRUPT_REPORT_BYTES, REPORT, REPORTS, reportDescriptor, stringReport } from './cp2112-reports.ts';
import { Cp2112Smbus } from './cp2112-smbus.ts';
import {
  type Answer,
  type ControlSetup,
  STALL,
  success,
  type UsbDescription,
  type UsbPort,
} from './device.ts';
import { HID_FROM_INTERFACE, HID_REPORT_TYPE, HID_REQUEST, HID_TO_INTERFACE } from './hid.ts';

const ENDPOINT_IN = 0x81;
const ENDPOINT_OUT = 0x01;

const PART_NUMBER = 0x0c;
/** From 2 on the driver allows write and read in one transfer (cp2112_i2c_xfer()). */
const DEVICE_VERSION = 3;
/** A bit for each part of the PROM that can still be programmed: none. */
const LOCK_BYTE = 0;

const MANUFACTURER = 'Silicon Laboratories';
const PRODUCT = 'CP2112 HID USB-to-SMBus Bridge';
const MAX_POWER_MILLIAMPERE = 100;
const VENDOR_ID = 0x10c4;
const PRODUCT_ID = 0xea90;
const BUS_POWERED = 0;

function describe(serialNumber: string): UsbDescription {
  return {
    speed: 'full',
    usbVersion: 0x0200,
    vendorId: VENDOR_ID,
    productId: PRODUCT_ID,
    deviceVersion: 0x0100,
    class: 0,
    subclass: 0,
    protocol: 0,
    maxPacketBytes0: 64,
    manufacturer: MANUFACTURER,
    product: PRODUCT,
    serialNumber,
    maxPowerMilliampere: MAX_POWER_MILLIAMPERE,
    interfaces: [
      {
        class: 3,
        subclass: 0,
        protocol: 0,
        hidReport: reportDescriptor(),
        endpoints: [
          { address: ENDPOINT_IN, type: 'interrupt', maxPacketBytes: INTERRUPT_REPORT_BYTES, interval: 1 },
          { address: ENDPOINT_OUT, type: 'interrupt', maxPacketBytes: INTERRUPT_REPORT_BYTES, interval: 1 },
        ],
      },
    ],
  };
}

/**
 * The device. What the driver makes of it (cp2112_raw_event(), cp2112_i2c_xfer(), cp2112_xfer()):
 * - an address that is not acknowledged: tried once more, as the driver configures it, then ETIMEDOUT;
 * - a byte that is not acknowledged: EIO;
 * - a clock that is held: busy, and after ten questions the driver cancels: ETIMEDOUT. So does a status that does not
 *   come within 50 ms, without cancelling;
 * - no data where there should be some, or too much of it: EIO.
 * Without power, when it is not plugged, its pins are inputs. Its PROM is programmed and locked.
 */
class Cp2112 implements UsbAdapterDevice {
  readonly description: UsbDescription;
  readonly i2c = new I2cBus();
  readonly #gpio = new Cp2112Gpio();
  readonly lines = this.#gpio.lines;
  readonly #smbus = new Cp2112Smbus(this.i2c, (report) => this.#port?.send(ENDPOINT_IN, report));
  #port: UsbPort | undefined;

  constructor(serialNumber: string) {
    this.description = describe(serialNumber);
  }

  attach(port: UsbPort): void {
    this.#port = port;
  }

  detach(): void {
    this.#port = undefined;
    this.#smbus.reset();
    this.#gpio.reset();
  }

  control({ requestType, request, value, length }: ControlSetup, data: Uint8Array): Answer {
    const [type, id] = [value >> 8, value & 0xff];
    if (
      requestType === HID_FROM_INTERFACE &&
      request === HID_REQUEST.getReport &&
      type === HID_REPORT_TYPE.feature
    ) {
      const report = this.#feature(id);
      return report === undefined ? STALL : success(report.subarray(0, length));
    }
    if (requestType !== HID_TO_INTERFACE || request !== HID_REQUEST.setReport || data[0] !== id) return STALL;
    if (type === HID_REPORT_TYPE.output) return this.write(ENDPOINT_OUT, data);
    return type === HID_REPORT_TYPE.feature && this.#setFeature(id, data) ? success() : STALL;
  }

  write(_endpoint: number, data: Uint8Array): Answer {
    // An unknown report is lost. A stall would halt the endpoint, and the driver never clears that.
    this.#smbus.take(data);
    return success();
  }

  #feature(id: number): Uint8Array | undefined {
    switch (id) {
      case REPORT.gpioConfig:
        return this.#gpio.configuration;
      case REPORT.gpioGet:
        return this.#gpio.levels;
      case REPORT.versionInfo:
        return Uint8Array.of(id, PART_NUMBER, DEVICE_VERSION);
      case REPORT.smbusConfig:
        return this.#smbus.configuration;
      case REPORT.lockByte:
        return Uint8Array.of(id, LOCK_BYTE);
      case REPORT.usbConfig:
        return this.#usbConfiguration();
      case REPORT.manufacturerString:
        return stringReport(id, MANUFACTURER);
      case REPORT.productString:
        return stringReport(id, PRODUCT);
      case REPORT.serialString:
        return stringReport(id, this.description.serialNumber ?? '');
      default:
        return undefined;
    }
  }

  /** @returns whether there is such a report, and all of it came; a string may be shorter (pstr_store()) */
  #setFeature(id: number, data: Uint8Array): boolean {
    const report = REPORTS.find((known) => known.kind === 'feature' && known.id === id);
    if (report === undefined) return false;
    if (id >= REPORT.lockByte) return true; // Locked: it listens, and changes nothing.
    if (data.length < report.lengthBytes) return false;
    switch (id) {
      case REPORT.gpioConfig:
        this.#gpio.configure(data);
        return true;
      case REPORT.gpioSet:
        this.#gpio.set(data);
        return true;
      case REPORT.smbusConfig:
        this.#smbus.configure(data);
        return true;
      default:
        return false;
    }
  }

  /** Layout as struct cp2112_usb_config_report, little-endian. */
  #usbConfiguration(): Uint8Array {
    const { deviceVersion } = this.description;
    return Uint8Array.of(
      REPORT.usbConfig,
      ...[VENDOR_ID & 0xff, VENDOR_ID >> 8, PRODUCT_ID & 0xff, PRODUCT_ID >> 8],
      ...[MAX_POWER_MILLIAMPERE / 2, BUS_POWERED, deviceVersion >> 8, deviceVersion & 0xff, 0],
    );
  }
}

/**
 * The adapter. Below the HID device, which is `*:1.0/0003:10C4:EA90.*` below the USB device in sysfs, are found
 * `i2c-N` (/dev/i2c-N), `gpiochipN` (/dev/gpiochipN) and `hidraw/hidrawN` (/dev/hidrawN). There is no quick write
 * (cp2112_functionality()). Edges of GPIO lines are seen by polling, every ten jiffies (cp2112_gpio_poll_callback()):
 * one that lasts shorter is lost.
 *
 * The mark comes from the middle of cp2112_probe(), and nothing is printed after it. Its last step makes the attributes
 * read-only that the lock byte tells to be programmed, `serial` the last one (chmod_sysfs_attrs()).
 */
export const cp2112Model: UsbAdapterModel = {
  name: 'cp2112',
  description: 'CP2112: SMBus and eight GPIO lines by HID reports, events by polling',
  requiredSymbols: ['HID_CP2112', 'HIDRAW', 'I2C_CHARDEV', 'GPIO_CDEV'],
  modules: ['hid-cp2112'],
  drivers: [
    { bus: 'hid', name: 'cp2112' },
    { bus: 'usb', name: 'usbhid' },
  ],
  readyMark: 'Part Number: 0x0C',
  readyFile: { pattern: '*:1.0/0003:10C4:EA90.*/serial', mode: '444' },
  offers: ['i2c', 'gpio', 'gpio-events', 'hidraw'],
  lineCount: 8,
  create: ({ serialNumber = '0001' } = {}) => new Cp2112(serialNumber),
};
