/**
 * Messages of the DLN-2, little endian: size u16, id u16, echo u16, handle u16; then in a response a result u16, then
 * data (drivers/mfd/dln2.c, struct dln2_header and dln2_response). Result codes are Diolan's, dln_results.h.
 */

export const HEADER_BYTES = 8;

/** Handle of what the device sends unasked. Others are the driver's choice and come back in the response. */
export const HANDLE_EVENT = 0;

/** High byte of an id: the part of the firmware that it is meant for. */
export const MODULE = { generic: 0, gpio: 1, spi: 2, i2c: 3, adc: 6 } as const;

export const GENERIC = { getDeviceVersion: 0x0030, getSerialNumber: 0x0031 } as const;

export const GPIO = {
  getPinCount: 0x0101,
  setDebounce: 0x0104,
  getDebounce: 0x0105,
  pinGetValue: 0x010b,
  pinSetOutValue: 0x010c,
  pinGetOutValue: 0x010d,
  conditionMet: 0x010f,
  pinEnable: 0x0110,
  pinDisable: 0x0111,
  pinSetDirection: 0x0113,
  pinGetDirection: 0x0114,
  pinSetEvent: 0x011e,
  pinGetEvent: 0x011f,
} as const;

/** When a pin sends an event. The driver asks for `change` for every edge, and tells rising from falling itself. */
export const GPIO_EVENT = { none: 0, change: 1, high: 2, low: 3 } as const;

export const I2C = {
  getPortCount: 0x0300,
  enable: 0x0301,
  disable: 0x0302,
  isEnabled: 0x0303,
  write: 0x0306,
  read: 0x0307,
} as const;

/** The driver makes EREMOTEIO of all above 0x80 (_dln2_transfer); i2c-dln2 makes EPROTO of a failed write. */
export const RESULT = {
  success: 0x00,
  invalidCommandSize: 0x88,
  invalidMessageSize: 0x8a,
  timeout: 0x8d,
  notSupported: 0x91,
  invalidPort: 0xa8,
  invalidEventType: 0xa9,
  pinNotConnected: 0xaa,
  invalidPin: 0xab,
  invalidEventPeriod: 0xac,
  invalidBufferSize: 0xae,
  disabled: 0xb7,
  i2cAddressFailed: 0xba,
  i2cDataFailed: 0xbb,
  i2cInvalidMemoryAddressLength: 0xbc,
} as const;

/** The header of a message. */
export interface Dln2Header {
  readonly id: number;
  readonly echo: number;
  readonly handle: number;
}

/** What a module answers. */
export interface Dln2Reply {
  readonly result: number;
  readonly data?: Uint8Array;
}

/** Success, with data. */
export function done(...data: readonly number[]): Dln2Reply {
  return { result: RESULT.success, data: Uint8Array.from(data) };
}

/** A reply that says what is wrong. */
export function failed(reason: Exclude<keyof typeof RESULT, 'success'>): Dln2Reply {
  return { result: RESULT[reason] };
}

/** A u16 as two bytes. */
export function u16(value: number): readonly [number, number] {
  return [value & 0xff, value >> 8];
}

/** A u32 as four bytes. */
export function u32(value: number): readonly number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

/** A message of the device: an event, or with `result` a response. */
export function encode({ id, echo, handle }: Dln2Header, data: Uint8Array, result?: number): Uint8Array {
  const body = result === undefined ? data : Uint8Array.of(...u16(result), ...data);
  return Uint8Array.of(...u16(HEADER_BYTES + body.length), ...u16(id), ...u16(echo), ...u16(handle), ...body);
}
