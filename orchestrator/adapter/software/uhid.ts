/** A HID device that a program plays (drivers/hid/uhid.c), with the kernel's own drivers on top of it. */
import type { Adapter } from '../types.ts';
import { HELD, type HeldClass } from './held-classes.ts';
import { softwareAdapter, unbind, waitForNode } from './software.ts';

const NO_REMOVE_FILE = 'a HID device has no remove file (drivers/hid/hid-core.c)';

interface UhidDevice {
  readonly name: string;
  readonly held: HeldClass;
  readonly description: string;
  /** What the program plays. */
  readonly kind: 'gamepad' | 'sensor';
  readonly symbols: readonly string[];
  readonly modules: readonly string[];
  readonly driver: string;
  /** The module of the driver, when unloading it leaves the rest of the kernel as it is. */
  readonly unloads: string;
  /** Where in sysfs the device of the class is, below that of the HID device. */
  readonly node: string;
  /** Folder of its node. */
  readonly directory: string;
}

function uhidAdapter(of: UhidDevice): Adapter {
  const { name, held, description, kind, symbols, modules, driver, unloads, node, directory } = of;
  return softwareAdapter({
    name,
    held,
    description,
    symbols: ['UHID', ...symbols],
    modules: [...modules, 'uhid'],
    unloads,
    plug: [
      `/unplug/bin/uhid ${kind}`,
      ...waitForNode(`/sys/bus/hid/devices/*/${node}`, directory),
      `for dir in /sys/bus/hid/devices/*; do echo hid=\${dir##*/}; break; done`,
    ],
    removals: {
      uhid_destroy: (facts) => ({ by: 'uhid', pid: facts['pid'] ?? '', fd: facts['fd'] ?? '' }),
      program_exit: (facts) => ({ by: 'program', pid: facts['pid'] ?? '', fd: facts['fd'] ?? '' }),
      sysfs_unbind: unbind('hid', driver, 'hid'),
    },
    whyNot: { sysfs_remove: NO_REMOVE_FILE },
  });
}

const GENERIC = {
  kind: 'gamepad',
  symbols: ['HID_GENERIC'],
  driver: 'hid-generic',
  unloads: 'hid-generic',
} as const;

/** The adapters: the same gamepad held by its HID node or by its input node, and a sensor with a node of its own. */
export const uhids: readonly Adapter[] = [
  uhidAdapter({
    ...GENERIC,
    name: 'uhid-gamepad',
    held: HELD.hidraw,
    description: 'a gamepad that a program plays, held by its HID node',
    modules: ['hid-generic'],
    node: 'hidraw/hidraw*',
    directory: '/dev',
  }),
  uhidAdapter({
    ...GENERIC,
    name: 'uhid-gamepad',
    held: HELD.evdev,
    description: 'a gamepad that a program plays, held by its input node',
    modules: ['hid-generic', 'evdev'],
    node: 'input/input*/event*',
    directory: '/dev/input',
  }),
  uhidAdapter({
    name: 'uhid-sensor',
    held: HELD['hid-sensor'],
    description: 'a sensor of the custom type that a program plays, held by the node of hid-sensor-custom',
    kind: 'sensor',
    symbols: ['HID_SENSOR_HUB'],
    modules: ['mfd-core', 'hid-sensor-hub', 'hid-sensor-custom'],
    driver: 'hid-sensor-hub',
    unloads: 'hid-sensor-custom',
    node: 'HID-SENSOR-2000e1.*',
    directory: '/dev',
  }),
];
