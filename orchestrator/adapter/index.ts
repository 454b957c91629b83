/** The devices that go away. */
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

export { describeRemoval } from './describe.ts';
export { parsePlugFacts } from './facts.ts';
export { type Storm, startStorm } from './target/storm.ts';
export type {
  Adapter,
  HoldName,
  HostDevice,
  HostRemoval,
  MomentName,
  PlugFacts,
  RemovalAction,
  RemovalName,
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
  ...usbModels.flatMap(usbAdapters),
];
