/** The numbers of the usbredir protocol (usbredirproto.h of usbredir 0.7). Tables only. */

/** Status codes by name, in the order of their numbers. */
export const STATUSES = ['success', 'cancelled', 'inval', 'ioerror', 'stall', 'timeout', 'babble'] as const;

/** How a transfer or a control request ended. */
export type WireStatus = (typeof STATUSES)[number];

/** Capability bits of `hello`. */
export const CAPABILITY = {
  bulkStreams: 1 << 0,
  connectDeviceVersion: 1 << 1,
  filter: 1 << 2,
  deviceDisconnectAck: 1 << 3,
  epInfoMaxPacketSize: 1 << 4,
  ids64: 1 << 5,
  bulkLength32: 1 << 6,
  bulkReceiving: 1 << 7,
} as const;

/** What we announce. QEMU refuses a device on xHCI without the last three (hw/usb/redirect.c, usbredir_do_attach). */
export const OWN_CAPABILITIES: number =
  CAPABILITY.connectDeviceVersion |
  CAPABILITY.deviceDisconnectAck |
  CAPABILITY.epInfoMaxPacketSize |
  CAPABILITY.ids64 |
  CAPABILITY.bulkLength32;

/** Packet types by name. */
export const PACKET_NUMBER = {
  hello: 0,
  device_connect: 1,
  device_disconnect: 2,
  reset: 3,
  interface_info: 4,
  ep_info: 5,
  set_configuration: 6,
  get_configuration: 7,
  configuration_status: 8,
  set_alt_setting: 9,
  get_alt_setting: 10,
  alt_setting_status: 11,
  start_iso_stream: 12,
  stop_iso_stream: 13,
  iso_stream_status: 14,
  start_interrupt_receiving: 15,
  stop_interrupt_receiving: 16,
  interrupt_receiving_status: 17,
  alloc_bulk_streams: 18,
  free_bulk_streams: 19,
  bulk_streams_status: 20,
  cancel_data_packet: 21,
  filter_reject: 22,
  filter_filter: 23,
  device_disconnect_ack: 24,
  start_bulk_receiving: 25,
  stop_bulk_receiving: 26,
  bulk_receiving_status: 27,
  control_packet: 100,
  bulk_packet: 101,
  iso_packet: 102,
  interrupt_packet: 103,
  buffered_bulk_packet: 104,
} as const;

export type PacketName = keyof typeof PACKET_NUMBER;

/** Names by number. */
export const PACKET_NAME: ReadonlyMap<number, PacketName> = new Map(
  Object.entries(PACKET_NUMBER).map(([name, number]) => [number, name as PacketName]),
);

/** The greatest bulk transfer that is taken. */
export const MAX_BULK_BYTES: number = 64 * 1024 * 1024;

const MAX_SHORT_BYTES = 0xffff;

/** How a packet that the guest may send is laid out. */
export interface GuestLayout {
  /** Of the header of its type. A bulk packet has two more bytes with 32-bit lengths. */
  readonly headerBytes: number;
  /** What may follow that header. */
  readonly maxDataBytes: number;
}

const noData = (headerBytes: number): GuestLayout => ({ headerBytes, maxDataBytes: 0 });

/** What the guest may send; every other name is the host's alone. */
export const GUEST_LAYOUT = {
  // The data are the words of capabilities; later protocols may have more of them.
  hello: { headerBytes: 64, maxDataBytes: 1024 },
  reset: noData(0),
  set_configuration: noData(1),
  get_configuration: noData(0),
  set_alt_setting: noData(2),
  get_alt_setting: noData(1),
  start_iso_stream: noData(3),
  stop_iso_stream: noData(1),
  start_interrupt_receiving: noData(1),
  stop_interrupt_receiving: noData(1),
  alloc_bulk_streams: noData(8),
  free_bulk_streams: noData(4),
  cancel_data_packet: noData(0),
  filter_reject: noData(0),
  filter_filter: { headerBytes: 0, maxDataBytes: MAX_SHORT_BYTES },
  device_disconnect_ack: noData(0),
  start_bulk_receiving: noData(10),
  stop_bulk_receiving: noData(5),
  control_packet: { headerBytes: 10, maxDataBytes: MAX_SHORT_BYTES },
  bulk_packet: { headerBytes: 8, maxDataBytes: MAX_BULK_BYTES },
  iso_packet: { headerBytes: 4, maxDataBytes: MAX_SHORT_BYTES },
  interrupt_packet: { headerBytes: 4, maxDataBytes: MAX_SHORT_BYTES },
} as const satisfies Partial<Record<PacketName, GuestLayout>>;

export type GuestPacketName = keyof typeof GUEST_LAYOUT;

/** Whether the guest may send a packet of that name. */
export function isGuestPacketName(name: PacketName): name is GuestPacketName {
  return name in GUEST_LAYOUT;
}
