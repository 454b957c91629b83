/** The control requests that are answered from the description, and the little state that they have. */
import type { Answer, ControlSetup, UsbDescription } from '../usb/device.ts';
import { STALL, success } from '../usb/device.ts';
import { HID_REQUEST, HID_TO_INTERFACE } from '../usb/hid.ts';
import { findEndpoint } from './announce.ts';
import {
  CONFIGURATION_VALUE,
  configurationDescriptor,
  DESCRIPTOR,
  deviceDescriptor,
  deviceQualifier,
  hidDescriptor,
  isHid,
  LANGUAGE,
  otherSpeedConfiguration,
  stringDescriptor,
} from './descriptors.ts';

/** bRequest of the standard requests (USB 2.0 table 9-4). */
const REQUEST = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  getDescriptor: 6,
  getConfiguration: 8,
  getInterface: 10,
} as const;

const ENDPOINT_HALT = 0;
const TYPE_MASK = 0x60;

/**
 * The part of a device that every device has. A new one is configured: that is what `ep_info` announces before the guest
 * has chosen anything.
 */
export class StandardRequests {
  readonly #description: UsbDescription;
  readonly #halted = new Set<number>();
  #configuration = CONFIGURATION_VALUE;

  constructor(description: UsbDescription) {
    this.#description = description;
  }

  /** 0: not configured, there are no endpoints but 0. */
  get configuration(): number {
    return this.#configuration;
  }

  /** SET_CONFIGURATION. @returns false when there is no such configuration: nothing has changed then */
  configure(value: number): boolean {
    if (value !== 0 && value !== CONFIGURATION_VALUE) return false;
    this.#configuration = value;
    this.#halted.clear();
    return true;
  }

  /** SET_INTERFACE. @returns false when there is no such setting; there is none but 0 */
  chooseSetting(number: number, alt: number): boolean {
    const one = this.#configuration === 0 ? undefined : this.#description.interfaces[number];
    if (one === undefined || alt !== 0) return false;
    for (const { address } of one.endpoints) this.#halted.delete(address);
    return true;
  }

  /** Bus reset: endpoints work again. The configuration is restored, as libusb_reset_device does it for a real one. */
  reset(): void {
    this.configure(CONFIGURATION_VALUE);
  }

  /** Whether the guest has halted an endpoint: all transfers stall. */
  isHalted(address: number): boolean {
    return this.#halted.has(address);
  }

  /** Whether this answers a request; every other goes to the device model. */
  knows({ requestType, request, index }: ControlSetup): boolean {
    if ((requestType & TYPE_MASK) === 0) return true;
    return (
      requestType === HID_TO_INTERFACE &&
      (request === HID_REQUEST.setIdle || request === HID_REQUEST.setProtocol) &&
      isHid(this.#description.interfaces[index & 0xff])
    );
  }

  /** Answers a request that this {@link knows}; what makes no sense stalls (USB 2.0 §9.2.7). Data may be too long. */
  answer(setup: ControlSetup): Answer {
    if ((setup.requestType & TYPE_MASK) !== 0) return success();
    const recipient = setup.requestType & 0x1f;
    const isIn = (setup.requestType & 0x80) !== 0;
    switch (setup.request) {
      case REQUEST.getDescriptor:
        return isIn ? said(this.#descriptor(recipient, setup)) : STALL;
      case REQUEST.getStatus:
        return isIn ? said(this.#status(recipient, setup.index)) : STALL;
      case REQUEST.getConfiguration:
        return isIn && recipient === 0 ? success(Buffer.of(this.#configuration)) : STALL;
      case REQUEST.getInterface:
        return isIn && recipient === 1 && this.#interface(setup.index) ? success(Buffer.of(0)) : STALL;
      case REQUEST.clearFeature:
      case REQUEST.setFeature:
        return isIn ? STALL : this.#feature(recipient, setup);
      default:
        return STALL;
    }
  }

  #descriptor(recipient: number, { value, index }: ControlSetup): Buffer | undefined {
    const type = value >> 8;
    const place = value & 0xff;
    if (recipient === 1) {
      const one = this.#interface(index);
      if (one === undefined || place !== 0) return undefined;
      if (type === DESCRIPTOR.hid) return hidDescriptor(one);
      return type === DESCRIPTOR.hidReport && one.hidReport !== undefined
        ? Buffer.from(one.hidReport)
        : undefined;
    }
    if (recipient !== 0) return undefined;
    if (type === DESCRIPTOR.string)
      return place === 0 || index === LANGUAGE ? stringDescriptor(this.#description, place) : undefined;
    if (place !== 0) return undefined;
    switch (type) {
      case DESCRIPTOR.device:
        return deviceDescriptor(this.#description);
      case DESCRIPTOR.configuration:
        return configurationDescriptor(this.#description);
      case DESCRIPTOR.deviceQualifier:
        return deviceQualifier(this.#description);
      case DESCRIPTOR.otherSpeedConfiguration:
        return otherSpeedConfiguration(this.#description);
      default:
        return undefined;
    }
  }

  #status(recipient: number, index: number): Buffer | undefined {
    if (recipient === 0) return Buffer.of(0, 0);
    if (recipient === 1) return this.#interface(index) && Buffer.of(0, 0);
    return recipient === 2 && this.#hasEndpoint(index)
      ? Buffer.of(this.#halted.has(index) ? 1 : 0, 0)
      : undefined;
  }

  #feature(recipient: number, { request, value, index }: ControlSetup): Answer {
    // Of a device there is remote wake-up only, which none of ours announces.
    if (recipient !== 2 || value !== ENDPOINT_HALT || !this.#hasEndpoint(index)) return STALL;
    if (request === REQUEST.clearFeature) this.#halted.delete(index);
    else if ((index & 0x0f) !== 0) this.#halted.add(index);
    return success();
  }

  #interface(index: number): UsbDescription['interfaces'][number] | undefined {
    return this.#configuration === 0 ? undefined : this.#description.interfaces[index & 0xff];
  }

  #hasEndpoint(address: number): boolean {
    if ((address & 0x7f) === 0) return true;
    return this.#configuration !== 0 && findEndpoint(this.#description, address) !== undefined;
  }
}

function said(data: Buffer | undefined): Answer {
  return data === undefined ? STALL : success(data);
}
