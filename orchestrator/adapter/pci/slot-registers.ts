/**
 * The slot registers of a root port, reached from QEMU's monitor by way of the configuration ports while the CPUs stand
 * still: the guest has no part in it.
 */
import { InfraError } from '../../base/index.ts';
import type { QmpClient } from '../../machine/index.ts';

/** Configuration access of PC chipsets (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x8000_0000;

/** PCI_CAPABILITY_LIST, PCI_CAP_ID_EXP, PCI_EXP_SLTCAP, _SLTCTL, _SLTSTA, _SLTSTA_PDS (include/uapi/linux/pci_regs.h). */
const CAPABILITY_LIST = 0x34;
const EXPRESS = 0x10;
const SLOT_CAPABILITIES = 0x14;
const SLOT_CONTROL = 0x18;
const SLOT_STATUS = 0x1a;
const PRESENCE_DETECT_STATE = 0x40;
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

/** The registers of one port, for as long as the guest stands still. */
export interface SlotRegisters {
  readonly capabilities: number;
  readonly control: number;
  /** Whether a card is in the slot. */
  readonly present: boolean;
  setControl(value: number): Promise<void>;
}

/**
 * Stops the guest's CPUs, has something done with a port's registers, and lets them go on.
 * @throws InfraError when QEMU refuses, or the port is none with a slot; what `use` throws
 */
export async function withSlotRegisters<T>(
  qmp: Pick<QmpClient, 'execute'>,
  port: string,
  use: (slot: SlotRegisters) => Promise<T>,
): Promise<T> {
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
      const express = await expressCapability(read, port);
      const capabilities = await read('w', express + SLOT_CAPABILITIES);
      const status = await read('h', express + SLOT_STATUS);
      // Last: it stays selected for what is written.
      const control = await read('h', express + SLOT_CONTROL);
      return await use({
        capabilities,
        control,
        present: (status & PRESENCE_DETECT_STATE) !== 0,
        setControl: (value) => output(qmp, 'h', CONFIG_DATA + ((express + SLOT_CONTROL) & 3), value),
      });
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
