/** An emulated USB adapter as unplug knows it: a device model, what hangs off it, and what the guest makes of it. */
import type { Offer } from '../held-classes.ts';
import type { GpioLines } from '../target/gpio-lines.ts';
import type { I2cBus } from '../target/i2c-bus.ts';
import type { UsbDevice } from './device.ts';

/** A device model with its outside. */
export interface UsbAdapterDevice extends UsbDevice {
  /** The I2C bus behind it. */
  readonly i2c?: I2cBus;
  /** The pins of its GPIO chip. */
  readonly lines?: GpioLines;
}

/** What is to be known of an adapter before it is made. */
export interface UsbAdapterModel {
  /** As in suites: `cp2112`. */
  readonly name: string;
  readonly description: string;
  /** Kernel symbols without `CONFIG_`. */
  readonly requiredSymbols: readonly string[];
  /** Modules to load, in this order, without `.ko`; unloading goes backwards. */
  readonly modules: readonly string[];
  /** The driver that binds it, with its bus: `{ bus: 'hid', name: 'cp2112' }` as in /sys/bus/BUS/drivers/NAME. */
  readonly drivers: readonly {
    readonly bus: 'usb' | 'hid' | 'platform' | 'usb-serial';
    readonly name: string;
  }[];
  /** The kernel prints this when the driver is done; a part of a line. */
  readonly readyMark: string;
  /**
   * For a driver that prints nothing at the end of its probe, so that the mark comes too early: the driver is done when
   * such a file is there. The name is a shell pattern, relative to the USB device's folder in sysfs; with `mode`, as
   * stat(1) prints it, it must have that too.
   */
  readonly readyFile?: { readonly pattern: string; readonly mode?: string };
  /** What the guest gets from it. */
  readonly offers: readonly Offer[];
  /** How long its driver waits for one I2C transfer, if that is long enough to find one in flight. */
  readonly transferLimitMs?: number;
  /** Number of GPIO lines; 0 when it has none. */
  readonly lineCount: number;
  /** Makes one, as from the factory. @param serialNumber overrides the model's own */
  create(options?: { readonly serialNumber?: string }): UsbAdapterDevice;
}
