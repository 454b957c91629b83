/** Removals that no PCI function has, and why; and what a machine's hot-plug is chosen by. */
import { NOT_OF_SOFTWARE } from '../software/why-not.ts';
import type { RemovalName } from '../types.ts';

const NO_USB = 'it is no USB device';

/** For PCI functions that the host plugs. */
export const NO_PCI: Partial<Record<RemovalName, string>> = {
  usb_disconnect: NO_USB,
  usb_unbind: NO_USB,
  authorized_0: NO_USB,
  socket_close: 'it is part of QEMU: no process of its own can die',
  ...NOT_OF_SOFTWARE,
  configfs_disable: 'a PCI function is not made through configfs',
};

/**
 * Root ports with PCI Express' own hot-plug; without the `-global`, q35's is by ACPI (QEMU hw/acpi/ich9.c). A kernel
 * without PCIEASPM does not ask the firmware for its services (drivers/acpi/pci_root.c ACPI_PCIE_REQ_SUPPORT): it is told
 * to use them all the same (drivers/pci/pcie/portdrv.c pcie_port_setup()).
 */
export const NATIVE_HOTPLUG = {
  machineGlobals: ['ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'],
  kernelParameters: ['pcie_ports=native'],
} as const;

/** For what is plugged into a machine whose ports have hot-plug by ACPI. */
export const NO_SURPRISE =
  "QEMU's ACPI hot-plug tells the guest of no card that was pulled out, and its ports have no power control then: see edu-pciehp-*";
