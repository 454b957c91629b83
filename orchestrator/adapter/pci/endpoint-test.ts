/** The kernel's PCI endpoint test (drivers/misc/pci_endpoint_test.c), bound to edu by way of new_id. */
import type { Adapter } from '../types.ts';
import { EDU, EDU_IDS } from './edu.ts';
import { findFunction, functionRemovals, loadOverridingDriver } from './function.ts';
import { NO_PCI, NO_SURPRISE } from './why-not.ts';

const DRIVER = 'pci-endpoint-test';
const MODULE = 'pci_endpoint_test';
const IOCTLS_ONLY = 'its node has nothing but ioctls (pci_endpoint_test_fops)';
const NO_TRANSFER = 'edu is no endpoint that it knows: its transfers can not be had in flight';

const withoutPrefix = (id: string): string => id.replace(/^0x/, '');

/** The adapter. A file of the misc device uses memory that the driver has of devm_kzalloc(). */
export const pciEndpointTest: Adapter = {
  name: 'pci-endpoint-test',
  deviceClass: 'misc',
  description: 'edu bound by the endpoint test driver (new_id), held by /dev/pci-endpoint-test.N',
  requiredSymbols: ['PCI_ENDPOINT_TEST', 'HOTPLUG_PCI_ACPI'],
  requiredFunctions: [],
  holds: ['t0-idle'],
  whyNot: {
    ...NO_PCI,
    surprise: NO_SURPRISE,
    't1-poll': IOCTLS_ONLY,
    't2-read': IOCTLS_ONLY,
    't3-read': IOCTLS_ONLY,
    't4-ioctl': NO_TRANSFER,
    't4-busy': NO_TRANSFER,
    't4-shared': NO_TRANSFER,
    't4-nested': 'none of its ioctls takes the device away',
  },
  host: { kind: 'qemu', machineDevices: [], qemu: EDU },
  load: [
    ...loadOverridingDriver,
    `[ -d /sys/module/${MODULE} ] || insmod /unplug/modules/${MODULE}.ko`,
    // Refused when it is there already, from an earlier plug.
    `echo ${withoutPrefix(EDU_IDS.vendor)} ${withoutPrefix(EDU_IDS.device)} ` +
      `2>/dev/null >/sys/bus/pci/drivers/${DRIVER}/new_id || true`,
  ].join('\n'),
  plug: findFunction({ ...EDU_IDS, node: `misc/${DRIVER}*` }).join('\n'),
  removals: {
    ...functionRemovals(DRIVER),
    rmmod: () => ({ by: 'rmmod', modules: [MODULE] }),
  },
};
