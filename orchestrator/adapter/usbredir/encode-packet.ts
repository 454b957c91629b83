/** The packets that we send, as bytes. Pure. */
import { CAPABILITY, PACKET_NUMBER, STATUSES, type WireStatus } from './numbers.ts';
import type { EndpointInfo, HostPacket, InterfaceInfo } from './packets.ts';

const SPEEDS = ['low', 'full', 'high'] as const;
const ENDPOINT_TYPES = ['control', 'iso', 'bulk', 'interrupt'] as const;
const INVALID_ENDPOINT = 255;
/** Both tables of `ep_info` and `interface_info` have that many places. */
const PLACES = 32;

/** The place of an endpoint in tables and masks: OUT endpoints first. */
export function endpointIndex(address: number): number {
  return ((address & 0x80) >> 3) | (address & 0x0f);
}

/**
 * Makes the bytes of a packet.
 * @param commonCapabilities what both sides can do; it decides on some layouts. `hello` has the same one always.
 * @throws RangeError for more interfaces than fit, and for data longer than their length field can tell
 */
export function encodePacket(packet: HostPacket, commonCapabilities: number): Buffer {
  const body = encodeBody(packet, commonCapabilities);
  const data = 'data' in packet && (packet.endpoint & 0x80) !== 0 ? packet.data : undefined;
  const wideId = packet.type !== 'hello' && (commonCapabilities & CAPABILITY.ids64) !== 0;
  const header = Buffer.alloc(wideId ? 16 : 12);
  header.writeUInt32LE(PACKET_NUMBER[packet.type], 0);
  header.writeUInt32LE(body.length + (data?.length ?? 0), 4);
  if (wideId) header.writeBigUInt64LE(packet.id, 8);
  else header.writeUInt32LE(Number(packet.id & 0xffff_ffffn), 8);
  return Buffer.concat(data === undefined ? [header, body] : [header, body, data]);
}

function encodeBody(packet: HostPacket, common: number): Buffer {
  switch (packet.type) {
    case 'hello': {
      const body = Buffer.alloc(68);
      body.write(packet.version, 0, 63, 'latin1');
      body.writeUInt32LE(packet.capabilities, 64);
      return body;
    }
    case 'device_connect': {
      const body = Buffer.alloc((common & CAPABILITY.connectDeviceVersion) === 0 ? 8 : 10);
      body.set([SPEEDS.indexOf(packet.speed), packet.class, packet.subclass, packet.protocol]);
      body.writeUInt16LE(packet.vendorId, 4);
      body.writeUInt16LE(packet.productId, 6);
      if (body.length === 10) body.writeUInt16LE(packet.deviceVersion, 8);
      return body;
    }
    case 'device_disconnect':
      return Buffer.alloc(0);
    case 'interface_info':
      return interfaceInfo(packet.interfaces);
    case 'ep_info':
      return endpointInfo(packet.endpoints, (common & CAPABILITY.epInfoMaxPacketSize) !== 0);
    case 'configuration_status':
      return Buffer.of(code(packet.status), packet.configuration);
    case 'alt_setting_status':
      return Buffer.of(code(packet.status), packet.interface, packet.alt);
    case 'iso_stream_status':
    case 'interrupt_receiving_status':
      return Buffer.of(code(packet.status), packet.endpoint);
    case 'bulk_streams_status': {
      const body = Buffer.alloc(9);
      body.writeUInt32LE(packet.endpoints >>> 0, 0);
      body.writeUInt32LE(packet.streamCount, 4);
      body.writeUInt8(code(packet.status), 8);
      return body;
    }
    case 'bulk_receiving_status': {
      const body = Buffer.alloc(6);
      body.writeUInt32LE(packet.streamId, 0);
      body.set([packet.endpoint, code(packet.status)], 4);
      return body;
    }
    case 'control_packet': {
      const body = Buffer.alloc(10);
      body.set([packet.endpoint, packet.request, packet.requestType, code(packet.status)]);
      body.writeUInt16LE(packet.value, 4);
      body.writeUInt16LE(packet.index, 6);
      body.writeUInt16LE(packet.length, 8);
      return body;
    }
    case 'bulk_packet': {
      const body = Buffer.alloc((common & CAPABILITY.bulkLength32) === 0 ? 8 : 10);
      body.set([packet.endpoint, code(packet.status)]);
      if (body.length === 8) body.writeUInt16LE(packet.length, 2);
      else {
        body.writeUInt16LE(packet.length % 0x1_0000, 2);
        body.writeUInt16LE(Math.floor(packet.length / 0x1_0000), 8);
      }
      body.writeUInt32LE(packet.streamId, 4);
      return body;
    }
    case 'interrupt_packet': {
      const body = Buffer.alloc(4);
      body.set([packet.endpoint, code(packet.status)]);
      body.writeUInt16LE(packet.length, 2);
      return body;
    }
  }
}

function code(status: WireStatus): number {
  return STATUSES.indexOf(status);
}

function interfaceInfo(interfaces: readonly InterfaceInfo[]): Buffer {
  if (interfaces.length > PLACES) throw new RangeError(`${interfaces.length} interfaces; ${PLACES} fit`);
  const body = Buffer.alloc(4 + 4 * PLACES);
  body.writeUInt32LE(interfaces.length, 0);
  interfaces.forEach((one, place) => {
    const columns = [one.number, one.class, one.subclass, one.protocol];
    columns.forEach((value, column) => {
      body.writeUInt8(value, 4 + column * PLACES + place);
    });
  });
  return body;
}

function endpointInfo(endpoints: readonly EndpointInfo[], withMaxPacket: boolean): Buffer {
  const body = Buffer.alloc(withMaxPacket ? 5 * PLACES : 3 * PLACES);
  body.fill(INVALID_ENDPOINT, 0, PLACES);
  for (const { address, type, interval, interface: number, maxPacketBytes } of endpoints) {
    const place = endpointIndex(address);
    body.writeUInt8(ENDPOINT_TYPES.indexOf(type), place);
    body.writeUInt8(interval, PLACES + place);
    body.writeUInt8(number, 2 * PLACES + place);
    if (withMaxPacket) body.writeUInt16LE(maxPacketBytes, 3 * PLACES + 2 * place);
  }
  return body;
}
