/** i2c-stub: an SMBus with chips of bare registers (drivers/i2c/i2c-stub.c), and the kernel's own drivers on it. */
import type { Adapter } from '../types.ts';
import { HELD, type HeldClass } from './held-classes.ts';
import { softwareAdapter, unbind, waitForNode } from './software.ts';

const EEPROM_ADDRESS = 0x50;
const EXPANDER_ADDRESS = 0x70;

/** Makes the bus, and prints its number as `bus`. */
const STUB = [
  `insmod /unplug/modules/i2c-stub.ko chip_addr=${EEPROM_ADDRESS},${EXPANDER_ADDRESS}`,
  'for name in /sys/bus/i2c/devices/i2c-*/name; do',
  '  read -r text <$name',
  `  [ "$text" = "SMBus stub driver" ] && bus=\${name%/name} && bus=\${bus##*i2c-}`,
  'done',
];

interface Client {
  readonly name: string;
  readonly held: HeldClass;
  readonly description: string;
  readonly symbols: readonly string[];
  readonly modules: readonly string[];
  /** As new_device wants it: `24c02 0x50`. */
  readonly chip: string;
  readonly address: number;
  /** As in /sys/bus/i2c/drivers. */
  readonly driver: string;
  /** Waits for what is held, and prints it as `device`. `$client` is the client's folder. */
  readonly find: readonly string[];
  readonly whyNot?: Readonly<Record<string, string>>;
}

function clientOf({ chip, address, driver, find, whyNot, symbols, ...rest }: Client): Adapter {
  const number = address.toString(16).padStart(4, '0');
  return softwareAdapter({
    ...rest,
    symbols: ['I2C_STUB', ...symbols],
    plug: [
      ...STUB,
      `echo ${chip} 0x${address.toString(16)} >/sys/bus/i2c/devices/i2c-$bus/new_device`,
      `client=/sys/bus/i2c/devices/$bus-${number}`,
      ...find,
      `echo client=$bus-${number}`,
      'echo adapter=i2c-$bus',
    ],
    removals: {
      delete_device: (facts) => ({
        by: 'write',
        file: `/sys/bus/i2c/devices/${facts['adapter']}/delete_device`,
        value: `0x${address.toString(16)}`,
      }),
      sysfs_unbind: unbind('i2c', driver, 'client'),
    },
    whyNot: { sysfs_remove: 'an I2C client has no remove file', ...whyNot },
  });
}

/** The adapters: the bus itself, and a GPIO expander and an EEPROM on it. */
export const i2cStubs: readonly Adapter[] = [
  softwareAdapter({
    name: 'i2c-stub',
    held: HELD['i2c-dev'],
    description: 'SMBus of software with chips of bare registers',
    symbols: ['I2C_STUB'],
    unloads: 'i2c-stub',
    plug: [...STUB, 'test -c /dev/i2c-$bus', 'echo device=/dev/i2c-$bus'],
    removals: {},
    whyNot: {
      sysfs_unbind: 'its adapter hangs off no device, so no driver is bound to anything',
      sysfs_remove: 'its adapter hangs off no device',
      delete_device: 'that takes a client away, and not the adapter: see pca953x and at24',
    },
  }),
  clientOf({
    name: 'pca953x',
    held: HELD['gpio-cdev'],
    description: 'GPIO expander PCA9538 on i2c-stub, its chip held by its node',
    symbols: ['GPIO_PCA953X'],
    modules: ['regmap-i2c', 'gpio-pca953x'],
    chip: 'pca9538',
    address: EXPANDER_ADDRESS,
    driver: 'pca953x',
    find: waitForNode('$client/gpiochip*'),
    whyNot: { 'gpio-line': 'without an interrupt it has no events, so a line request with edges is refused' },
  }),
  clientOf({
    name: 'at24',
    held: HELD.nvmem,
    description: 'EEPROM 24C02 on i2c-stub, its contents held open in sysfs',
    symbols: ['EEPROM_AT24'],
    modules: ['regmap-i2c', 'at24'],
    chip: '24c02',
    address: EEPROM_ADDRESS,
    driver: 'at24',
    find: ['test -f $client/eeprom', 'echo device=$client/eeprom'],
  }),
];
