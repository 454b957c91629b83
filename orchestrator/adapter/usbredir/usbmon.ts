/** Transfers as usbmon tells them: an event when one is submitted, one when it completes (Documentation/usb/usbmon.rst). */
import type { WireStatus } from './numbers.ts';
import type { GuestPacket, HostPacket } from './packets.ts';

/** Frames with the 64-byte header of the kernel's memory-mapped interface. */
export const LINKTYPE_USB_LINUX_MMAPPED = 220;
/** A frame is cut to this, its header included. */
export const SNAP_BYTES = 65_535;

const HEADER_BYTES = 64;
const BUS = 1;
const DEVICE = 1;
const TRANSFER_TYPE = { interrupt: 1, control: 2, bulk: 3 } as const;
const URB_DIR_IN = 0x200;
/** Our own ids for what has none, far from any that QEMU chooses: those are addresses. */
const OWN_IDS = 0xffff_0000_0000_0000n;

/** Negative errno by status, as the kernel's host controllers report it (Documentation/driver-api/usb/error-codes.rst). */
const ERRNO = {
  success: 0,
  cancelled: -2,
  inval: -71,
  ioerror: -71,
  stall: -32,
  timeout: -110,
  babble: -75,
} as const satisfies Record<WireStatus, number>;
const EINPROGRESS = -115;

/** A frame, perhaps cut. */
export interface UsbmonFrame {
  readonly captured: Uint8Array;
  readonly originalBytes: number;
}

interface Event {
  readonly id: bigint;
  readonly isSubmit: boolean;
  readonly transferType: keyof typeof TRANSFER_TYPE;
  readonly endpoint: number;
  readonly status: number;
  /** Asked for, or what was moved. */
  readonly length: number;
  readonly data: Uint8Array;
  readonly setup?: Uint8Array;
}

const MAX_GETS = 64;

const NO_DATA = new Uint8Array(0);

/** Makes frames of packets. It counts the interrupt transfers that we give without being asked. */
export class UsbmonEvents {
  #unasked = 0n;
  /** Requests that read one byte, by id; their answers don't say that they are for them. */
  readonly #gets = new Set<bigint>();

  /** The frames of a packet, most often one or none. */
  of(
    packet: GuestPacket | HostPacket,
    direction: 'from-guest' | 'to-guest',
    wallNs: bigint,
  ): readonly UsbmonFrame[] {
    return this.#events(packet, direction === 'from-guest').map((event) => frame(event, wallNs));
  }

  #events(packet: GuestPacket | HostPacket, isSubmit: boolean): readonly Event[] {
    const { id } = packet;
    const status = 'status' in packet ? ERRNO[packet.status] : EINPROGRESS;
    const control = {
      id,
      isSubmit,
      transferType: 'control',
      endpoint: 0,
      status,
      length: 0,
      data: NO_DATA,
    } as const;
    switch (packet.type) {
      case 'control_packet': {
        const { requestType, request, value, index, length, data, endpoint } = packet;
        const setup = setupBytes(requestType, request, value, index, length);
        return [{ ...control, endpoint, length, data, ...(isSubmit ? { setup } : {}) }];
      }
      case 'bulk_packet':
        return [transfer(packet, isSubmit, 'bulk', status)];
      case 'interrupt_packet': {
        const event = transfer(packet, isSubmit, 'interrupt', status);
        if ((packet.endpoint & 0x80) === 0) return [event];
        const own = { ...event, id: OWN_IDS + this.#unasked++ };
        return [{ ...own, isSubmit: true, status: EINPROGRESS, data: NO_DATA }, own];
      }
      // QEMU makes packets of their own of four control requests.
      case 'set_configuration':
        return [{ ...control, setup: setupBytes(0x00, 9, packet.configuration, 0, 0) }];
      case 'get_configuration':
        return [this.#get(control, setupBytes(0x80, 8, 0, 0, 1))];
      case 'set_alt_setting':
        return [{ ...control, setup: setupBytes(0x01, 11, packet.alt, packet.interface, 0) }];
      case 'get_alt_setting':
        return [this.#get(control, setupBytes(0x81, 10, 0, packet.interface, 1))];
      case 'configuration_status':
        return [this.#got(control, packet.configuration)];
      case 'alt_setting_status':
        return [this.#got(control, packet.alt)];
      default:
        return [];
    }
  }

  #get(event: Event, setup: Uint8Array): Event {
    // A peer that waits for no answer must not make this grow.
    if (this.#gets.size >= MAX_GETS) this.#gets.clear();
    this.#gets.add(event.id);
    return { ...event, endpoint: 0x80, length: 1, setup };
  }

  #got(event: Event, value: number): Event {
    if (!this.#gets.delete(event.id)) return event;
    return event.status === 0
      ? { ...event, endpoint: 0x80, length: 1, data: Buffer.of(value) }
      : { ...event, endpoint: 0x80 };
  }
}

function transfer(
  { id, endpoint, length, data }: { id: bigint; endpoint: number; length: number; data: Uint8Array },
  isSubmit: boolean,
  transferType: 'bulk' | 'interrupt',
  status: number,
): Event {
  return { id, isSubmit, transferType, endpoint, status, length, data };
}

function setupBytes(type: number, request: number, value: number, index: number, length: number): Buffer {
  const setup = Buffer.of(type, request, 0, 0, 0, 0, 0, 0);
  setup.writeUInt16LE(value, 2);
  setup.writeUInt16LE(index, 4);
  setup.writeUInt16LE(length, 6);
  return setup;
}

function frame(event: Event, wallNs: bigint): UsbmonFrame {
  const data = event.data.subarray(0, SNAP_BYTES - HEADER_BYTES);
  const isIn = (event.endpoint & 0x80) !== 0;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigUInt64LE(event.id, 0);
  header.write(event.isSubmit ? 'S' : 'C', 8, 'latin1');
  header.writeUInt8(TRANSFER_TYPE[event.transferType], 9);
  header.writeUInt8(event.endpoint, 10);
  header.writeUInt8(DEVICE, 11);
  header.writeUInt16LE(BUS, 12);
  if (event.setup === undefined) header.write('-', 14, 'latin1');
  else header.set(event.setup, 40);
  // 0: the data are here; the arrow tells which of both events would have them.
  if (data.length === 0) header.write(isIn ? '<' : '>', 15, 'latin1');
  header.writeBigInt64LE(wallNs / 1_000_000_000n, 16);
  header.writeInt32LE(Number((wallNs % 1_000_000_000n) / 1000n), 24);
  header.writeInt32LE(event.status, 28);
  header.writeUInt32LE(event.length, 32);
  header.writeUInt32LE(data.length, 36);
  header.writeUInt32LE(isIn ? URB_DIR_IN : 0, 56);
  return { captured: Buffer.concat([header, data]), originalBytes: HEADER_BYTES + event.data.length };
}
