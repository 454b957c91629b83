/** What a USB device model is: data, and what it does when it is asked. It knows neither sockets nor packets. */

/** How a transfer ended, by usbredir's names (usbredirproto.h). `silence`: no answer is ever given. */
export type TransferStatus = 'success' | 'inval' | 'ioerror' | 'stall' | 'timeout' | 'babble';

/** What a device says to a request. `data` only for what the host reads. */
export interface Answer {
  readonly status: TransferStatus;
  readonly data?: Uint8Array;
}

/** The eight bytes that begin a control transfer (USB 2.0 §9.3). */
export interface ControlSetup {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  /** Bytes that the host wants to read, or writes. */
  readonly length: number;
}

export type UsbSpeed = 'low' | 'full' | 'high';
export type EndpointType = 'iso' | 'bulk' | 'interrupt';

/** An endpoint other than 0. */
export interface UsbEndpoint {
  /** With bit 7 set for IN: 0x81. */
  readonly address: number;
  readonly type: EndpointType;
  readonly maxPacketBytes: number;
  /** bInterval: frames for full speed, 2^(n-1) microframes for high speed. */
  readonly interval: number;
}

export interface UsbInterface {
  readonly class: number;
  readonly subclass: number;
  readonly protocol: number;
  readonly description?: string;
  /** HID's own descriptor follows the interface's (HID 1.11 §6.2.1). */
  readonly hidReport?: Uint8Array;
  readonly endpoints: readonly UsbEndpoint[];
}

/** All that a device says of itself; the connection answers every standard request from it. One configuration. */
export interface UsbDescription {
  readonly speed: UsbSpeed;
  readonly usbVersion: number;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly class: number;
  readonly subclass: number;
  readonly protocol: number;
  readonly maxPacketBytes0: number;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  readonly maxPowerMilliampere: number;
  /** Numbered from 0 as they stand. */
  readonly interfaces: readonly UsbInterface[];
}

/** Where a plugged device sends what nobody asked for: input reports, bulk data. */
export interface UsbPort {
  /**
   * Offers one transfer's data on an IN endpoint. It is kept until the host asks for it; what nobody fetches is bounded
   * and the oldest goes first, as in a device's FIFO.
   */
  send(endpoint: number, data: Uint8Array): void;
  /**
   * Whether the host has asked for data on an IN endpoint and got none yet: for what a device says only to who asks.
   * Absent: it is not known.
   */
  waiting?(endpoint: number): boolean;
}

/**
 * A device that can be plugged. One object is one physical device: its state (EEPROM, line levels) outlives a plug.
 * Requests of one endpoint come one after another: the next when the last was answered.
 */
export interface UsbDevice {
  readonly description: UsbDescription;
  /** It is plugged. What was in flight when it was last taken away is forgotten. */
  attach(port: UsbPort): void;
  /** It is gone; `port` must not be used any more. */
  detach(): void;
  /** A class or vendor request, or GET_REPORT and SET_REPORT. `data` is what the host wrote. */
  control(setup: ControlSetup, data: Uint8Array): Answer | Promise<Answer>;
  /** Data for an OUT endpoint. Absent: the device has none, and such a transfer stalls. */
  write?(endpoint: number, data: Uint8Array): Answer | Promise<Answer>;
}

/** Answered, with data if the host reads. */
export function success(data?: Uint8Array): Answer {
  return data === undefined ? { status: 'success' } : { status: 'success', data };
}

/** What a device says to a request that it does not know (USB 2.0 §9.2.7). */
export const STALL: Answer = { status: 'stall' };
