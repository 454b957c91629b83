/** The HID reports of a CP2112, and the descriptor that declares them (drivers/hid/hid-cp2112.c; HID 1.11 §6.2.2). */

/** Report ids, by the driver's names without the prefix. */
export const REPORT = {
  gpioConfig: 0x02,
  gpioGet: 0x03,
  gpioSet: 0x04,
  versionInfo: 0x05,
  smbusConfig: 0x06,
  dataReadRequest: 0x10,
  dataWriteReadRequest: 0x11,
  dataReadForceSend: 0x12,
  dataReadResponse: 0x13,
  dataWriteRequest: 0x14,
  transferStatusRequest: 0x15,
  transferStatusResponse: 0x16,
  cancelTransfer: 0x17,
  lockByte: 0x20,
  usbConfig: 0x21,
  manufacturerString: 0x22,
  productString: 0x23,
  serialString: 0x24,
} as const;

/** Which way a report goes; a feature report goes both ways on endpoint 0. */
export type ReportKind = 'feature' | 'input' | 'output';

/** A report as the descriptor declares it. */
export interface Report {
  readonly id: number;
  readonly kind: ReportKind;
  /** With the id. */
  readonly lengthBytes: number;
}

/**
 * Of a report on an interrupt endpoint, whatever is in it. Input reports always have it in full: hid_report_raw_event()
 * takes shorter ones for errors, the driver of 7.2 reads 64 bytes without looking at the length. The driver's output
 * reports end where their contents do.
 */
export const INTERRUPT_REPORT_BYTES = 64;

/** The longest data of a data read response and of a data write request. */
export const CHUNK_BYTES = 61;

/** A string report: id, length, type, and up to 30 UTF-16 units. */
export const STRING_REPORT_BYTES = 63;
export const STRING_UNITS = 30;

function feature(id: number, lengthBytes: number): Report {
  return { id, kind: 'feature', lengthBytes };
}

function interrupt(id: number, kind: 'input' | 'output'): Report {
  return { id, kind, lengthBytes: INTERRUPT_REPORT_BYTES };
}

/** All reports; the lengths of feature reports are what the driver asks for, and compares with what it gets. */
export const REPORTS: readonly Report[] = [
  feature(REPORT.gpioConfig, 5),
  feature(REPORT.gpioGet, 2),
  feature(REPORT.gpioSet, 3),
  feature(REPORT.versionInfo, 3),
  feature(REPORT.smbusConfig, 14),
  interrupt(REPORT.dataReadRequest, 'output'),
  interrupt(REPORT.dataWriteReadRequest, 'output'),
  interrupt(REPORT.dataReadForceSend, 'output'),
  interrupt(REPORT.dataReadResponse, 'input'),
  interrupt(REPORT.dataWriteRequest, 'output'),
  interrupt(REPORT.transferStatusRequest, 'output'),
  interrupt(REPORT.transferStatusResponse, 'input'),
  interrupt(REPORT.cancelTransfer, 'output'),
  feature(REPORT.lockByte, 2),
  feature(REPORT.usbConfig, 10),
  feature(REPORT.manufacturerString, STRING_REPORT_BYTES),
  feature(REPORT.productString, STRING_REPORT_BYTES),
  feature(REPORT.serialString, STRING_REPORT_BYTES),
];

/** Main items, with one byte of data: Data, Variable, Absolute. */
const MAIN_ITEM: Readonly<Record<ReportKind, number>> = { input: 0x81, output: 0x91, feature: 0xb1 };

/** One vendor-defined collection with all reports, as arrays of bytes. */
export function reportDescriptor(): Uint8Array {
  const head = [
    ...[0x06, 0x00, 0xff], // Usage page: vendor-defined
    ...[0x09, 0x01], // Usage
    ...[0xa1, 0x01], // Collection: application
    ...[0x15, 0x00], // Logical minimum
    ...[0x26, 0xff, 0x00], // Logical maximum
    ...[0x75, 0x08], // Report size in bits
  ];
  const reports = REPORTS.flatMap(({ id, kind, lengthBytes }) => [
    ...[0x85, id], // Report id
    ...[0x95, lengthBytes - 1], // Report count
    ...[0x09, 0x01], // Usage
    ...[MAIN_ITEM[kind], 0x02],
  ]);
  return Uint8Array.from([...head, ...reports, 0xc0]);
}

/** A string report; what is too long is cut. */
export function stringReport(id: number, text: string): Uint8Array {
  const units = Buffer.from(text.slice(0, STRING_UNITS), 'utf16le');
  const report = new Uint8Array(STRING_REPORT_BYTES);
  // As a USB string descriptor, which has type 3 (USB 2.0 §9.6.7).
  report.set([id, 2 + units.length, 3]);
  report.set(units, 3);
  return report;
}

/** An input report, filled up with zeros. */
export function inputReport(id: number, bytes: readonly number[]): Uint8Array {
  const report = new Uint8Array(INTERRUPT_REPORT_BYTES);
  report.set([id, ...bytes]);
  return report;
}
