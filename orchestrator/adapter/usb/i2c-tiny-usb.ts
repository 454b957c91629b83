/** i2c-tiny-usb: I2C by vendor requests on endpoint 0, and nothing else (drivers/i2c/busses/i2c-tiny-usb.c). */
import { I2cBus } from '../target/i2c-bus.ts';
import type { UsbAdapterDevice, UsbAdapterModel } from './adapter.ts';
import { type Answer, type ControlSetup, STALL, success, type UsbDescription } from './device.ts';

/** bRequest; a message is 4, with its two low bits as flags. Whether a START is a repeated one, the bus knows itself. */
const ECHO = 0;
const GET_FUNCTIONALITY = 1;
const SET_DELAY = 2;
const GET_STATUS = 3;
const MESSAGE = 4;
const MESSAGE_BEGIN = 1;
const MESSAGE_END = 2;

/** wValue of a message is the flags of struct i2c_msg (include/uapi/linux/i2c.h). */
const I2C_M_RD = 1;

const STATUS_IDLE = 0;
const STATUS_ACKNOWLEDGED = 1;
const STATUS_NOT_ACKNOWLEDGED = 2;

/** I2C_FUNC_I2C and I2C_FUNC_SMBUS_EMUL (include/uapi/linux/i2c.h). */
const FUNCTIONALITY = 0x0eff_0009;

/**
 * How long the firmware lets a target hold the clock: longer than the driver waits for a control transfer (2 s, as in
 * usb_read()), so that the driver sees its time-out, and not for ever, so that the adapter is usable again.
 */
const CLOCK_LIMIT_MS = 3000;

const REQUEST_TYPE_MASK = 0x60;
const REQUEST_TYPE_VENDOR = 0x40;

/**
 * The real one has low speed; full speed is what QEMU's xhci surely takes, and the driver does not ask.
 */
const DESCRIPTION: UsbDescription = {
  speed: 'full',
  usbVersion: 0x0110,
  vendorId: 0x0403,
  productId: 0xc631,
  deviceVersion: 0x0205,
  class: 0xff,
  subclass: 0,
  protocol: 0,
  maxPacketBytes0: 8,
  manufacturer: 'Till Harbaum',
  product: 'i2c-tiny-usb',
  maxPowerMilliampere: 10,
  interfaces: [{ class: 0xff, subclass: 0, protocol: 0, endpoints: [] }],
};

/**
 * The device. What the driver makes of it (usb_xfer()): an address or a byte that is not acknowledged is ENXIO; a clock
 * that is held for more than 2 s, a stall, or an answer of the wrong length is EIO. A read of no bytes never gets here:
 * the I2C core refuses it with EOPNOTSUPP (I2C_AQ_NO_ZERO_LEN_READ).
 */
class I2cTinyUsb implements UsbAdapterDevice {
  readonly description: UsbDescription;
  readonly i2c = new I2cBus();
  #status = STATUS_IDLE;

  constructor(serialNumber: string | undefined) {
    this.description = serialNumber === undefined ? DESCRIPTION : { ...DESCRIPTION, serialNumber };
  }

  attach(): void {
    this.#status = STATUS_IDLE;
  }

  detach(): void {
    this.i2c.stop();
  }

  control(setup: ControlSetup, data: Uint8Array): Answer | Promise<Answer> {
    if ((setup.requestType & REQUEST_TYPE_MASK) !== REQUEST_TYPE_VENDOR) return STALL;
    switch (setup.request) {
      case ECHO:
        return answer(setup, [setup.value & 0xff, setup.value >> 8]);
      case GET_FUNCTIONALITY:
        return answer(
          setup,
          [0, 8, 16, 24].map((shift) => (FUNCTIONALITY >> shift) & 0xff),
        );
      case SET_DELAY:
        // The bit time in microseconds: a bus without wires has none.
        return success();
      case GET_STATUS:
        return answer(setup, [this.#status]);
    }
    if ((setup.request & ~(MESSAGE_BEGIN | MESSAGE_END)) !== MESSAGE) return STALL;
    return this.#message(setup, data);
  }

  async #message({ request, value, index, length }: ControlSetup, data: Uint8Array): Promise<Answer> {
    const reads = (value & I2C_M_RD) !== 0;
    const result = await this.i2c.transfer(
      {
        address: index,
        content: reads ? { readBytes: length } : { write: data },
        stop: (request & MESSAGE_END) !== 0,
      },
      CLOCK_LIMIT_MS,
    );
    this.#status = result.kind === 'done' ? STATUS_ACKNOWLEDGED : STATUS_NOT_ACKNOWLEDGED;
    if (!reads) return success();
    // The driver takes a short answer for EIO and never asks for the status: failed reads are zeros in full length.
    return success(result.kind === 'done' ? result.data : new Uint8Array(length));
  }
}

function answer({ length }: ControlSetup, bytes: readonly number[]): Answer {
  return success(Uint8Array.from(bytes.slice(0, length)));
}

/**
 * The adapter. Its bus is /dev/i2c-N, found as `*:1.0/i2c-N` below the USB device in sysfs. The mark is printed after
 * i2c_add_adapter(), as the last thing of i2c_tiny_usb_probe().
 */
export const i2cTinyUsbModel: UsbAdapterModel = {
  name: 'i2c-tiny-usb',
  description: 'i2c-tiny-usb: I2C by vendor control transfers, one for each message',
  requiredSymbols: ['I2C_TINY_USB', 'I2C_CHARDEV'],
  modules: ['i2c-tiny-usb'],
  drivers: [{ bus: 'usb', name: 'i2c-tiny-usb' }],
  readyMark: 'connected i2c-tiny-usb device',
  offers: ['i2c'],
  // drivers/i2c/busses/i2c-tiny-usb.c usb_read(), usb_write().
  transferLimitMs: 2000,
  lineCount: 0,
  create: ({ serialNumber } = {}) => new I2cTinyUsb(serialNumber),
};
