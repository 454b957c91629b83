/** Numbers of the FT232R's vendor requests (drivers/usb/serial/ftdi_sio.h), and its EEPROM. */

/** bmRequestType: vendor request to the device, and from it. */
export const TO_DEVICE = 0x40;
export const FROM_DEVICE = 0xc0;

/** bRequest. */
export const REQUEST = {
  reset: 0x00,
  modemControl: 0x01,
  setFlowControl: 0x02,
  setBaudRate: 0x03,
  setData: 0x04,
  getModemStatus: 0x05,
  setEventCharacter: 0x06,
  setErrorCharacter: 0x07,
  setLatency: 0x09,
  getLatency: 0x0a,
  setBitmode: 0x0b,
  readPins: 0x0c,
  readEeprom: 0x90,
  writeEeprom: 0x91,
} as const;

/** wValue of `reset`. */
export const RESET = { all: 0, receiveBuffer: 1, transmitBuffer: 2 } as const;

/** wValue of `modemControl`: levels in the low byte count where the high byte says so. */
export const MODEM_CONTROL = { dtr: 1, rts: 2 } as const;

/** First status byte: bit 0 is always set. */
export const MODEM_STATUS = { always: 0x01, cts: 0x10, dsr: 0x20, carrier: 0x80 } as const;
/** Second status byte: nothing waits to be transmitted. */
export const LINE_STATUS_EMPTY = 0x60;

/** High byte of `setBitmode`: pins are a UART's, or CBUS pins are driven by hand. */
export const BITMODE_CBUS = 0x20;

/** Bytes of a packet, and of the two status bytes that begin each one to the host. */
export const PACKET_BYTES = 64;
export const STATUS_BYTES = 2;

/** Number of CBUS pins that can be driven by hand: CBUS0 to CBUS3. */
export const CBUS_COUNT = 4;

/** Word of the EEPROM that has the functions of CBUS0 to CBUS3, four bits each (ftdi_gpio_init_ft232r: byte 0x14). */
export const EEPROM_CBUS_WORD = 0x0a;
/** The function "driven by hand" (FTDI_FT232R_CBUS_MUX_GPIO). */
export const CBUS_GPIO = 0x0a;

const EEPROM_WORDS = 64;

/**
 * An EEPROM with all CBUS pins to be driven by hand. It has ids, power, pins and checksum as FTDI's tools write them;
 * strings are left out, for the host reads those as descriptors.
 */
export function makeEeprom(vendorId: number, productId: number, deviceVersion: number): Uint16Array {
  const words = new Uint16Array(EEPROM_WORDS);
  // Word 4: bus-powered, 90 mA.
  words.set([0x4000, vendorId, productId, deviceVersion, 0x2da0]);
  words.set([0xaaaa, 0x000a], EEPROM_CBUS_WORD);
  let checksum = 0xaaaa;
  for (const word of words.subarray(0, -1)) {
    const mixed = checksum ^ word;
    checksum = ((mixed << 1) | (mixed >> 15)) & 0xffff;
  }
  words[EEPROM_WORDS - 1] = checksum;
  return words;
}
