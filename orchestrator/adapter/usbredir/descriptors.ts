/** What a device says of itself in bytes (USB 2.0 §9.6, HID 1.11 §6.2.1), made from its description. Pure. */
import type { UsbDescription, UsbEndpoint, UsbInterface } from '../usb/device.ts';

/** Descriptor types (USB 2.0 table 9-5, HID 1.11 §7.1). */
export const DESCRIPTOR = {
  device: 1,
  configuration: 2,
  string: 3,
  interface: 4,
  endpoint: 5,
  deviceQualifier: 6,
  otherSpeedConfiguration: 7,
  hid: 0x21,
  hidReport: 0x22,
} as const;

/** bConfigurationValue of the only configuration. */
export const CONFIGURATION_VALUE = 1;

/** English (United States), the only language. */
export const LANGUAGE = 0x0409;

const BUS_POWERED = 0x80;
const CLASS_HID = 3;
const HID_VERSION = 0x0111;
const ENDPOINT_TYPES = ['control', 'iso', 'bulk', 'interrupt'] as const;
/** bLength is a byte. */
const MAX_STRING_UNITS = 126;
/** At full speed no bulk or interrupt packet is longer (USB 2.0 §5.7.3, §5.8.3). */
const MAX_FULL_SPEED_BYTES = 64;

/** Whether HID requests to an interface mean something. */
export function isHid(one: UsbInterface | undefined): boolean {
  return one !== undefined && (one.class === CLASS_HID || one.hidReport !== undefined);
}

/** The device descriptor, 18 bytes. */
export function deviceDescriptor(description: UsbDescription): Buffer {
  const { manufacturer, product, serialNumber } = description;
  return Buffer.of(
    18,
    DESCRIPTOR.device,
    ...short(description.usbVersion),
    description.class,
    description.subclass,
    description.protocol,
    description.maxPacketBytes0,
    ...short(description.vendorId),
    ...short(description.productId),
    ...short(description.deviceVersion),
    stringIndex(description, manufacturer),
    stringIndex(description, product),
    stringIndex(description, serialNumber),
    1,
  );
}

/** What would be different at the other speed; undefined for a device that knows one speed only (USB 2.0 §9.6.2). */
export function deviceQualifier(description: UsbDescription): Buffer | undefined {
  if (description.speed !== 'high') return undefined;
  return Buffer.of(
    10,
    DESCRIPTOR.deviceQualifier,
    ...short(description.usbVersion),
    description.class,
    description.subclass,
    description.protocol,
    description.maxPacketBytes0,
    1,
    0,
  );
}

/** The configuration with all that belongs to it. */
export function configurationDescriptor(description: UsbDescription): Buffer {
  return configuration(description, DESCRIPTOR.configuration);
}

/** The configuration at full speed of a device that runs at high speed; undefined for all others. */
export function otherSpeedConfiguration(description: UsbDescription): Buffer | undefined {
  if (description.speed !== 'high') return undefined;
  const slower = (endpoint: UsbEndpoint): UsbEndpoint => ({
    ...endpoint,
    maxPacketBytes: Math.min(endpoint.maxPacketBytes, MAX_FULL_SPEED_BYTES),
  });
  const interfaces = description.interfaces.map((one) => ({ ...one, endpoints: one.endpoints.map(slower) }));
  return configuration({ ...description, interfaces }, DESCRIPTOR.otherSpeedConfiguration);
}

/**
 * A string descriptor; index 0 has the languages. What is longer than a descriptor holds is cut.
 * @returns undefined when the device has no such string
 */
export function stringDescriptor(description: UsbDescription, index: number): Buffer | undefined {
  if (index === 0) return Buffer.of(4, DESCRIPTOR.string, ...short(LANGUAGE));
  const text = strings(description)[index - 1];
  if (text === undefined) return undefined;
  const units = Buffer.from(text.slice(0, MAX_STRING_UNITS), 'utf16le');
  return Buffer.concat([Buffer.of(2 + units.length, DESCRIPTOR.string), units]);
}

/** The descriptor that HID puts behind that of the interface; undefined when the interface has no report. */
export function hidDescriptor({ hidReport }: UsbInterface): Buffer | undefined {
  if (hidReport === undefined) return undefined;
  return Buffer.of(
    9,
    DESCRIPTOR.hid,
    ...short(HID_VERSION),
    0,
    1,
    DESCRIPTOR.hidReport,
    ...short(hidReport.length),
  );
}

function configuration(description: UsbDescription, type: number): Buffer {
  const rest = Buffer.concat(
    description.interfaces.flatMap((one, number) => [
      interfaceDescriptor(description, one, number),
      hidDescriptor(one) ?? Buffer.alloc(0),
      ...one.endpoints.map(endpointDescriptor),
    ]),
  );
  const head = Buffer.of(
    9,
    type,
    ...short(9 + rest.length),
    description.interfaces.length,
    CONFIGURATION_VALUE,
    0,
    BUS_POWERED,
    // In units of 2 mA.
    Math.ceil(description.maxPowerMilliampere / 2),
  );
  return Buffer.concat([head, rest]);
}

function interfaceDescriptor(description: UsbDescription, one: UsbInterface, number: number): Buffer {
  return Buffer.of(
    9,
    DESCRIPTOR.interface,
    number,
    0,
    one.endpoints.length,
    one.class,
    one.subclass,
    one.protocol,
    stringIndex(description, one.description),
  );
}

function endpointDescriptor({ address, type, maxPacketBytes, interval }: UsbEndpoint): Buffer {
  return Buffer.of(
    7,
    DESCRIPTOR.endpoint,
    address,
    ENDPOINT_TYPES.indexOf(type),
    ...short(maxPacketBytes),
    interval,
  );
}

/** The strings that there are, each once; the first has index 1. */
function strings({ manufacturer, product, serialNumber, interfaces }: UsbDescription): readonly string[] {
  const all = [manufacturer, product, serialNumber, ...interfaces.map(({ description }) => description)];
  return [...new Set(all.filter((text) => text !== undefined))];
}

/** 0: there is none. */
function stringIndex(description: UsbDescription, text: string | undefined): number {
  return text === undefined ? 0 : strings(description).indexOf(text) + 1;
}

function short(value: number): readonly [number, number] {
  return [value & 0xff, value >> 8];
}
