/**
 * A card that is pulled out of its slot. QEMU 7.2 has no command for it: `device_del` presses the attention button and
 * waits for the guest. But a port with power control lets go of what is in its slot as soon as Slot Control says that the
 * power is off (QEMU hw/pci/pcie.c pcie_cap_slot_write_config()), whoever wrote it, and tells the guest by Presence Detect
 * Changed. So it is the monitor that writes it, by way of the configuration ports, while the CPUs stand still.
 */
import { InfraError } from '../../base/index.ts';
import type { QmpClient } from '../../machine/index.ts';

/** Configuration access of PC chipsets (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x8000_0000;

/** PCI_CAPABILITY_LIST, PCI_CAP_ID_EXP, and PCI_EXP_SLTCTL with its bits (include/uapi/linux/pci_regs.h). */
const CAPABILITY_LIST = 0x34;
const EXPRESS = 0x10;
const SLOT_CONTROL = 0x18;
/** Power Controller Control and the Power Indicator. */
const POWER_BITS = 0x0700;
const ON = 0x0100;
const OFF = 0x0700;
/** More capabilities than fit into the 192 bytes behind the header. */
const CAPABILITIES_MAX = 48;

interface BusInfo {
  readonly bus: number;
  readonly devices: readonly DeviceInfo[];
}

interface DeviceInfo {
  readonly slot: number;
  readonly function: number;
  readonly qdev_id: string;
}

/**
 * Takes the power off a port's slot behind the guest's back.
 * @throws InfraError when QEMU refuses, or the port is none with a slot
 */
export async function emptySlot(qmp: Pick<QmpClient, 'execute'>, port: string): Promise<void> {
  const address = await functionAddress(qmp, port);
  const { running } = (await qmp.execute('query-status')) as { readonly running: boolean };
  if (running) await qmp.execute('stop');
  try {
    // The guest may be between its write of the address and its use of it.
    const before = await input(qmp, 'w', CONFIG_ADDRESS);
    const select = (register: number): Promise<void> =>
      output(qmp, 'w', CONFIG_ADDRESS, (ENABLE | address | (register & 0xfc)) >>> 0);
    const read = async (size: Size, register: number): Promise<number> => {
      await select(register);
      return input(qmp, size, CONFIG_DATA + (register & 3));
    };
    try {
      const slotControl = (await expressCapability(read, port)) + SLOT_CONTROL;
      const value = await read('h', slotControl);
      const write = (bits: number): Promise<void> =>
        output(qmp, 'h', CONFIG_DATA + (slotControl & 3), (value & ~POWER_BITS) | bits);
      // QEMU acts on the change only.
      if ((value & POWER_BITS) === OFF) await write(ON);
      await write(OFF);
      // Nobody switched it off: pciehp takes a slot without power for one that it has disabled itself
      // (drivers/pci/hotplug/pciehp_ctrl.c __pciehp_disable_slot()).
      await write(value & POWER_BITS);
    } finally {
      await output(qmp, 'w', CONFIG_ADDRESS, before);
    }
  } finally {
    if (running) await qmp.execute('cont');
  }
}

/** Bus, slot and function as CONFIG_ADDRESS has them. */
async function functionAddress(qmp: Pick<QmpClient, 'execute'>, port: string): Promise<number> {
  const buses = (await qmp.execute('query-pci')) as readonly BusInfo[];
  for (const { bus, devices } of buses) {
    const device = devices.find(({ qdev_id }) => qdev_id === port);
    if (device !== undefined) return (bus << 16) | (device.slot << 11) | (device.function << 8);
  }
  throw new InfraError(`the machine has no port '${port}'`);
}

/** 8, 16 and 32 bits, as the monitor calls them (QEMU monitor/hmp-cmds.c, docs/system/monitor.rst). */
type Size = 'b' | 'h' | 'w';

async function expressCapability(
  read: (size: Size, register: number) => Promise<number>,
  port: string,
): Promise<number> {
  let at = await read('b', CAPABILITY_LIST);
  for (let left = CAPABILITIES_MAX; at !== 0 && left > 0; left--) {
    if ((await read('b', at)) === EXPRESS) return at;
    at = await read('b', at + 1);
  }
  throw new InfraError(`${port} is no PCI Express port`);
}

async function monitor(qmp: Pick<QmpClient, 'execute'>, line: string): Promise<string> {
  return String(await qmp.execute('human-monitor-command', { 'command-line': line }));
}

async function input(qmp: Pick<QmpClient, 'execute'>, size: Size, register: number): Promise<number> {
  const text = await monitor(qmp, `i /${size} 0x${register.toString(16)}`);
  const value = /= 0x([0-9a-f]+)/.exec(text)?.[1];
  if (value === undefined) throw new InfraError('QEMU did not read an I/O port', { detail: text });
  return Number.parseInt(value, 16);
}

async function output(
  qmp: Pick<QmpClient, 'execute'>,
  size: Size,
  register: number,
  value: number,
): Promise<void> {
  const text = await monitor(qmp, `o /${size} 0x${register.toString(16)} 0x${value.toString(16)}`);
  if (text.trim() !== '') throw new InfraError('QEMU did not write an I/O port', { detail: text });
}
