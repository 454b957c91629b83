/**
 * A card that is pulled out of its slot. QEMU 7.2 has no command for it: `device_del` presses the attention button and
 * waits for the guest. But a port with power control lets go of what is in its slot as soon as Slot Control says that the
 * power is off (QEMU hw/pci/pcie.c pcie_cap_slot_write_config()), whoever wrote it, and tells the guest by Presence Detect
 * Changed.
 */
import type { QmpClient } from '../../machine/index.ts';
import { withSlotRegisters } from './slot-registers.ts';

/** Power Controller Control and the Power Indicator (include/uapi/linux/pci_regs.h PCI_EXP_SLTCTL_PCC, _PIC). */
const POWER_BITS = 0x0700;
const ON = 0x0100;
const OFF = 0x0700;

/**
 * Takes the power off a port's slot behind the guest's back, and gives it again once the card is gone.
 * @throws InfraError when QEMU refuses, or the port is none with a slot
 */
export function emptySlot(qmp: Pick<QmpClient, 'execute'>, port: string): Promise<void> {
  return withSlotRegisters(qmp, port, async ({ control, setControl }) => {
    const write = (bits: number): Promise<void> => setControl((control & ~POWER_BITS) | bits);
    // QEMU acts on the change only.
    if ((control & POWER_BITS) === OFF) await write(ON);
    await write(OFF);
    // Nobody switched it off: pciehp takes a slot without power for one that it has disabled itself
    // (drivers/pci/hotplug/pciehp_ctrl.c __pciehp_disable_slot()).
    await write(control & POWER_BITS);
  });
}
