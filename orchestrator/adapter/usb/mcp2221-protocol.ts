/**
 * Numbers of the MCP2221's reports (Microchip DS20005565, §3 "USB commands"; drivers/hid/hid-mcp2221.c). State bytes of
 * the I2C engine that the kernel does not name are as Microchip's own libraries have them.
 */

/** Bytes in a report, either way. */
export const REPORT_BYTES = 64;

/** Bytes of I2C data in one report. */
export const CHUNK_BYTES = 60;

/** Number of pins, GP0 to GP3. */
export const PIN_COUNT = 4;

/** First byte of a report. */
export const COMMAND = {
  status: 0x10,
  getI2cData: 0x40,
  setGpio: 0x50,
  getGpio: 0x51,
  setSram: 0x60,
  getSram: 0x61,
  i2cWrite: 0x90,
  i2cRead: 0x91,
  i2cReadRepeatedStart: 0x93,
  i2cWriteNoStop: 0x94,
  readFlash: 0xb0,
} as const;

/** Second byte of an answer. */
export const CODE = {
  success: 0x00,
  /** The engine is busy, or the command is not known. */
  refused: 0x01,
  /** There is no I2C data to be had. */
  noData: 0x41,
} as const;

/** What the I2C engine is at: byte 8 of a status, byte 2 of an answer to a transfer. */
export const I2C_STATE = {
  idle: 0x00,
  addressNak: 0x25,
  writing: 0x41,
  writeTimeout: 0x44,
  /** The bus is held for a repeated START. */
  writtenWithoutStop: 0x45,
  reading: 0x50,
  readTimeout: 0x52,
  /** More data follows this chunk. */
  readPartial: 0x54,
  readComplete: 0x55,
} as const;

/** Bit of byte 20 of a status: the target did not acknowledge. */
export const STATUS_NAK = 0x40;

/** In place of a length: there is no data. */
export const NO_LENGTH = 127;

/** In the status command: what is asked for beside the status. */
export const STATUS_REQUEST = { cancel: 0x10, setSpeed: 0x20 } as const;

/** In the answer to it: how the cancel went. */
export const CANCEL_ANSWER = { marked: 0x10, wasIdle: 0x11 } as const;
/** In the answer to it: how setting the speed went. */
export const SPEED_ANSWER = { set: 0x20, refused: 0x21 } as const;

/** What GPIO commands answer for a pin that has another function: for its level, and for its direction. */
export const NOT_GPIO = { level: 0xee, direction: 0xef } as const;

/** A GP setting: bits 2 to 0 are the function, 0 being GPIO. */
export const GP_SETTING = { function: 0x07, input: 0x08, high: 0x10 } as const;

/** HID report descriptor: one input and one output report of 64 bytes, without numbers. */
export const REPORT_DESCRIPTOR = Uint8Array.of(
  ...[0x06, 0x00, 0xff], // Usage Page (vendor)
  ...[0x09, 0x01], // Usage
  ...[0xa1, 0x01], // Collection (Application)
  ...[0x15, 0x00, 0x26, 0xff, 0x00], // Logical Minimum 0, Maximum 255
  ...[0x75, 0x08, 0x95, REPORT_BYTES], // Report Size, Count
  ...[0x09, 0x02, 0x81, 0x02], // Usage, Input (Data, Variable, Absolute)
  ...[0x09, 0x03, 0x91, 0x02], // Usage, Output (Data, Variable, Absolute)
  0xc0, // End Collection
);
