/** ICH9 SMBus: the I2C controller that is soldered to QEMU's q35 (drivers/i2c/busses/i2c-i801.c). */
import type { Adapter } from '../types.ts';
import { BUILT_IN, NO_OUTSIDE } from './why-not.ts';

const DRIVER = '/sys/bus/pci/drivers/i801_smbus';

const FIND = [
  `cd ${DRIVER}`,
  'for function in 0000:*; do break; done',
  'cd /sys/bus/pci/devices/$function',
  'for bus in i2c-*; do break; done',
  'test -c /dev/$bus',
  'echo device=/dev/$bus',
  'echo function=$function',
].join('\n');

const NO_BUSY_TRANSFER =
  'the emulated controller ends every transfer at once, so none can be found in flight';

/** The adapter. It is held through /dev/i2c-N. */
export const i801: Adapter = {
  name: 'i801',
  deviceClass: 'i2c-dev',
  description: 'ICH9 SMBus of the q35 machine, with memory-module EEPROMs at 0x50',
  requiredSymbols: ['I2C_I801', 'I2C_CHARDEV'],
  requiredFunctions: [],
  holds: ['t0-idle'],
  whyNot: {
    ...NO_OUTSIDE,
    rmmod: BUILT_IN,
    driver_override: 'what it takes away is what sysfs_unbind does: see edu for handing a function over',
    't1-poll': 'i2c-dev has no poll operation (drivers/i2c/i2c-dev.c, i2cdev_fops)',
    't2-read': 'a read of i2c-dev is a transfer, and the emulated controller ends it at once',
    't3-read': 'no file is derived from one of i2c-dev',
    't4-ioctl': NO_BUSY_TRANSFER,
    't4-busy': NO_BUSY_TRANSFER,
    't4-shared': NO_BUSY_TRANSFER,
    't4-nested': 'no ioctl of i2c-dev takes the adapter away',
    configfs_disable: 'a PCI function is not made through configfs',
  },
  plug: FIND,
  find: FIND,
  removals: {
    sysfs_unbind: (facts) => ({ by: 'write', file: `${DRIVER}/unbind`, value: facts['function'] ?? '' }),
    sysfs_remove: (facts) => ({
      by: 'write',
      file: `/sys/bus/pci/devices/${facts['function']}/remove`,
      value: '1',
    }),
  },
};
