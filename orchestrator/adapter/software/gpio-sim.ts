/** gpio-sim: a simulated GPIO chip, made and unmade through configfs (drivers/gpio/gpio-sim.c). */
import type { SoftwareAdapter } from '../types.ts';

const CONFIGFS = '/sys/kernel/config/gpio-sim/unplug';

/** The adapter. Its chip is held through /dev/gpiochipN. */
export const gpioSim: SoftwareAdapter = {
  name: 'gpio-sim',
  deviceClass: 'gpio-cdev',
  description: 'simulated GPIO chip with 8 lines',
  requiredSymbols: ['GPIO_SIM', 'GPIO_CDEV'],
  holds: ['t0-idle', 't1-poll', 't2-read'],
  whyNot: {
    't4-ioctl': 'no ioctl of a simulated chip sleeps, so none can be found in flight',
    sysfs_remove: 'a platform device has no remove file',
  },
  plug: [
    `mkdir ${CONFIGFS} ${CONFIGFS}/bank0`,
    `echo 8 > ${CONFIGFS}/bank0/num_lines`,
    `echo 1 > ${CONFIGFS}/live`,
    `chip=$(cat ${CONFIGFS}/bank0/chip_name)`,
    'test -c /dev/$chip',
    'echo device=/dev/$chip',
    `echo platform=$(cat ${CONFIGFS}/dev_name)`,
  ].join('\n'),
  removals: {
    sysfs_unbind: (facts) => ({
      file: '/sys/bus/platform/drivers/gpio-sim/unbind',
      value: facts['platform'] ?? '',
    }),
    configfs_disable: () => ({ file: `${CONFIGFS}/live`, value: '0' }),
  },
};
