/** QEMU's edu device, bound by a driver that treats its resources as right or as wrong as asked for. */
import type { Adapter } from '../types.ts';
import { EDU_DISCIPLINES, type EduDiscipline } from './edu-disciplines.ts';
import { findFunction, functionRemovals, loadOverridingDriver, surprise } from './function.ts';
import { NATIVE_HOTPLUG, NO_PCI, NO_SURPRISE } from './why-not.ts';

/** Its device model; all of the guest's memory is in reach of its DMA. */
export const EDU = { driver: 'edu', properties: { dma_mask: 0xffff_ffff } } as const;

/** PCI_VENDOR_ID, PCI_DEVICE_ID (QEMU docs/specs/edu.txt). */
export const EDU_IDS = { vendor: '0x1234', device: '0x11e8' } as const;

const MODULE = 'unplug-edu';
const ONLY_DEVICE_GONE = 'what is wrong is seen once the device is freed, and this leaves it there';
const SLEEPS_ONLY = 'its one ioctl that sleeps can be ended early: that is t4-ioctl';

function edu(discipline: EduDiscipline, native: boolean): Adapter {
  const { name, as = name, description, parameters = '', needsDeviceGone } = discipline;
  const removals = {
    ...functionRemovals(MODULE),
    ...(native ? { surprise } : {}),
    rmmod: () => ({ by: 'rmmod', modules: [MODULE] }) as const,
  };
  const kept = Object.entries(removals).filter(
    ([removal]) => needsDeviceGone === undefined || REMOVES_DEVICE.includes(removal),
  );
  return {
    name: `edu-${native ? 'pciehp-' : ''}${as}`,
    deviceClass: 'edu',
    description: native ? `${description}; on a port with native hot-plug` : description,
    requiredSymbols: ['MODULES', 'PCI_MSI', native ? 'HOTPLUG_PCI_PCIE' : 'HOTPLUG_PCI_ACPI'],
    requiredFunctions: [],
    holds: ['t0-idle', 't1-poll', 't2-read', 't4-ioctl'],
    whyNot: {
      ...NO_PCI,
      't3-read': 'its files are all of the one node: none is derived from another',
      't4-busy': SLEEPS_ONLY,
      't4-shared': SLEEPS_ONLY,
      't4-nested': 'none of its ioctls takes the device away',
      ...(native ? {} : { surprise: NO_SURPRISE }),
      ...(needsDeviceGone === undefined
        ? {}
        : Object.fromEntries(
            Object.keys(removals)
              .filter((removal) => !REMOVES_DEVICE.includes(removal))
              .map((removal) => [removal, ONLY_DEVICE_GONE]),
          )),
    },
    host: {
      kind: 'qemu',
      machineDevices: [],
      ...(native ? NATIVE_HOTPLUG : {}),
      qemu: { ...EDU, readyMark: `ready discipline=${name} ` },
    },
    load: [
      ...loadOverridingDriver,
      `[ -d /sys/module/unplug_edu ] ||`,
      `  insmod /unplug/modules/${MODULE}.ko discipline=${name} ${parameters}`,
    ].join('\n'),
    plug: [
      ...findFunction({ ...EDU_IDS, node: `misc/${MODULE}*` }),
      // A result is not to be told of a hot-plug that it does not have.
      `[ $hotplug = ${native ? 'pciehp' : 'acpiphp'} ]`,
    ].join('\n'),
    removals: Object.fromEntries(kept),
  };
}

/** After these the device itself is gone, and not only its driver. */
const REMOVES_DEVICE: readonly string[] = ['device_del', 'surprise', 'sysfs_remove', 'pci_slot_power'];

/** All disciplines, on ports with hot-plug by ACPI and, some of them, with that of PCI Express. */
export const edus: readonly Adapter[] = [
  ...EDU_DISCIPLINES.map((one) => edu(one, false)),
  ...EDU_DISCIPLINES.filter(({ pciehp }) => pciehp).map((one) => edu(one, true)),
];
