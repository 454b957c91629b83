/** What a virtio device model is: data, and what it does with a request. It knows neither rings nor sockets. */
import type { Offer } from '../held-classes.ts';
import type { GpioLines } from '../target/gpio-lines.ts';
import type { I2cBus } from '../target/i2c-bus.ts';

/** What a guest put into a queue. */
export interface VirtioRequest {
  readonly queue: number;
  /** What the driver wrote. */
  readonly data: Uint8Array;
  /** Bytes that the driver has room for. */
  readonly roomBytes: number;
}

/**
 * A device that can be plugged. One object is one physical device: its state (EEPROM, line levels) outlives a plug and
 * a reset by the driver.
 */
export interface VirtioDevice {
  /** Feature bits that it offers (virtio 1.2, 2.2). */
  readonly features: bigint;
  /** Device configuration space; empty when it has none. */
  readonly config: Uint8Array;
  readonly queueCount: number;
  /** The I2C bus behind it. */
  readonly i2c?: I2cBus;
  /** The pins of its GPIO chip. */
  readonly lines?: GpioLines;
  /** The answer, when there is one. Requests are given to it as they come, also while others have no answer yet. */
  handle(request: VirtioRequest): Uint8Array | Promise<Uint8Array>;
  /** What it says when it could not do it. */
  failure(request: VirtioRequest): Uint8Array;
  /** What a script counts by: see `request` of a rule. */
  typeOf?(request: VirtioRequest): number | undefined;
  /** Whether it waits for something to happen, as an event buffer does: then it is not the guest that waits. */
  isEvent?(request: VirtioRequest): boolean;
  /**
   * Whether this request tells that the driver has given up what it has not got an answer to. Absent: there is no
   * telling.
   */
  abandons?(request: VirtioRequest): boolean;
  /** The driver has reset a queue, or QEMU is gone: what was in it is forgotten. */
  reset(): void;
}

/** What is to be known of a device before it is made. */
export interface VirtioModel {
  /** As in suites: `virtio-i2c`. */
  readonly name: string;
  readonly description: string;
  /** Kernel symbols without `CONFIG_`. */
  readonly requiredSymbols: readonly string[];
  /** The module of its driver, without `.ko`. */
  readonly module: string;
  /** The driver as in /sys/bus/virtio/drivers. */
  readonly driver: string;
  /** Number of the device type (virtio 1.2, 5). */
  readonly deviceType: number;
  /** QEMU's front-end. */
  readonly qemuDriver: string;
  /** What the guest gets from it. */
  readonly offers: readonly Offer[];
  /** What is not to be had of it, and why. */
  readonly whyNot?: Readonly<Record<string, string>>;
  /** Makes one, as from the factory. */
  create(): VirtioDevice;
}

/** VIRTIO_F_VERSION_1 (virtio 1.2, 6). */
export const FEATURE_VERSION_1: bigint = 1n << 32n;
/** VIRTIO_F_INDIRECT_DESC (virtio 1.2, 6). */
export const FEATURE_INDIRECT: bigint = 1n << 28n;
