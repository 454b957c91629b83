/** MCP2221A: USB to I2C and GPIO by HID reports (drivers/hid/hid-mcp2221.c). Its UART is left out: the driver has none. */
import { GpioLines } from '../target/gpio-lines.ts';
import { I2cBus } from '../target/i2c-bus.ts';
import type { UsbAdapterDevice, UsbAdapterModel } from './adapter.ts';
import {
  type Answer,
  type ControlSetup,
  STALL,
  success,
  type UsbDescription,
  type UsbPort,
} from './device.ts';
import { HID_REQUEST, HID_TO_INTERFACE } from './hid.ts';
import { type I2cCommand, Mcp2221I2cEngine } from './mcp2221-i2c.ts';
import {
  CANCEL_ANSWER,
  CODE,
  COMMAND,
  GP_SETTING,
  NOT_GPIO,
  PIN_COUNT,
  REPORT_BYTES,
  REPORT_DESCRIPTOR,
  SPEED_ANSWER,
  STATUS_NAK,
  STATUS_REQUEST,
} from './mcp2221-protocol.ts';

const IN = 0x81;
const OUT = 0x01;
const MANUFACTURER = 'Microchip Technology Inc.';
const PRODUCT = 'MCP2221 USB-I2C/UART Combo';

/** What an MCP2221 may be made with. */
export interface Mcp2221Options {
  readonly serialNumber?: string;
  /**
   * Settings of GP0 to GP3 in flash. Left out: four GPIO inputs, so that all of a gpiochip works. A chip from the
   * factory has LEDs and the like on them; then 6.12 says ENOENT, and 7.2 makes them GPIO in probe
   * (mcp2221_check_gpio_pinfunc).
   */
  readonly pinSettings?: readonly [number, number, number, number];
}

/** An MCP2221. */
export class Mcp2221 implements UsbAdapterDevice {
  readonly description: UsbDescription;
  readonly i2c = new I2cBus();
  readonly lines = new GpioLines(PIN_COUNT);
  readonly #engine = new Mcp2221I2cEngine(this.i2c);
  readonly #flash: readonly number[];
  #settings: number[] = [];
  #clockDivider = 0;
  #dacByte = 0;
  #port: UsbPort | undefined;

  constructor({ serialNumber = '0002137201', pinSettings }: Mcp2221Options = {}) {
    this.#flash = pinSettings ?? Array.from({ length: PIN_COUNT }, () => GP_SETTING.input);
    const endpoint = { type: 'interrupt', maxPacketBytes: REPORT_BYTES, interval: 1 } as const;
    this.description = {
      speed: 'full',
      usbVersion: 0x0200,
      vendorId: 0x04d8,
      productId: 0x00dd,
      deviceVersion: 0x0100,
      class: 0,
      subclass: 0,
      protocol: 0,
      maxPacketBytes0: 64,
      manufacturer: MANUFACTURER,
      product: PRODUCT,
      serialNumber,
      maxPowerMilliampere: 100,
      interfaces: [
        {
          class: 3,
          subclass: 0,
          protocol: 0,
          hidReport: REPORT_DESCRIPTOR,
          endpoints: [
            { address: IN, ...endpoint },
            { address: OUT, ...endpoint },
          ],
        },
      ],
    };
    this.#loadSettings(this.#flash);
  }

  attach(port: UsbPort): void {
    this.#port = port;
    this.#engine.cancel();
    this.#loadSettings(this.#flash);
  }

  detach(): void {
    this.#port = undefined;
    this.#engine.cancel();
  }

  control({ requestType, request }: ControlSetup, data: Uint8Array): Answer {
    if (requestType !== HID_TO_INTERFACE || request !== HID_REQUEST.setReport) return STALL;
    this.#handle(data);
    return success();
  }

  /** Reports come as long as the driver made them: it does not fill them up to 64 bytes. */
  write(_endpoint: number, data: Uint8Array): Answer {
    this.#handle(data);
    return success();
  }

  #handle(short: Uint8Array): void {
    const report = new Uint8Array(REPORT_BYTES);
    report.set(short.subarray(0, REPORT_BYTES));
    const answer = new Uint8Array(REPORT_BYTES);
    answer[0] = report[0] as number;
    this.#answer(report, answer);
    this.#port?.send(IN, answer);
  }

  #answer(report: Uint8Array, answer: Uint8Array): void {
    const [command = 0, low = 0, high = 0, shiftedAddress = 0] = report;
    const i2c: I2cCommand = { lengthBytes: low + (high << 8), address: shiftedAddress >> 1 };
    switch (command) {
      case COMMAND.status:
        this.#status(report, answer);
        return;
      case COMMAND.i2cWrite:
      case COMMAND.i2cWriteNoStop: {
        const taken = this.#engine.write(i2c, report.subarray(4), command === COMMAND.i2cWrite);
        this.#acceptance(taken, answer);
        return;
      }
      case COMMAND.i2cRead:
      case COMMAND.i2cReadRepeatedStart:
        this.#acceptance(this.#engine.read(i2c, command === COMMAND.i2cReadRepeatedStart), answer);
        return;
      case COMMAND.getI2cData: {
        const { code, state, lengthBytes, data } = this.#engine.takeData();
        answer.set([code, state, lengthBytes], 1);
        answer.set(data, 4);
        return;
      }
      case COMMAND.setGpio:
        this.#setGpio(report, answer);
        return;
      case COMMAND.getGpio:
        this.#eachPin((pin, gpio) => {
          answer.set(
            gpio
              ? [this.lines.level(pin), this.lines.isOutput(pin) ? 0 : 1]
              : [NOT_GPIO.level, NOT_GPIO.direction],
            2 + 2 * pin,
          );
        });
        return;
      case COMMAND.setSram:
        if ((report[4] as number) & 0x80) this.#dacByte = (report[4] as number) & 0x1f;
        // Bit 7: the settings that follow are meant.
        if ((report[7] as number) & 0x80) this.#loadSettings([...report.subarray(8, 8 + PIN_COUNT)]);
        return;
      case COMMAND.getSram:
        this.#chipSettings(answer);
        answer.set(this.#settings, 22);
        return;
      case COMMAND.readFlash:
        // Sub-command 0 is all that the driver reads, and only with IIO.
        if (low === 0) this.#chipSettings(answer);
        else answer[1] = CODE.refused;
        return;
      default:
        answer[1] = CODE.refused;
    }
  }

  #acceptance(taken: boolean, answer: Uint8Array): void {
    answer[1] = taken ? CODE.success : CODE.refused;
    answer[2] = taken ? 0 : this.#engine.state;
  }

  #status(report: Uint8Array, answer: Uint8Array): void {
    const engine = this.#engine;
    if (report[2] === STATUS_REQUEST.cancel)
      answer[2] = engine.cancel() ? CANCEL_ANSWER.marked : CANCEL_ANSWER.wasIdle;
    if (report[3] === STATUS_REQUEST.setSpeed) {
      answer[3] = engine.running ? SPEED_ANSWER.refused : SPEED_ANSWER.set;
      if (!engine.running) this.#clockDivider = report[4] as number;
      answer[4] = this.#clockDivider;
    }
    const view = new DataView(answer.buffer);
    answer[8] = engine.state;
    view.setUint16(9, engine.command.lengthBytes, true);
    view.setUint16(11, engine.transferredBytes, true);
    answer[14] = this.#clockDivider;
    view.setUint16(16, engine.command.address << 1, true);
    if (engine.notAcknowledged) answer[20] = STATUS_NAK;
    // SCL and SDA are high unless somebody holds the clock.
    answer.set([engine.running ? 0 : 1, 1], 22);
    // Hardware revision A6, firmware 1.2.
    answer.set(Buffer.from('A612'), 46);
  }

  #setGpio(report: Uint8Array, answer: Uint8Array): void {
    this.#eachPin((pin, gpio) => {
      const at = 2 + 4 * pin;
      const [changeLevel, level, changeDirection, direction] = report.subarray(at, at + 4);
      if (!gpio) {
        answer.fill(NOT_GPIO.level, at, at + 4);
        return;
      }
      answer.set(report.subarray(at, at + 4), at);
      if (changeLevel) this.lines.setLevel(pin, level ? 1 : 0);
      if (changeDirection) this.lines.setOutput(pin, direction === 0);
    });
  }

  #eachPin(visit: (pin: number, gpio: boolean) => void): void {
    for (const [pin, setting] of this.#settings.entries()) visit(pin, (setting & GP_SETTING.function) === 0);
  }

  /** Chip settings as flash and SRAM answer them; what no driver reads is zero. */
  #chipSettings(answer: Uint8Array): void {
    answer.set([18, PIN_COUNT], 2);
    answer[6] = this.#dacByte;
    new DataView(answer.buffer).setUint16(8, this.description.vendorId, true);
    new DataView(answer.buffer).setUint16(10, this.description.productId, true);
  }

  #loadSettings(settings: readonly number[]): void {
    this.#settings = [...settings];
    this.#eachPin((pin, gpio) => {
      const setting = settings[pin] as number;
      this.lines.setLevel(pin, setting & GP_SETTING.high ? 1 : 0);
      this.lines.setOutput(pin, gpio && (setting & GP_SETTING.input) === 0);
    });
  }
}

/**
 * The model. The driver prints one line, early in probe, before it sets the speed and adds the adapter and the chip; the
 * gpiochip's directory below the HID device comes last. It passes no connect mask to hid_hw_start, so there is no hidraw.
 */
export const mcp2221Model: UsbAdapterModel = {
  name: 'mcp2221',
  description: 'Microchip MCP2221A, USB to I2C with 4 GPIO lines, by HID reports',
  requiredSymbols: ['USB_HID', 'HID_MCP2221', 'I2C_CHARDEV', 'GPIOLIB', 'GPIO_CDEV'],
  // It offers its converters through IIO where the kernel has that (drivers/hid/Kconfig: imply IIO).
  modules: ['industrialio', 'hid-mcp2221'],
  drivers: [{ bus: 'hid', name: 'mcp2221' }],
  readyMark: `Device [${MANUFACTURER} ${PRODUCT}] on `,
  readyFile: { pattern: '*:1.0/0003:04D8:00DD.*/gpiochip[0-9]*' },
  offers: ['i2c', 'gpio'],
  lineCount: PIN_COUNT,
  create: (options) => new Mcp2221(options),
};
