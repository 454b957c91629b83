/** What the driver of guest/modules/edu-*.c can be told to do with its resources; edu-disciplines.c has the semantics. */

/** A discipline of the driver. */
export interface EduDiscipline {
  /** As the module's parameter has it. */
  readonly name: string;
  readonly description: string;
  /** Also offered on a machine whose ports have native hot-plug. */
  readonly pciehp?: true;
  /** Parameters of the module beside the discipline. */
  readonly parameters?: string;
  /** Part of the adapter's name; that of the discipline when absent. */
  readonly as?: string;
  /** Nothing is to be seen before the device itself is freed: not with removals that leave it there. */
  readonly needsDeviceGone?: true;
}

/** Right and wrong ones in pairs. */
export const EDU_DISCIPLINES: readonly EduDiscipline[] = [
  {
    name: 'irq-free-in-remove',
    description: 'right: the interrupt is freed by remove(), before what its handler uses',
    pciehp: true,
  },
  {
    name: 'irq-free-in-remove',
    as: 'intx',
    parameters: 'intx=1',
    description: 'the same with the interrupt pin, all others use a message (MSI)',
  },
  {
    name: 'irq-devres-late',
    description: 'remove() frees what the handler of a devm interrupt uses: it may run after that',
    pciehp: true,
  },
  {
    name: 'mmio-devm',
    description: 'right: registers mapped by devm_ioremap(), a device that was pulled out reads as ones',
    pciehp: true,
  },
  {
    name: 'mmio-iounmap-early',
    description: 'remove() unmaps the registers, and an ioctl of a held file reads them',
    pciehp: true,
  },
  { name: 'devres-after', description: 'right: devres frees the private data, after its last user' },
  {
    name: 'devres-uses-drvdata',
    description: 'a devres action uses the private data that remove() has freed',
  },
  {
    name: 'order-mixed',
    description: 'remove() frees by hand what a devres action uses later: order inversion',
  },
  { name: 'kobject-devm', description: 'a kobject in memory of devres, whose last reference is put later' },
  {
    name: 'action-detached',
    description: 'adds a devres action when no driver is bound any more: it runs when the device is freed',
    needsDeviceGone: true,
  },
  { name: 'work-cancelled', description: 'right: the work that rearms itself is cancelled by remove()' },
  { name: 'work-not-cancelled', description: 'the work goes on with memory that remove() has freed' },
  {
    name: 'dma-waited',
    description: 'right: remove() waits for whoever has a DMA buffer in use',
    pciehp: true,
  },
  { name: 'dma-in-flight', description: 'remove() frees the DMA buffer of an ioctl that is inside' },
  {
    name: 'remove-waits',
    description: 'remove() waits for the last close: the guest does not let go of the device',
    pciehp: true,
  },
];
