/** The body of a packet of the guest, taken apart. Pure. */
import { CAPABILITY, GUEST_LAYOUT, type GuestPacketName } from './numbers.ts';
import type { GuestPacket } from './packets.ts';

/** Bytes of the header of a type, which for bulk depends on what both sides can do. */
export function typeHeaderBytes(name: GuestPacketName, commonCapabilities: number): number {
  const more = name === 'bulk_packet' && (commonCapabilities & CAPABILITY.bulkLength32) !== 0 ? 2 : 0;
  return GUEST_LAYOUT[name].headerBytes + more;
}

/**
 * Takes a body of the right length apart. Data are copied out of `body`.
 * @param body at least {@link typeHeaderBytes} long
 * @returns the packet, or what is wrong with it
 */
export function parseGuestPacket(
  name: GuestPacketName,
  id: bigint,
  body: Uint8Array,
  commonCapabilities: number,
): GuestPacket | string {
  const headerBytes = typeHeaderBytes(name, commonCapabilities);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const byte = (at: number): number => view.getUint8(at);
  const short = (at: number): number => view.getUint16(at, true);
  const word = (at: number): number => view.getUint32(at, true);
  const base = { kind: 'packet', id } as const;
  const data = (): Uint8Array => new Uint8Array(body.subarray(headerBytes));
  const dataBytes = body.byteLength - headerBytes;

  switch (name) {
    case 'hello': {
      const text = Buffer.from(body.subarray(0, 64));
      const end = text.indexOf(0);
      return {
        ...base,
        type: name,
        version: text.toString('latin1', 0, end < 0 ? 63 : end),
        capabilities: dataBytes >= 4 ? word(64) : 0,
      };
    }
    case 'reset':
    case 'get_configuration':
    case 'cancel_data_packet':
    case 'filter_reject':
    case 'device_disconnect_ack':
      return { ...base, type: name };
    case 'set_configuration':
      return { ...base, type: name, configuration: byte(0) };
    case 'set_alt_setting':
      return { ...base, type: name, interface: byte(0), alt: byte(1) };
    case 'get_alt_setting':
      return { ...base, type: name, interface: byte(0) };
    case 'start_iso_stream':
      return { ...base, type: name, endpoint: byte(0), packetsPerUrb: byte(1), urbCount: byte(2) };
    case 'stop_iso_stream':
      return { ...base, type: name, endpoint: byte(0) };
    case 'start_interrupt_receiving':
    case 'stop_interrupt_receiving':
      if ((byte(0) & 0x80) === 0) return `of endpoint ${hexByte(byte(0))}, which is not an IN endpoint`;
      return { ...base, type: name, endpoint: byte(0) };
    case 'alloc_bulk_streams':
      return { ...base, type: name, endpoints: word(0), streamCount: word(4) };
    case 'free_bulk_streams':
      return { ...base, type: name, endpoints: word(0) };
    case 'filter_filter':
      return { ...base, type: name, data: data() };
    case 'start_bulk_receiving':
      return {
        ...base,
        type: name,
        streamId: word(0),
        bytesPerTransfer: word(4),
        endpoint: byte(8),
        transferCount: byte(9),
      };
    case 'stop_bulk_receiving':
      return { ...base, type: name, streamId: word(0), endpoint: byte(4) };
    case 'control_packet': {
      const endpoint = byte(0);
      const length = short(8);
      return (
        wrongData(endpoint, length, dataBytes) ?? {
          ...base,
          type: name,
          endpoint,
          request: byte(1),
          requestType: byte(2),
          value: short(4),
          index: short(6),
          length,
          data: data(),
        }
      );
    }
    case 'bulk_packet': {
      const endpoint = byte(0);
      // Not `|`: that would make a negative number of it.
      const length = short(2) + (headerBytes === 10 ? short(8) * 0x1_0000 : 0);
      if (length > GUEST_LAYOUT.bulk_packet.maxDataBytes) return `of ${length} bytes, which is too much`;
      return (
        wrongData(endpoint, length, dataBytes) ?? {
          ...base,
          type: name,
          endpoint,
          length,
          streamId: word(4),
          data: data(),
        }
      );
    }
    case 'iso_packet':
    case 'interrupt_packet': {
      const endpoint = byte(0);
      const length = short(2);
      if ((endpoint & 0x80) !== 0)
        return `for IN endpoint ${hexByte(endpoint)}, which only the host may send`;
      return (
        wrongData(endpoint, length, dataBytes) ?? { ...base, type: name, endpoint, length, data: data() }
      );
    }
  }
}

/** Data go with an OUT transfer, all of them, and with no other. */
function wrongData(endpoint: number, length: number, dataBytes: number): string | undefined {
  const expected = (endpoint & 0x80) === 0 ? length : 0;
  if (dataBytes === expected) return undefined;
  return `for endpoint ${hexByte(endpoint)} with ${dataBytes} bytes of data, where ${expected} belong`;
}

function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
