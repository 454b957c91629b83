/** Removals that no adapter inside the guest has, and why. */
import type { RemovalName } from '../types.ts';

const NOT_PLUGGED = 'it is part of the guest: nothing outside plugs it';
const NO_USB = 'it is no USB device';

/** For adapters that the host has no part in. */
export const NO_OUTSIDE: Partial<Record<RemovalName, string>> = {
  device_del: NOT_PLUGGED,
  surprise: NOT_PLUGGED,
  pci_slot_power: 'it is in no slot',
  usb_disconnect: NO_USB,
  socket_close: NOT_PLUGGED,
  usb_unbind: NO_USB,
  authorized_0: NO_USB,
};

/** For drivers that are built into the kernel. */
export const BUILT_IN = 'its driver is built in: there is no module to unload';
