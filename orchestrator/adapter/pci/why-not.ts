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

/** A `-global` value: root ports with PCI Express' own hot-plug; without it q35's is by ACPI (QEMU hw/acpi/ich9.c). */
export const NATIVE_HOTPLUG = 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off';
