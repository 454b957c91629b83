/** Classes of files that an emulated adapter may offer, whatever bus it is on. */
import type { HoldName } from './types.ts';

/** What an adapter can offer to the guest's programs. */
export type Offer = 'i2c' | 'gpio' | 'gpio-events' | 'tty' | 'hidraw';

/** A class, what it needs, and how it can be held. */
export interface HeldClass {
  readonly deviceClass: string;
  readonly needs: Offer;
  /** Name of the device in sysfs, as a glob of the shell. */
  readonly node: string;
  readonly symbols: readonly string[];
  readonly holds: readonly HoldName[];
  readonly whyNot: Readonly<Record<string, string>>;
}

const NO_SUCH_IOCTL = 'only the fixture has such an ioctl';
const NO_DERIVED = 'its file is the node itself: none is derived from another';
const SHORT_TRANSFERS = 'its driver gives up a transfer too soon to be found in it';
const NO_EVENTS = 'the driver reports no events of its lines, so a line request with edges is refused';

/** `t4-ioctl` of i2c-dev is not among the holds: it is for drivers that wait for long, see {@link holdsOf}. */
const HELD_CLASSES: readonly HeldClass[] = [
  {
    deviceClass: 'i2c-dev',
    needs: 'i2c',
    node: 'i2c-[0-9]*',
    symbols: ['I2C_CHARDEV'],
    holds: ['t0-idle'],
    whyNot: {
      't1-poll': 'i2c-dev has no poll operation (drivers/i2c/i2c-dev.c, i2cdev_fops)',
      't2-read': 'a read of i2c-dev is a transfer, which the adapter ends at once',
      't3-read': NO_DERIVED,
    },
  },
  {
    deviceClass: 'gpio-cdev',
    needs: 'gpio',
    node: 'gpiochip[0-9]*',
    symbols: ['GPIO_CDEV'],
    holds: ['t0-idle', 't1-poll', 't2-read'],
    whyNot: { 't3-read': NO_DERIVED, 't4-ioctl': 'no ioctl of a GPIO chip sleeps until it is ended' },
  },
  {
    deviceClass: 'gpio-line',
    needs: 'gpio-events',
    node: 'gpiochip[0-9]*',
    symbols: ['GPIO_CDEV'],
    holds: ['t0-idle', 't1-poll', 't3-read'],
    whyNot: {
      't2-read': 'its file is derived from that of the chip: a blocked read of it is t3-read',
      't4-ioctl': 'no ioctl of a line request sleeps until it is ended',
    },
  },
];

/** The classes of an adapter. */
export function classesOf(offers: readonly Offer[]): readonly HeldClass[] {
  return HELD_CLASSES.filter(({ needs }) => offers.includes(needs));
}

/** How a class of an adapter is held. @param hasLongTransfers its driver waits long for one I2C transfer */
export function holdsOf(held: HeldClass, hasLongTransfers: boolean): readonly HoldName[] {
  return held.deviceClass === 'i2c-dev' && hasLongTransfers ? [...held.holds, 't4-ioctl'] : held.holds;
}

/** Why the other holds, and maybe the class of GPIO lines, are not to be had. */
export function whyNotHeld(
  held: HeldClass,
  offers: readonly Offer[],
  hasLongTransfers: boolean,
): Readonly<Record<string, string>> {
  return {
    ...held.whyNot,
    ...(held.deviceClass !== 'i2c-dev' || hasLongTransfers ? {} : { 't4-ioctl': SHORT_TRANSFERS }),
    't4-busy': NO_SUCH_IOCTL,
    't4-shared': NO_SUCH_IOCTL,
    't4-nested': NO_SUCH_IOCTL,
    ...(offers.includes('gpio-events') ? {} : { 'gpio-line': NO_EVENTS }),
  };
}
