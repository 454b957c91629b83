/** The contract of classes beside GPIO, I2C and the fixture: see contract-table.ts for the general rule. */
import type { Allowed, ContractLine } from './contract-table.ts';

const NO_DEVICE: Allowed = { errnos: ['ENODEV'] };
const HANG_UP: Allowed = { revents: ['POLLERR', 'POLLHUP'] };
const WORKS: Allowed = { success: true };

/** For what today's kernel leaves out: nobody may wait for a device that is gone. */
const RULE = 'the general rule of this table';

const EDU = 'guest/modules/edu-fops.c';

type Op = 'ioctl' | 'read' | 'poll' | 'write' | 'open';

const after = (deviceClass: string, op: Op, allowed: Allowed, source: string): ContractLine => ({
  deviceClass,
  when: 'after',
  op,
  allowed,
  source,
});

/** The same whether the call was pending or is made later. */
const ever = (deviceClass: string, op: Op, allowed: Allowed, source: string): readonly ContractLine[] => [
  after(deviceClass, op, allowed, source),
  { deviceClass, when: 'held', op, allowed, source },
];

/** Something is held that stays: only what it is made of is gone. To be looked up before the lines for all classes. */
export const CONSUMER_CONTRACT: readonly ContractLine[] = [
  after(
    'i2c-transfer',
    'open',
    WORKS,
    'drivers/i2c/busses/i2c-gpio.c: the adapter is there until it is unbound',
  ),
  after(
    'i2c-transfer',
    'ioctl',
    { errnos: ['ENODEV', 'ENXIO', 'EIO', 'EREMOTEIO', 'ETIMEDOUT'] },
    'Documentation/i2c/fault-codes.rst: nobody answers on a bus without lines',
  ),
  after(
    'gpio-consumer',
    'open',
    WORKS,
    'drivers/gpio/gpio-virtuser.c: the consumer is there until it is unbound',
  ),
  after('gpio-consumer', 'write', NO_DEVICE, 'drivers/gpio/gpiolib.c gpiod_set_raw_value_commit()'),
];

/** Devices of the classes themselves. */
export const FURTHER_CONTRACT: readonly ContractLine[] = [
  after('evdev', 'ioctl', NO_DEVICE, 'drivers/input/evdev.c evdev_ioctl_handler()'),
  ...ever('evdev', 'read', NO_DEVICE, 'drivers/input/evdev.c evdev_read()'),
  ...ever('evdev', 'poll', HANG_UP, 'drivers/input/evdev.c evdev_poll()'),
  after('hidraw', 'ioctl', NO_DEVICE, 'drivers/hid/hidraw.c hidraw_ioctl()'),
  ...ever('hidraw', 'read', { errnos: ['EIO', 'ENODEV'] }, 'drivers/hid/hidraw.c hidraw_read() (EIO)'),
  ...ever('hidraw', 'poll', HANG_UP, 'drivers/hid/hidraw.c hidraw_poll()'),
  ...ever('hid-sensor', 'read', NO_DEVICE, RULE),
  ...ever('hid-sensor', 'poll', HANG_UP, RULE),
  after('rtc', 'ioctl', NO_DEVICE, 'drivers/rtc/interface.c __rtc_read_time()'),
  ...ever('rtc', 'read', NO_DEVICE, RULE),
  ...ever('rtc', 'poll', HANG_UP, RULE),
  after('watchdog', 'ioctl', NO_DEVICE, 'drivers/watchdog/watchdog_dev.c watchdog_ioctl()'),
  after('pps', 'ioctl', NO_DEVICE, RULE),
  ...ever('iio', 'read', NO_DEVICE, 'drivers/iio/industrialio-buffer.c iio_buffer_read()'),
  ...ever('iio', 'poll', HANG_UP, RULE),
  ...ever('iio-event', 'read', NO_DEVICE, 'drivers/iio/industrialio-event.c iio_event_chrdev_read()'),
  ...ever('iio-event', 'poll', HANG_UP, RULE),
  after('alsa', 'ioctl', NO_DEVICE, 'sound/core/init.c snd_disconnect_ioctl()'),
  after('alsa', 'read', NO_DEVICE, 'sound/core/init.c snd_disconnect_read()'),
  {
    deviceClass: 'alsa',
    when: 'held',
    op: 'read',
    allowed: NO_DEVICE,
    source: 'sound/core/control.c snd_ctl_read()',
  },
  ...ever(
    'alsa',
    'poll',
    { revents: ['POLLERR', 'POLLNVAL'] },
    'sound/core/init.c snd_disconnect_poll(): its own bits',
  ),
  after('v4l', 'ioctl', NO_DEVICE, 'drivers/media/v4l2-core/v4l2-dev.c v4l2_ioctl()'),
  {
    deviceClass: 'v4l',
    when: 'held',
    op: 'ioctl',
    allowed: NO_DEVICE,
    source: 'drivers/media/v4l2-core/v4l2-dev.c v4l2_ioctl(), as for one that comes after',
  },
  ...ever('v4l', 'poll', HANG_UP, 'drivers/media/v4l2-core/v4l2-dev.c v4l2_poll()'),
  after(
    'media',
    'ioctl',
    { errnos: ['EIO', 'ENODEV'] },
    'drivers/media/mc/mc-devnode.c __media_ioctl() (EIO)',
  ),
  after('media', 'poll', HANG_UP, 'drivers/media/mc/mc-devnode.c media_poll()'),
  after('misc', 'ioctl', NO_DEVICE, RULE),
  ...ever('edu', 'read', NO_DEVICE, EDU),
  ...ever('edu', 'poll', HANG_UP, EDU),
  ...ever('edu', 'ioctl', NO_DEVICE, EDU),
  after(
    'tpm',
    'write',
    { errnos: ['EIO', 'EPIPE', 'ENODEV'] },
    'drivers/char/tpm/tpm-dev-common.c tpm_dev_async_work() (EIO), tpm_common_write() (EPIPE)',
  ),
  ...ever('tpm', 'poll', HANG_UP, RULE),
  after('nvmem', 'read', NO_DEVICE, 'fs/kernfs/file.c kernfs_file_read_iter()'),
  after(
    'cros-ec',
    'ioctl',
    NO_DEVICE,
    'drivers/platform/chrome/cros_ec_chardev.c cros_ec_chardev_ioctl() of 7.2',
  ),
  ...ever(
    'cros-ec',
    'read',
    NO_DEVICE,
    'drivers/platform/chrome/cros_ec_chardev.c cros_ec_chardev_read() of 7.2',
  ),
  ...ever(
    'cros-ec',
    'poll',
    { revents: ['POLLHUP'] },
    'drivers/platform/chrome/cros_ec_chardev.c cros_ec_chardev_poll() of 7.2',
  ),
];

/** Classes of which one file at a time can be open: a second open() fails with EBUSY while the device is there. */
export const OPENED_ONCE: readonly { readonly deviceClass: string; readonly source: string }[] = [
  { deviceClass: 'watchdog', source: 'drivers/watchdog/watchdog_dev.c watchdog_open()' },
  { deviceClass: 'iio', source: 'drivers/iio/industrialio-core.c iio_chrdev_open()' },
  { deviceClass: 'tpm', source: 'drivers/char/tpm/tpm-dev.c tpm_open()' },
  { deviceClass: 'hid-sensor', source: 'drivers/hid/hid-sensor-custom.c hid_sensor_custom_open()' },
];
