/** A small device for tests: it has an endpoint of every kind that we serve, and notes what it is asked. */
import {
  type Answer,
  type ControlSetup,
  STALL,
  success,
  type UsbDescription,
  type UsbDevice,
  type UsbPort,
} from '../../usb/device.ts';

/** Bulk 0x01 and 0x81, interrupt 0x02 and 0x82. */
export const TEST_DESCRIPTION: UsbDescription = {
  speed: 'full',
  usbVersion: 0x0200,
  vendorId: 0x1209,
  productId: 0xabcd,
  deviceVersion: 0x0123,
  class: 0,
  subclass: 0,
  protocol: 0,
  maxPacketBytes0: 64,
  manufacturer: 'unplug',
  product: 'test device',
  serialNumber: 'A1',
  maxPowerMilliampere: 100,
  interfaces: [
    {
      class: 0xff,
      subclass: 1,
      protocol: 2,
      endpoints: [
        { address: 0x01, type: 'bulk', maxPacketBytes: 64, interval: 0 },
        { address: 0x81, type: 'bulk', maxPacketBytes: 64, interval: 0 },
      ],
    },
    {
      class: 3,
      subclass: 0,
      protocol: 0,
      description: 'input',
      hidReport: Buffer.from('0600ff0901a101c0', 'hex'),
      endpoints: [
        { address: 0x02, type: 'interrupt', maxPacketBytes: 64, interval: 10 },
        { address: 0x82, type: 'interrupt', maxPacketBytes: 64, interval: 10 },
      ],
    },
  ],
};

/** Vendor requests: 1 echoes value and index, 2 throws, 3 rejects, 4 answers when `answerHeld` is called. */
export class TestDevice implements UsbDevice {
  readonly description: UsbDescription;
  /** `attach`, `detach`, `control 1`, `write 1 beef`. */
  readonly calls: string[] = [];
  port: UsbPort | undefined;
  #held: (() => void)[] = [];
  /** Writes are answered by `answerHeld`. */
  holdsWrites = false;

  constructor(description: UsbDescription = TEST_DESCRIPTION) {
    this.description = description;
  }

  attach(port: UsbPort): void {
    this.calls.push('attach');
    this.port = port;
  }

  detach(): void {
    this.calls.push('detach');
    this.port = undefined;
  }

  control({ request, value, index, requestType }: ControlSetup, data: Uint8Array): Answer | Promise<Answer> {
    this.calls.push(`control ${request}`);
    switch (request) {
      case 1:
        return (requestType & 0x80) === 0
          ? success()
          : success(Buffer.of(value & 0xff, value >> 8, index & 0xff, index >> 8));
      case 2:
        throw new Error('it broke');
      case 3:
        return Promise.reject(new Error('it broke later'));
      case 4:
        return this.#hold(success((requestType & 0x80) === 0 ? undefined : Buffer.of(4)));
      case 5:
        return success(data);
      default:
        return STALL;
    }
  }

  write(endpoint: number, data: Uint8Array): Answer | Promise<Answer> {
    this.calls.push(`write ${endpoint} ${Buffer.from(data).toString('hex')}`);
    return this.holdsWrites ? this.#hold(success()) : success();
  }

  /** Gives the answers that were held, oldest first; @param count how many of them */
  answerHeld(count: number = Number.POSITIVE_INFINITY): void {
    for (const give of this.#held.splice(0, count)) give();
  }

  #hold(answer: Answer): Promise<Answer> {
    return new Promise((resolve) => this.#held.push(() => resolve(answer)));
  }
}
