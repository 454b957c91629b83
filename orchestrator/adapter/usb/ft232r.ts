/** FTDI FT232R: a UART whose CBUS pins are GPIO (drivers/usb/serial/ftdi_sio.c). */
import { GpioLines } from '../target/gpio-lines.ts';
import type { UsbAdapterDevice, UsbAdapterModel } from './adapter.ts';
import {
  type Answer,
  type ControlSetup,
  STALL,
  success,
  type UsbDescription,
  type UsbPort,
} from './device.ts';
import {
  BITMODE_CBUS,
  CBUS_COUNT,
  CBUS_GPIO,
  EEPROM_CBUS_WORD,
  FROM_DEVICE,
  makeEeprom,
  PACKET_BYTES,
  REQUEST,
  RESET,
  TO_DEVICE,
} from './ft232r-protocol.ts';
import { Ft232rUart } from './ft232r-uart.ts';

const IN = 0x81;
const OUT = 0x02;
const VENDOR_ID = 0x0403;
const PRODUCT_ID = 0x6001;
/** The driver tells an FT232R by it (ftdi_determine_type). */
const DEVICE_VERSION = 0x0600;

/** What an FT232R may be made with. */
export interface Ft232rOptions {
  readonly serialNumber?: string;
  /** What the tty writes comes back. Left out: yes. */
  readonly loopback?: boolean;
  /** Two status bytes go to the host every latency period while the tty is open. Left out: yes, as a real one does. */
  readonly idleStatus?: boolean;
}

/** An FT232R. */
export class Ft232r implements UsbAdapterDevice {
  readonly description: UsbDescription;
  /** CBUS0 to CBUS3. */
  readonly lines = new GpioLines(CBUS_COUNT);
  /** 64 words; it may be changed before the device is plugged. */
  readonly eeprom = makeEeprom(VENDOR_ID, PRODUCT_ID, DEVICE_VERSION);
  readonly #uart: Ft232rUart;
  readonly #loopback: boolean;

  constructor({ serialNumber = 'A50285BI', loopback = true, idleStatus = true }: Ft232rOptions = {}) {
    this.#loopback = loopback;
    this.#uart = new Ft232rUart(IN, idleStatus);
    const product = 'FT232R USB UART';
    this.description = {
      speed: 'full',
      usbVersion: 0x0200,
      vendorId: VENDOR_ID,
      productId: PRODUCT_ID,
      deviceVersion: DEVICE_VERSION,
      class: 0,
      subclass: 0,
      protocol: 0,
      maxPacketBytes0: 8,
      manufacturer: 'FTDI',
      product,
      serialNumber,
      maxPowerMilliampere: 90,
      interfaces: [
        {
          class: 0xff,
          subclass: 0xff,
          protocol: 0xff,
          description: product,
          endpoints: [
            { address: IN, type: 'bulk', maxPacketBytes: PACKET_BYTES, interval: 0 },
            { address: OUT, type: 'bulk', maxPacketBytes: PACKET_BYTES, interval: 0 },
          ],
        },
      ],
    };
  }

  attach(port: UsbPort): void {
    this.#uart.attach(port);
    for (let pin = 0; pin < CBUS_COUNT; pin++) this.lines.setOutput(pin, false);
  }

  detach(): void {
    this.#uart.detach();
  }

  control(setup: ControlSetup): Answer {
    if (setup.requestType === TO_DEVICE) return this.#set(setup);
    if (setup.requestType !== FROM_DEVICE) return STALL;
    const data = this.#get(setup);
    return data === undefined ? STALL : success(Uint8Array.from(data.slice(0, setup.length)));
  }

  write(_endpoint: number, data: Uint8Array): Answer {
    if (this.#loopback) this.receive(data);
    return success();
  }

  /** The peer on the serial line sends this. */
  receive(data: Uint8Array): void {
    this.#uart.receive(data);
  }

  #set({ request, value, index }: ControlSetup): Answer {
    switch (request) {
      case REQUEST.reset:
        if (value === RESET.all) this.#uart.reset();
        else if (value === RESET.receiveBuffer) this.#uart.purge();
        break;
      case REQUEST.modemControl:
        this.#uart.modemControl(value);
        break;
      case REQUEST.setLatency:
        this.#uart.latencyMs = value & 0xff;
        break;
      case REQUEST.setBitmode:
        this.#setBitmode(value >> 8, value & 0xff);
        break;
      case REQUEST.writeEeprom:
        if (index >= this.eeprom.length) return STALL;
        this.eeprom[index] = value;
        break;
      // How the line is driven makes no difference to a peer without a clock.
      case REQUEST.setFlowControl:
      case REQUEST.setBaudRate:
      case REQUEST.setData:
      case REQUEST.setEventCharacter:
      case REQUEST.setErrorCharacter:
        break;
      default:
        return STALL;
    }
    return success();
  }

  #get({ request, index }: ControlSetup): readonly number[] | undefined {
    switch (request) {
      case REQUEST.getModemStatus:
        return this.#uart.status;
      case REQUEST.getLatency:
        return [this.#uart.latencyMs];
      case REQUEST.readPins:
        return [this.lines.levels()];
      case REQUEST.readEeprom: {
        const word = this.eeprom[index];
        return word === undefined ? undefined : [word & 0xff, word >> 8];
      }
      default:
        return undefined;
    }
  }

  /** Directions in the high half of `pins`, levels in the low one. Leaving the mode leaves them (ftdi_gpio_remove). */
  #setBitmode(mode: number, pins: number): void {
    if (mode !== BITMODE_CBUS) return;
    const functions = this.eeprom[EEPROM_CBUS_WORD] as number;
    for (let pin = 0; pin < CBUS_COUNT; pin++) {
      if (((functions >> (4 * pin)) & 0xf) !== CBUS_GPIO) continue;
      this.lines.setLevel(pin, (pins >> pin) & 1 ? 1 : 0);
      this.lines.setOutput(pin, ((pins >> (4 + pin)) & 1) === 1);
    }
  }
}

/** The model. usb-serial prints the line when the port's probe is done and the tty is there (usb_serial_device_probe). */
export const ft232rModel: UsbAdapterModel = {
  name: 'ft232r',
  description: `FTDI FT232R, USB to a tty that hears itself, with ${CBUS_COUNT} GPIO lines (CBUS)`,
  requiredSymbols: ['USB_SERIAL', 'USB_SERIAL_FTDI_SIO', 'GPIOLIB', 'GPIO_CDEV'],
  modules: ['usbserial', 'ftdi_sio'],
  drivers: [
    { bus: 'usb', name: 'ftdi_sio' },
    { bus: 'usb-serial', name: 'ftdi_sio' },
  ],
  readyMark: 'FTDI USB Serial Device converter now attached to ttyUSB',
  offers: ['tty', 'gpio'],
  lineCount: CBUS_COUNT,
  create: (options) => new Ft232r(options),
};
