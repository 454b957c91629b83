/** What every adapter offers, whatever it is made of. */
import type { QemuDeviceModel } from './pci/device.ts';
import type { VirtioModel } from './pci/virtio-device.ts';
import type { UsbAdapterModel } from './usb/adapter.ts';

/**
 * How a device can be taken away. From outside: `device_del` asks QEMU for it, `usb_disconnect` is the cable that comes
 * off, `surprise` a card that is pulled out of its slot, `socket_close` the death of the process that is the device. From
 * within: `sysfs_unbind` takes the driver off its device, `driver_override` hands that to another driver, `usb_unbind`
 * the USB interface's driver below a HID driver, `sysfs_remove` the whole device, `pci_slot_power` its slot's power,
 * `authorized_0` its configuration, `configfs_disable` makes a simulated one go, `delete_device` an I2C client (a write to
 * that file of its adapter), `uhid_destroy` is an order of the program in the guest that plays a HID device,
 * `program_exit` the end of a program that plays a device, `rmmod` unloads the driver, which a held file forbids.
 */
export type RemovalName =
  | 'sysfs_unbind'
  | 'sysfs_remove'
  | 'configfs_disable'
  | 'delete_device'
  | 'uhid_destroy'
  | 'program_exit'
  | 'device_del'
  | 'usb_disconnect'
  | 'surprise'
  | 'socket_close'
  | 'driver_override'
  | 'usb_unbind'
  | 'pci_slot_power'
  | 'authorized_0'
  | 'rmmod';

/** The removals that the host does, and not a program in the guest. */
export type HostRemoval = Extract<RemovalName, 'device_del' | 'usb_disconnect' | 'surprise' | 'socket_close'>;

/**
 * What a guest holds open when the device goes. t0: an idle file; t1: a blocked poll; t2: a blocked read; t3: a blocked
 * read of a file that was derived from the device's; t4: an ioctl in flight. That is one that sleeps until it is ended
 * (`t4-ioctl`), one after another that nothing ends early (`t4-busy`), those with short ones beside them by another
 * thread on the same file (`t4-shared`), or one that takes its own device away (`t4-nested`). t5: threads that open, use
 * and close it all the time. t6: the file is there under a second number (`t6-dup`), in a message that nobody has
 * received (`t6-scm`), in a child as well (`t6-fork`), or a thread waits for it in an epoll set or a ring of io_uring.
 * t7: threads that close one after another of many open files.
 */
export type HoldName =
  | 't0-idle'
  | 't1-poll'
  | 't2-read'
  | 't3-read'
  | 't4-ioctl'
  | 't4-busy'
  | 't4-shared'
  | 't4-nested'
  | 't5-open'
  | 't6-dup'
  | 't6-scm'
  | 't6-fork'
  | 't6-epoll'
  | 't6-uring-poll'
  | 't6-uring-read'
  | 't7-close';

/** What may go on while a device is taken away. storm: its inputs change all the time, as fast as they can. */
export type MomentName = 'storm';

/** What an adapter's plug script said: `device` is the node to hold, the rest is the adapter's own. */
export interface PlugFacts {
  readonly device: string;
  readonly [name: string]: string;
}

/** One write to a file of the guest. */
export interface FileWrite {
  readonly file: string;
  readonly value: string;
}

/** What is done to take a device away. */
export type RemovalAction =
  /**
   * One write to one file of the guest: the kernel runs remove() inside that write. Others may belong to it. `gone` is a
   * path that must not be there any more afterwards, for a device that is held by way of something that stays.
   */
  | ({
      readonly by: 'write';
      /** Written before it. */
      readonly first?: FileWrite;
      /** Written once it came back. */
      readonly afterwards?: FileWrite;
      readonly gone?: string;
    } & FileWrite)
  /** A directory of configfs is removed: the kernel runs remove() inside that call. */
  | { readonly by: 'rmdir'; readonly directory: string }
  /** UHID_DESTROY through the file `fd` of process `pid`, which made the device: remove() runs inside that write. */
  | { readonly by: 'uhid'; readonly pid: string; readonly fd: string }
  /** Process `pid` is killed, then its file `fd` is closed for the last time: remove() runs inside that close. */
  | { readonly by: 'program'; readonly pid: string; readonly fd: string }
  /** Modules are unloaded, in this order: the kernel runs remove() inside the call. */
  | { readonly by: 'rmmod'; readonly modules: readonly string[] }
  /** The host does it; the device is gone when `path` is, in the guest's sysfs. */
  | { readonly by: 'host'; readonly how: HostRemoval; readonly path: string };

/** What a machine must be for an adapter. Machines that differ in more than devices are kept apart: each has its own template. */
export interface MachineNeeds {
  /** `-device` values that it must have been started with: the bus that something is plugged into. */
  readonly machineDevices: readonly string[];
  /** `-global` values; none when absent. */
  readonly machineGlobals?: readonly string[];
  /** Parameters of the guest's kernel, beside those of every machine; none when absent. */
  readonly kernelParameters?: readonly string[];
  /** A process of the host works in its memory: a clone gets a copy of the template's, to share. */
  readonly sharedMemory?: boolean;
}

/** A USB device of ours, on the other end of QEMU's usb-redir. */
export interface UsbHostDevice extends MachineNeeds {
  readonly kind: 'usb';
  readonly usb: UsbAdapterModel;
}

/** A PCI device of QEMU's own. */
export interface QemuHostDevice extends MachineNeeds {
  readonly kind: 'qemu';
  readonly qemu: QemuDeviceModel;
}

/** A virtio device of ours, in a process that speaks vhost-user with QEMU. */
export interface VirtioHostDevice extends MachineNeeds {
  readonly kind: 'vhost-user';
  readonly virtio: VirtioModel;
  readonly sharedMemory: true;
}

/** What is plugged from outside. */
export type HostDevice = UsbHostDevice | QemuHostDevice | VirtioHostDevice;

/** Something that can be plugged, held by files of one class, and taken away. */
export interface Adapter {
  readonly name: string;
  /** What is held. An adapter of several classes is listed once for each. */
  readonly deviceClass: string;
  readonly description: string;
  /** Kernel symbols without `CONFIG_`. */
  readonly requiredSymbols: readonly string[];
  /** Functions of the kernel, as in System.map: tells apart what no symbol of Kconfig does. */
  readonly requiredFunctions: readonly string[];
  /** Functions whose presence tells that the kernel's interface is another one; none when absent. */
  readonly excludedFunctions?: readonly string[];
  readonly holds: readonly HoldName[];
  /** None when absent. */
  readonly moments?: readonly MomentName[];
  /** Why a hold or removal that other adapters have is not to be had here. */
  readonly whyNot: Readonly<Record<string, string>>;
  /** What the host plugs, after `load` and before `plug`; absent: the adapter is made by the guest's kernel alone. */
  readonly host?: HostDevice;
  /** Script for the guest's /bin/sh that makes its driver ready, before anything is plugged. */
  readonly load?: string;
  /**
   * Script for the guest's /bin/sh, run with `set -e`. A program that it starts costs a tenth of a second under TCG and
   * KASAN, what the shell does by itself costs next to nothing. It returns when the device can be opened, and prints
   * `name=value` lines: the facts.
   */
  readonly plug: string;
  /** As `plug`, for a device that is there already: it only finds it. Absent: `plug` makes it, or the host does. */
  readonly find?: string;
  readonly removals: Readonly<Partial<Record<RemovalName, (facts: PlugFacts) => RemovalAction>>>;
}
