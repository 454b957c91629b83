/** HID's class requests (HID 1.11 §7.2). */

/** bRequest. */
export const HID_REQUEST = { getReport: 0x01, setReport: 0x09, setIdle: 0x0a, setProtocol: 0x0b } as const;

/** bmRequestType: from and to an interface. */
export const HID_FROM_INTERFACE = 0xa1;
export const HID_TO_INTERFACE = 0x21;

/** Report types, in the high byte of wValue. */
export const HID_REPORT_TYPE = { output: 2, feature: 3 } as const;
