/** What a description becomes in `interface_info`, `ep_info` and `device_connect`. Pure. */
import type { UsbDescription, UsbEndpoint } from '../usb/device.ts';
import type { EndpointInfo, HostPacket } from './packets.ts';

/** The endpoint at an address, other than 0. */
export function findEndpoint(description: UsbDescription, address: number): UsbEndpoint | undefined {
  for (const { endpoints } of description.interfaces)
    for (const endpoint of endpoints) if (endpoint.address === address) return endpoint;
  return undefined;
}

/** `interface_info`; of a device that is not configured it has no interfaces. */
export function interfaceInfo(description: UsbDescription, configured: boolean): HostPacket {
  return {
    id: 0n,
    type: 'interface_info',
    interfaces: configured
      ? description.interfaces.map((one, number) => ({
          number,
          class: one.class,
          subclass: one.subclass,
          protocol: one.protocol,
        }))
      : [],
  };
}

/** `ep_info`; of a device that is not configured it has endpoint 0 only. */
export function endpointInfo(description: UsbDescription, configured: boolean): HostPacket {
  const control = (address: number): EndpointInfo => ({
    address,
    type: 'control',
    interval: 0,
    interface: 0,
    maxPacketBytes: description.maxPacketBytes0,
  });
  const others = description.interfaces.flatMap(({ endpoints }, number) =>
    endpoints.map((endpoint) => ({ ...endpoint, interface: number })),
  );
  return {
    id: 0n,
    type: 'ep_info',
    endpoints: [control(0), control(0x80), ...(configured ? others : [])],
  };
}

/** `device_connect`. QEMU wants both of the others before it. */
export function deviceConnect(description: UsbDescription): HostPacket {
  return {
    id: 0n,
    type: 'device_connect',
    speed: description.speed,
    class: description.class,
    subclass: description.subclass,
    protocol: description.protocol,
    vendorId: description.vendorId,
    productId: description.productId,
    deviceVersion: description.deviceVersion,
  };
}
