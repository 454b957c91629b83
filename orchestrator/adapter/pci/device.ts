/** A PCI device of QEMU's as unplug knows it. */

/** What is to be known of a device before it is plugged. */
export interface QemuDeviceModel {
  /** The `driver` of `device_add`: `edu`. */
  readonly driver: string;
  /** Properties of it, beside `id`, `bus` and `addr`. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** The driver in the guest prints this when it is done; a part of a line. Absent: its plug script waits for all. */
  readonly readyMark?: string;
}
