/** What a transfer is for, before it is queued. Pure. */
import type { UsbRequest } from '../usb/behaviour.ts';
import type { ControlSetup, UsbDescription } from '../usb/device.ts';
import { findEndpoint } from './announce.ts';
import type { ControlFields, TransferPacket } from './packets.ts';
import type { StandardRequests } from './standard-requests.ts';

/** Whether the device has such an endpoint in its configuration. */
export function isPossible(
  packet: TransferPacket,
  description: UsbDescription,
  standard: StandardRequests,
): boolean {
  if (packet.type === 'control_packet')
    return (packet.endpoint & 0x7f) === 0 && packet.endpoint === (packet.requestType & 0x80);
  const endpoint = findEndpoint(description, packet.endpoint);
  if (standard.configuration === 0 || endpoint === undefined) return false;
  if (packet.type === 'interrupt_packet') return endpoint.type === 'interrupt';
  // We announce no streams.
  return endpoint.type === 'bulk' && packet.streamId === 0;
}

/** As what a script counts a transfer; undefined: it is answered from the description and not counted. */
export function countableOf(
  packet: TransferPacket,
  standard: StandardRequests,
): Omit<UsbRequest, 'number'> | undefined {
  const { endpoint } = packet;
  if (packet.type !== 'control_packet')
    return { kind: (endpoint & 0x80) === 0 ? 'out' : 'bulk-in', endpoint };
  return standard.knows(packet) ? undefined : { kind: 'control', endpoint, request: packet.request };
}

/** The setup bytes alone. */
export function setupOf({ requestType, request, value, index, length }: ControlFields): ControlSetup {
  return { requestType, request, value, index, length };
}
