/** Removals that adapters of a kind have not, and why. */
import type { RemovalName } from '../types.ts';

const NOT_PLUGGED = 'it is part of the guest: nothing outside plugs it';
const NO_USB = 'it is no USB device';

/** For adapters that neither configfs, nor a bus that takes orders, nor a program makes. */
export const NOT_OF_SOFTWARE: Partial<Record<RemovalName, string>> = {
  delete_device: 'it is no client of an I2C adapter',
  uhid_destroy: 'it is no HID device that a program plays',
  program_exit: 'no program of the guest plays it',
};

/** For adapters that the host has no part in. */
export const NO_OUTSIDE: Partial<Record<RemovalName, string>> = {
  device_del: NOT_PLUGGED,
  surprise: NOT_PLUGGED,
  pci_slot_power: 'it is in no slot',
  usb_disconnect: NO_USB,
  socket_close: NOT_PLUGGED,
  usb_unbind: NO_USB,
  authorized_0: NO_USB,
  ...NOT_OF_SOFTWARE,
};

/** For drivers that are built into the kernel. */
export const BUILT_IN = 'its driver is built in: there is no module to unload';
