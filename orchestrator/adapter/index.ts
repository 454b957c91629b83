/** The devices that go away. */
import { withCommon } from './common.ts';
import { edus } from './pci/edu.ts';
import { pciEndpointTest } from './pci/endpoint-test.ts';
import { virtioAdapters } from './pci/virtio-adapter.ts';
import { virtioGpioModel } from './pci/virtio-gpio.ts';
import { virtioI2cModel } from './pci/virtio-i2c.ts';
import { crosEc } from './software/cros-ec.ts';
import { fixtures } from './software/fixture.ts';
import { gpioSims } from './software/gpio-sim.ts';
import { gpioSimConsumers } from './software/gpio-sim-consumers.ts';
import { i2cStubs } from './software/i2c-stub.ts';
import { i801 } from './software/i801.ts';
import { iioDummies } from './software/iio-dummy.ts';
import { moduleOnly } from './software/module-only.ts';
import { platformDevices } from './software/platform.ts';
import { uhids } from './software/uhid.ts';
import { vtpm } from './software/vtpm.ts';
import type { Adapter } from './types.ts';
import { usbModels } from './usb/models.ts';
import { usbAdapters } from './usb/usb-adapter.ts';

export { type ComeBack, type WayBack, wayBack, waysBack } from './come-back.ts';
export { COMMON_HOLDS } from './common.ts';
export { describeRemoval } from './describe.ts';
export { parsePlugFacts } from './facts.ts';
export { ensureBackendProgram } from './pci/backend-program.ts';
export type { QemuDeviceModel } from './pci/device.ts';
export { type PciPlugOptions, type PluggedPci, plugPci } from './pci/plug.ts';
export { type PluggedVirtio, plugVirtio, type VirtioPlugOptions } from './pci/plug-virtio.ts';
export type { VirtioDevice, VirtioModel } from './pci/virtio-device.ts';
export type { GpioLines } from './target/gpio-lines.ts';
export { type Storm, startStorm } from './target/storm.ts';
export type {
  Adapter,
  HoldName,
  HostDevice,
  HostRemoval,
  MachineNeeds,
  MomentName,
  PlugFacts,
  QemuHostDevice,
  RemovalAction,
  RemovalName,
  UsbHostDevice,
  VirtioHostDevice,
} from './types.ts';
export type { UsbAdapterDevice, UsbAdapterModel } from './usb/adapter.ts';
export { type Behaviour, type BehaviourRule, BehaviourScript, type UsbRequest } from './usb/behaviour.ts';
export { usbModels } from './usb/models.ts';
export { EEPROM_CONTENTS, type StandardOutside, standardOutside } from './usb/outside.ts';
export { type PluggedUsb, type PlugOptions, plugUsb } from './usb/plug.ts';

/** The adapter of a case, held as that says. */
export function adapterFor(of: {
  readonly adapter: string;
  readonly deviceClass: string;
}): Adapter | undefined {
  return adapters.find(({ name, deviceClass }) => name === of.adapter && deviceClass === of.deviceClass);
}

/** Every adapter, in the order in which they are listed; one with several classes is there for each. */
export const adapters: readonly Adapter[] = [
  ...fixtures,
  ...gpioSims,
  ...gpioSimConsumers,
  ...i2cStubs,
  i801,
  ...uhids,
  ...platformDevices,
  ...moduleOnly,
  ...iioDummies,
  crosEc,
  vtpm,
  ...edus,
  pciEndpointTest,
  ...usbModels.flatMap(usbAdapters),
  ...[virtioI2cModel, virtioGpioModel].flatMap(virtioAdapters),
].map(withCommon);
