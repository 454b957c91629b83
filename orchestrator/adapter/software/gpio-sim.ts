/** gpio-sim: a simulated GPIO chip, made and unmade through configfs (drivers/gpio/gpio-sim.c). */
import type { Adapter, HoldName } from '../types.ts';
import { BUILT_IN, NO_OUTSIDE } from './why-not.ts';

const CONFIGFS = '/sys/kernel/config/gpio-sim/unplug';

const NO_BUSY_IOCTL = 'no ioctl of a simulated chip sleeps, so none can be found in flight';

const FIND = [
  `read -r chip <${CONFIGFS}/bank0/chip_name`,
  `read -r platform <${CONFIGFS}/dev_name`,
  'test -c /dev/$chip',
  'echo device=/dev/$chip',
  'echo platform=$platform',
] as const;

/** What of the chip is held: the node itself, or a file that was got from it. */
interface Held {
  readonly name: string;
  readonly deviceClass: string;
  readonly description: string;
  readonly symbols: readonly string[];
  readonly read: Extract<HoldName, 't2-read' | 't3-read'>;
  readonly whyNoOtherRead: string;
}

function gpioSimHeldBy({ name, deviceClass, description, symbols, read, whyNoOtherRead }: Held): Adapter {
  return {
    name,
    deviceClass,
    description,
    requiredSymbols: ['GPIO_SIM', 'GPIO_CDEV', ...symbols],
    requiredFunctions: [],
    holds: ['t0-idle', 't1-poll', read],
    whyNot: {
      ...NO_OUTSIDE,
      rmmod: BUILT_IN,
      [read === 't2-read' ? 't3-read' : 't2-read']: whyNoOtherRead,
      't4-ioctl': NO_BUSY_IOCTL,
      't4-busy': NO_BUSY_IOCTL,
      't4-shared': NO_BUSY_IOCTL,
      't4-nested': 'no ioctl of a GPIO chip takes the chip away',
      driver_override: 'no other driver would take a simulated chip: that is sysfs_unbind',
      sysfs_remove: 'a platform device has no remove file',
    },
    plug: [
      `mkdir ${CONFIGFS} ${CONFIGFS}/bank0`,
      `echo 8 > ${CONFIGFS}/bank0/num_lines`,
      `echo 1 > ${CONFIGFS}/live`,
      ...FIND,
    ].join('\n'),
    find: FIND.join('\n'),
    removals: {
      sysfs_unbind: (facts) => ({
        by: 'write',
        file: '/sys/bus/platform/drivers/gpio-sim/unbind',
        value: facts['platform'] ?? '',
      }),
      configfs_disable: () => ({ by: 'write', file: `${CONFIGFS}/live`, value: '0' }),
    },
  };
}

const READ_OF_CHIP = 'its file is that of the chip, see gpio-sim-line for a derived one';
const READ_OF_LINE = 'its file is derived from that of the chip: a blocked read of it is t3-read';

/** The adapters: the same chip, held by /dev/gpiochipN or by a file that an ioctl of that returned. */
export const gpioSims: readonly Adapter[] = [
  gpioSimHeldBy({
    name: 'gpio-sim',
    deviceClass: 'gpio-cdev',
    description: 'simulated GPIO chip with 8 lines, held by its node',
    symbols: [],
    read: 't2-read',
    whyNoOtherRead: READ_OF_CHIP,
  }),
  gpioSimHeldBy({
    name: 'gpio-sim-line',
    deviceClass: 'gpio-line',
    description: 'the same chip, held by a line request with edge detection (GPIO_V2_GET_LINE_IOCTL)',
    symbols: [],
    read: 't3-read',
    whyNoOtherRead: READ_OF_LINE,
  }),
  gpioSimHeldBy({
    name: 'gpio-sim-line-v1',
    deviceClass: 'gpio-line-v1',
    description: 'the same chip, held by a line event of the first ABI (GPIO_GET_LINEEVENT_IOCTL)',
    symbols: ['GPIO_CDEV_V1'],
    read: 't3-read',
    whyNoOtherRead: READ_OF_LINE,
  }),
];
