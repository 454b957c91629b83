/**
 * A card goes into a slot only while its Power Indicator is off (PCI Express Base Specification 4.0, 6.7.1.1.2). After a
 * removal pciehp waits a second before it says so (drivers/pci/hotplug/pciehp_ctrl.c remove_board()), and what is plugged
 * meanwhile goes away with the power.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { InfraError, monotonicMs, throwIfAborted } from '../../base/index.ts';
import type { QmpClient } from '../../machine/index.ts';
import { withSlotRegisters } from './slot-registers.ts';

/** PCI_EXP_SLTCAP_HPC; PCI_EXP_SLTCTL_PIC and its value for "off" (include/uapi/linux/pci_regs.h). */
const NATIVE_HOTPLUG_CAPABLE = 0x40;
const POWER_INDICATOR = 0x0300;
const INDICATOR_OFF = 0x0300;
const LOOK_INTERVAL_MS = 100;

/**
 * Waits until the guest has done with what was in a slot; at once where hot-plug is by ACPI.
 * @throws InfraError when it does not in time, or QEMU refuses; what the signal was aborted with
 */
export async function slotAtRest(
  qmp: Pick<QmpClient, 'execute'>,
  port: string,
  limitMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const deadlineMs = monotonicMs() + limitMs;
  for (;;) {
    const atRest = await withSlotRegisters(
      qmp,
      port,
      async ({ capabilities, control, present }) =>
        // A card that is in it: QEMU says by which one it is taken.
        present ||
        (capabilities & NATIVE_HOTPLUG_CAPABLE) === 0 ||
        (control & POWER_INDICATOR) === INDICATOR_OFF,
    );
    if (atRest) return;
    throwIfAborted(signal);
    if (monotonicMs() >= deadlineMs)
      throw new InfraError(`${port} is in use: its power indicator is not off after ${limitMs} ms`);
    await delay(LOOK_INTERVAL_MS);
  }
}
