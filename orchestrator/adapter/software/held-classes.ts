/** What can be held of adapters of software, by class: which holds there are, and why not the others. */
import type { HoldName } from '../types.ts';

/** How the files of a class can be held. */
export interface HeldClass {
  readonly deviceClass: string;
  /** Kernel symbols of the class itself, without `CONFIG_`. */
  readonly symbols: readonly string[];
  readonly holds: readonly HoldName[];
  /** For holds that it has not, where the general reason does not do. */
  readonly whyNot: Readonly<Partial<Record<HoldName, string>>>;
}

const POLL_AND_READ: readonly HoldName[] = ['t0-idle', 't1-poll', 't2-read'];
const EVENT_FILE = 'its file is derived from that of the node: a blocked read of it is t3-read';

/** Classes of which one file at a time can be open. */
const OPENED_ONCE = {
  't5-open': 'one file of it can be open at a time',
  't7-close': 'one file of it can be open at a time',
} as const;

function held(
  deviceClass: string,
  symbols: readonly string[],
  holds: readonly HoldName[],
  whyNot: HeldClass['whyNot'] = {},
): HeldClass {
  return { deviceClass, symbols, holds, whyNot };
}

/** The classes, by the name that the hold programs know them by. */
export const HELD = {
  'i2c-dev': held('i2c-dev', ['I2C_CHARDEV'], ['t0-idle'], {
    't1-poll': 'i2c-dev has no poll operation (drivers/i2c/i2c-dev.c, i2cdev_fops)',
    't2-read': 'a read of i2c-dev is a transfer, and none of this adapter sleeps',
    't4-ioctl': 'no transfer of this adapter sleeps, so none can be found in flight',
  }),
  'i2c-transfer': held('i2c-transfer', ['I2C_CHARDEV'], ['t0-idle'], {
    't1-poll': 'i2c-dev has no poll operation (drivers/i2c/i2c-dev.c, i2cdev_fops)',
    't2-read': 'a read of i2c-dev is a transfer, and i2c-algo-bit waits for lines without sleeping',
    't4-ioctl': 'i2c-algo-bit waits for lines without sleeping (drivers/i2c/algos/i2c-algo-bit.c sclhi())',
  }),
  'gpio-cdev': held('gpio-cdev', ['GPIO_CDEV'], POLL_AND_READ),
  'gpio-consumer': held('gpio-consumer', ['DEBUG_FS'], ['t0-idle'], {
    't1-poll': 'a value has no poll operation (drivers/gpio/gpio-virtuser.c)',
    't2-read': 'a read of a value does not wait',
  }),
  nvmem: held('nvmem', ['NVMEM_SYSFS'], ['t0-idle'], {
    't1-poll': 'what is polled for is a change that sysfs_notify() tells, and nobody does',
    't2-read': 'a read of the contents does not wait',
  }),
  evdev: held('evdev', ['INPUT_EVDEV'], POLL_AND_READ),
  hidraw: held('hidraw', ['HIDRAW'], POLL_AND_READ),
  'hid-sensor': held('hid-sensor', ['HID_SENSOR_CUSTOM_SENSOR'], POLL_AND_READ, OPENED_ONCE),
  rtc: held('rtc', ['RTC_INTF_DEV'], POLL_AND_READ),
  watchdog: held('watchdog', ['WATCHDOG_CORE'], ['t0-idle'], {
    ...OPENED_ONCE,
    't1-poll': 'a watchdog has no poll operation (drivers/watchdog/watchdog_dev.c, watchdog_fops)',
    't2-read': 'a watchdog has no read operation (drivers/watchdog/watchdog_dev.c, watchdog_fops)',
  }),
  pps: held('pps', ['PPS'], ['t0-idle'], {
    't1-poll': 'its timer makes an event every second, so no call stays blocked',
    't2-read': 'a source has no read operation (drivers/pps/pps.c, pps_cdev_fops)',
    't4-ioctl': 'its timer makes an event every second, so no call stays blocked',
  }),
  iio: held('iio', ['IIO'], POLL_AND_READ, OPENED_ONCE),
  'iio-event': held('iio-event', ['IIO'], ['t0-idle', 't1-poll', 't3-read'], {
    ...OPENED_ONCE,
    't2-read': EVENT_FILE,
  }),
  alsa: held('alsa', ['SND'], POLL_AND_READ),
  v4l: held('v4l', ['VIDEO_DEV'], ['t0-idle', 't1-poll', 't4-ioctl'], {
    't2-read':
      'a memory-to-memory device has no read operation (drivers/media/test-drivers/vim2m.c, vim2m_fops)',
  }),
  media: held('media', ['MEDIA_CONTROLLER'], ['t0-idle'], {
    't1-poll': 'its poll never waits (drivers/media/mc/mc-devnode.c media_poll())',
    't2-read': 'a media device has no read operation (drivers/media/mc/mc-device.c, media_device_fops)',
  }),
  tpm: held('tpm', ['TCG_TPM'], ['t0-idle', 't1-poll'], {
    ...OPENED_ONCE,
    't2-read': 'a read without a command before it returns at once (drivers/char/tpm/tpm-dev-common.c)',
  }),
  'cros-ec': held('cros-ec', ['CROS_EC_CHARDEV'], POLL_AND_READ),
} as const satisfies Readonly<Record<string, HeldClass>>;
