/** Consumers of gpio-sim lines: what is held stays, and the chip below it goes. */
import type { Adapter, PlugFacts, RemovalAction } from '../types.ts';
import { HELD, type HeldClass } from './held-classes.ts';
import { loadModules, softwareAdapter, unbind } from './software.ts';

const SIM = '/sys/kernel/config/gpio-sim/unplug';
const VIRTUSER = '/sys/kernel/config/gpio-virtuser/unplug';
const LABEL = 'unplug-lines';
const SDA = 0;
const SCL = 1;

/** Makes the chip, labelled for those who look it up, and prints what a removal and a look afterwards need. */
const MAKE_CHIP = [
  `mkdir ${SIM} ${SIM}/bank0`,
  `echo 8 >${SIM}/bank0/num_lines`,
  `echo ${LABEL} >${SIM}/bank0/label`,
  `echo 1 >${SIM}/live`,
  `read -r chip <${SIM}/bank0/chip_name`,
  `read -r platform <${SIM}/dev_name`,
  'echo chip=$chip',
  'echo platform=$platform',
];

const gone = (facts: PlugFacts): string => `/sys/bus/gpio/devices/${facts['chip']}`;

/** The two ways in which the chip goes. */
const CHIP_REMOVALS: Adapter['removals'] = {
  configfs_disable: (facts) => ({ by: 'write', file: `${SIM}/live`, value: '0', gone: gone(facts) }),
  sysfs_unbind: (facts): RemovalAction => ({
    by: 'write',
    file: '/sys/bus/platform/drivers/gpio-sim/unbind',
    value: facts['platform'] ?? '',
    gone: gone(facts),
  }),
};

/**
 * A bus of two lines. A simulated line that was driven low stays low as an input: every address answers, with zeros.
 */
const MAKE_BUS = [
  ...MAKE_CHIP,
  loadModules(['i2c-algo-bit', 'i2c-gpio']),
  `insmod /unplug/modules/unplug_i2c_gpio.ko label=${LABEL} sda=${SDA} scl=${SCL}`,
  `for dir in /sys/bus/platform/devices/i2c-gpio.*/i2c-*; do bus=\${dir##*/}; done`,
  'test -c /dev/$bus',
  'echo device=/dev/$bus',
  `for dir in /sys/bus/platform/devices/i2c-gpio.*; do echo master=\${dir##*/}; done`,
];

function i2cGpio(
  name: string,
  held: HeldClass,
  description: string,
  removals: Adapter['removals'],
  whyNot: Readonly<Record<string, string>>,
): Adapter {
  return softwareAdapter({
    name,
    held,
    description,
    symbols: ['GPIO_SIM', 'I2C_GPIO', 'MODULES'],
    plug: MAKE_BUS,
    removals,
    whyNot: { sysfs_remove: 'a platform device has no remove file', ...whyNot },
  });
}

/**
 * Asks by calls that may sleep. Those in interrupt context (value_atomic) are not for such a chip: gpio-sim's may sleep,
 * and gpiod_set_value() warns of that with the chip in place (drivers/gpio/gpiolib.c).
 */
const virtuser = softwareAdapter({
  name: 'gpio-virtuser',
  held: HELD['gpio-consumer'],
  description: 'a consumer in the kernel (drivers/gpio/gpio-virtuser.c), its chip taken away under it',
  symbols: ['GPIO_SIM', 'GPIO_VIRTUSER'],
  modules: ['gpio-virtuser'],
  plug: [
    ...MAKE_CHIP,
    `mkdir ${VIRTUSER} ${VIRTUSER}/line ${VIRTUSER}/line/0`,
    `echo ${LABEL} >${VIRTUSER}/line/0/key`,
    `echo ${SDA} >${VIRTUSER}/line/0/offset`,
    `echo 1 >${VIRTUSER}/live`,
    `read -r user <${VIRTUSER}/dev_name`,
    'dir=/sys/kernel/debug/gpio-virtuser/$user/gpiod:line:0',
    'echo output-low >$dir/direction',
    'echo device=$dir/value',
  ],
  removals: CHIP_REMOVALS,
  whyNot: { sysfs_remove: 'a platform device has no remove file' },
});

/** The adapters. */
export const gpioSimConsumers: readonly Adapter[] = [
  i2cGpio(
    'i2c-gpio',
    HELD['i2c-dev'],
    'bit-banged I2C on two lines of gpio-sim, taken away itself (drivers/i2c/busses/i2c-gpio.c)',
    { sysfs_unbind: unbind('platform', 'i2c-gpio', 'master') },
    { configfs_disable: 'that takes the lines away: see i2c-gpio-lines' },
  ),
  i2cGpio(
    'i2c-gpio-lines',
    HELD['i2c-transfer'],
    'the same I2C adapter, held while the chip of its two lines is taken away under it',
    CHIP_REMOVALS,
    {},
  ),
  virtuser,
];
