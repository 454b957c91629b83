/** Virtio device models as adapters: how the guest finds what came of one, and every way to take it away. */
import { classesOf, holdsOf, whyNotHeld } from '../held-classes.ts';
import type { Adapter, PlugFacts, RemovalAction, RemovalName } from '../types.ts';
import { findFunction, functionRemovals, loadOverridingDriver } from './function.ts';
import type { VirtioModel } from './virtio-device.ts';
import { NO_PCI } from './why-not.ts';

/** Red Hat's vendor id, and the first device id of what is not transitional (virtio 1.2, 4.1.2.1). */
const VENDOR = '0x1af4';
const FIRST_DEVICE = 0x1040;
/** The driver of the PCI function; the one that the adapter is about binds to the virtio device below it. */
const PCI_DRIVER = 'virtio-pci';

const NO_SURPRISE =
  "QEMU's ACPI hot-plug tells the guest of no card that was pulled out, and its ports have no power control then";

function removalsOf({
  driver,
  module,
}: VirtioModel): Partial<Record<RemovalName, (facts: PlugFacts) => RemovalAction>> {
  const ofFunction = functionRemovals(PCI_DRIVER);
  return {
    ...ofFunction,
    socket_close: (facts) => ({
      by: 'host',
      how: 'socket_close',
      path: `/sys/bus/pci/devices/${facts['function']}`,
    }),
    sysfs_unbind: (facts) => ({
      by: 'write',
      file: `/sys/bus/virtio/drivers/${driver}/unbind`,
      value: facts['virtio'] ?? '',
    }),
    rmmod: () => ({ by: 'rmmod', modules: [module] }),
  };
}

/** A model as adapters: one for each class of files that it offers. */
export function virtioAdapters(model: VirtioModel): readonly Adapter[] {
  const { socket_close: _, ...noPci } = NO_PCI;
  // A driver of virtio waits for its device as long as that takes.
  const hasLongTransfers = true;
  const modules = `/unplug/modules/${model.module}.ko`;
  return classesOf(model.offers).map(
    (held): Adapter => ({
      name: model.name,
      deviceClass: held.deviceClass,
      description: model.description,
      requiredSymbols: ['HOTPLUG_PCI_ACPI', ...model.requiredSymbols, ...held.symbols],
      requiredFunctions: [],
      holds: holdsOf(held, hasLongTransfers),
      moments: held.deviceClass === 'i2c-dev' ? [] : ['storm'],
      whyNot: {
        ...noPci,
        ...whyNotHeld(held, model.offers, hasLongTransfers),
        surprise: NO_SURPRISE,
        ...model.whyNot,
      },
      host: { kind: 'vhost-user', machineDevices: [], sharedMemory: true, virtio: model },
      load: [
        ...loadOverridingDriver,
        `[ -d /sys/module/${model.module.replaceAll('-', '_')} ] || insmod ${modules}`,
      ].join('\n'),
      plug: [
        ...findFunction({
          vendor: VENDOR,
          device: `0x${(FIRST_DEVICE + model.deviceType).toString(16)}`,
          node: `virtio[0-9]*/${held.node}`,
        }),
        `for one in $dir/virtio[0-9]*; do echo virtio=\${one##*/}; done`,
      ].join('\n'),
      removals: removalsOf(model),
    }),
  );
}
