/**
 * What a kernel function waits for when a task sleeps in it, and who holds that. Read from the sources of 6.12.117
 * unless a line says otherwise; a function that is not listed is shown without a domain.
 */

/** What a wait is for. */
export type DomainKind = 'srcu' | 'completion' | 'mutex' | 'rwsem' | 'references' | 'work' | 'host';

/** One function that waits. */
export interface LockDomain {
  /** The function whose wait it is; null: any, then `via` decides. */
  readonly waiter: string | null;
  /** A function that must be on the stack, inside of the waiter or further out: tells two waits of one function apart. */
  readonly with?: string;
  /** As the kernel's source writes it, and as lockdep prints it in its list of held locks: `gdev->srcu`. */
  readonly domain: string;
  readonly kind: DomainKind;
  /** Who holds it: any task with one of these functions on its stack. */
  readonly holders: readonly string[];
  /** Who holds it: whoever has a file of these classes open; empty where an open file alone holds nothing. */
  readonly openFilesOf: readonly string[];
  /** In words, for the reader: who must let go. */
  readonly heldBy: string;
  /** Kernel file and function. */
  readonly source: string;
}

const GPIO_READERS = ['lineinfo_watch_read', 'linereq_read', 'lineevent_read'];
const GPIO_HELD = 'whoever is inside a read, poll or ioctl of the chip or of a line request';
const FIXTURE_CALLS = ['unplug_fixture_read', 'unplug_fixture_ioctl', 'unplug_fixture_mmap', 'fixture_enter'];
const FIXTURE_HELD = 'whoever is inside a call of the fixture';
const GPIO_CALLS = [
  ...GPIO_READERS,
  'lineinfo_watch_poll',
  'linereq_poll',
  'lineevent_poll',
  'gpio_ioctl',
  'linereq_ioctl',
  'lineevent_ioctl',
  'linehandle_ioctl',
];
const none: readonly string[] = [];

function fixture(waiter: string, domain: string, kind: DomainKind, source: string): LockDomain {
  return { waiter, domain, kind, holders: FIXTURE_CALLS, openFilesOf: none, heldBy: FIXTURE_HELD, source };
}

function revocable(waiter: string, caller: string, domain: string, source: string): LockDomain {
  const ofGpio = caller === 'gpiochip_remove';
  return {
    waiter,
    with: caller,
    domain,
    kind: 'srcu',
    holders: ofGpio ? GPIO_CALLS : FIXTURE_CALLS,
    openFilesOf: none,
    heldBy: ofGpio ? GPIO_HELD : FIXTURE_HELD,
    source,
  };
}

const REVOCABLE = 'drivers/base/revocable.c revocable_revoke() of the series';
const PROVIDER = 'drivers/base/revocable.c revocable_provider_revoke() of the series';

/** The first line that fits counts. */
export const LOCK_DOMAINS: readonly LockDomain[] = [
  {
    waiter: 'gpiochip_remove',
    domain: 'gdev->srcu',
    kind: 'srcu',
    holders: GPIO_CALLS,
    openFilesOf: none,
    heldBy: GPIO_HELD,
    source: 'drivers/gpio/gpiolib.c gpiochip_remove(), drivers/gpio/gpiolib-cdev.c guard(srcu)(&gdev->srcu)',
  },
  revocable('revocable_revoke', 'gpiochip_remove', 'rev->srcu', REVOCABLE),
  revocable('revocable_provider_revoke', 'gpiochip_remove', 'rp->srcu', PROVIDER),
  revocable('revocable_revoke', 'revocable_discipline_shut', 'rev->srcu', REVOCABLE),
  revocable('revocable_provider_revoke', 'revocable_discipline_shut', 'rp->srcu', PROVIDER),
  {
    waiter: 'i2c_del_adapter',
    domain: 'adap->dev_released',
    kind: 'completion',
    holders: none,
    openFilesOf: ['i2c-dev'],
    heldBy: 'whoever has /dev/i2c-N of the adapter open, or another driver that uses the adapter',
    source:
      'drivers/i2c/i2c-core-base.c i2c_del_adapter(), drivers/i2c/i2c-dev.c i2cdev_open() i2c_get_adapter()',
  },
  {
    waiter: 'snd_card_free',
    domain: 'card->release_completion',
    kind: 'completion',
    holders: none,
    openFilesOf: ['alsa', 'alsa-control', 'alsa-pcm', 'snd', 'snd-control', 'snd-pcm'],
    heldBy: 'whoever has a file of the sound card open',
    source: 'sound/core/init.c snd_card_free(), snd_card_file_add()',
  },
  {
    waiter: 'snd_card_disconnect_sync',
    domain: 'card->files_list',
    kind: 'references',
    holders: none,
    openFilesOf: ['alsa', 'alsa-control', 'alsa-pcm', 'snd', 'snd-control', 'snd-pcm'],
    heldBy: 'whoever has a file of the sound card open',
    source: 'sound/core/init.c snd_card_disconnect_sync()',
  },
  {
    waiter: 'tty_ldisc_hangup',
    domain: 'tty->ldisc_sem',
    kind: 'rwsem',
    holders: ['tty_read', 'tty_write', 'tty_ioctl', 'tty_poll', 'iterate_tty_read', 'file_tty_write'],
    openFilesOf: none,
    heldBy: 'whoever is inside a call of the line discipline',
    source: 'drivers/tty/tty_ldisc.c tty_ldisc_hangup(), tty_ldisc_ref_wait()',
  },
  {
    waiter: 'hidraw_disconnect',
    domain: 'minors_rwsem',
    kind: 'rwsem',
    holders: ['hidraw_write', 'hidraw_ioctl', 'hidraw_open', 'hidraw_release'],
    openFilesOf: none,
    heldBy: 'whoever is inside a write or ioctl of any hidraw file',
    source: 'drivers/hid/hidraw.c hidraw_disconnect(), hidraw_write(), hidraw_ioctl()',
  },
  {
    waiter: 'evdev_disconnect',
    domain: 'evdev->mutex',
    kind: 'mutex',
    holders: ['evdev_write', 'evdev_ioctl', 'evdev_ioctl_handler', 'evdev_flush', 'evdev_release'],
    openFilesOf: none,
    heldBy: 'whoever is inside a write or ioctl of the event file',
    source: 'drivers/input/evdev.c evdev_mark_dead(), evdev_write(), evdev_ioctl_handler()',
  },
  {
    waiter: 'misc_deregister',
    domain: 'misc_mtx',
    kind: 'mutex',
    holders: ['misc_open', 'misc_register', 'misc_deregister'],
    openFilesOf: none,
    heldBy: 'whoever opens any misc device: its open() runs with the lock held',
    source: 'drivers/char/misc.c misc_deregister(), misc_open()',
  },
  {
    waiter: 'hwrng_unregister',
    domain: 'rng->cleanup_done',
    kind: 'completion',
    holders: ['rng_dev_read', 'hwrng_fillfn'],
    openFilesOf: none,
    heldBy: 'whoever reads from the generator',
    source: 'drivers/char/hw_random/core.c hwrng_unregister(), cleanup_rng()',
  },
  {
    waiter: 'devm_rtc_unregister_device',
    domain: 'rtc->ops_lock',
    kind: 'mutex',
    holders: ['rtc_dev_ioctl', 'rtc_read_time', 'rtc_set_time', 'rtc_timer_do_work'],
    openFilesOf: none,
    heldBy: 'whoever is inside an ioctl of the clock',
    source: 'drivers/rtc/class.c devm_rtc_unregister_device(), drivers/rtc/dev.c rtc_dev_ioctl()',
  },
  {
    waiter: 'watchdog_dev_unregister',
    domain: 'wd_data->lock',
    kind: 'mutex',
    holders: ['watchdog_write', 'watchdog_ioctl', 'watchdog_release', 'watchdog_ping_work'],
    openFilesOf: none,
    heldBy: 'whoever is inside a call of the watchdog',
    source: 'drivers/watchdog/watchdog_dev.c watchdog_cdev_unregister(), watchdog_write()',
  },
  {
    waiter: 'iio_device_unregister',
    domain: 'iio_dev_opaque->info_exist_lock',
    kind: 'mutex',
    holders: ['iio_ioctl', 'iio_read_channel_raw', 'iio_write_channel_raw', 'iio_update_buffers'],
    openFilesOf: none,
    heldBy: 'whoever is inside an ioctl of the device, or a consumer that reads a channel',
    source: 'drivers/iio/industrialio-core.c iio_device_unregister(), iio_ioctl()',
  },
  {
    waiter: 'tpm_del_char_device',
    domain: 'chip->ops_sem',
    kind: 'rwsem',
    holders: ['tpm_try_get_ops', 'tpm_common_write', 'tpm_dev_async_work'],
    openFilesOf: none,
    heldBy: 'whoever has a command under way',
    source: 'drivers/char/tpm/tpm-chip.c tpm_del_char_device(), tpm_try_get_ops()',
  },
  {
    waiter: 'cros_ec_chardev_remove',
    domain: 'pdata->ec_dev_sem',
    kind: 'rwsem',
    holders: ['cros_ec_chardev_read', 'cros_ec_chardev_ioctl', 'cros_ec_chardev_poll'],
    openFilesOf: none,
    heldBy: 'whoever is inside a call of the device, a blocked read too',
    source: '7.2: drivers/platform/chrome/cros_ec_chardev.c cros_ec_chardev_remove(), cros_ec_chardev_read()',
  },
  {
    waiter: 'uio_unregister_device',
    domain: 'idev->info_lock',
    kind: 'mutex',
    holders: ['uio_read', 'uio_write', 'uio_mmap', 'uio_open', 'uio_release'],
    openFilesOf: none,
    heldBy: 'whoever is inside a call of the device',
    source: 'drivers/uio/uio.c uio_unregister_device()',
  },
  {
    waiter: 'drm_dev_unplug',
    domain: 'drm_unplug_srcu',
    kind: 'srcu',
    holders: ['drm_ioctl', 'drm_ioctl_kernel', 'commit_work'],
    openFilesOf: none,
    heldBy: 'whoever is between drm_dev_enter() and drm_dev_exit()',
    source: 'drivers/gpu/drm/drm_drv.c drm_dev_unplug(), drm_dev_enter()',
  },
  {
    waiter: '_virtio_gpio_req',
    domain: 'line->completion',
    kind: 'host',
    holders: none,
    openFilesOf: none,
    heldBy: 'the device, which has not answered the request',
    source: 'drivers/gpio/gpio-virtio.c _virtio_gpio_req()',
  },
  {
    waiter: 'kernfs_drain',
    domain: 'kn->active',
    kind: 'references',
    holders: ['kernfs_fop_read_iter', 'kernfs_fop_write_iter', 'kernfs_seq_show', 'kernfs_fop_open'],
    openFilesOf: none,
    heldBy: 'whoever is inside a read or write of an attribute of the device',
    source: 'fs/kernfs/dir.c kernfs_drain()',
  },
  {
    waiter: '__debugfs_file_removed',
    domain: 'fsd->active_users_drained',
    kind: 'completion',
    holders: ['full_proxy_read', 'full_proxy_write', 'full_proxy_poll', 'full_proxy_unlocked_ioctl'],
    openFilesOf: none,
    heldBy: 'whoever is inside a call of a debugfs file of the device',
    source: 'fs/debugfs/inode.c __debugfs_file_removed()',
  },
  {
    waiter: 'device_lock',
    domain: 'dev->mutex',
    kind: 'mutex',
    holders: [
      'device_release_driver_internal',
      'device_driver_detach',
      '__driver_attach',
      '__device_attach',
      'usb_disconnect',
      'hub_event',
    ],
    openFilesOf: none,
    heldBy: 'whoever binds, unbinds or removes the device',
    source: 'include/linux/device.h device_lock(), drivers/base/dd.c device_release_driver_internal()',
  },
  fixture('section_shut', 'fx->srcu', 'srcu', 'guest/modules/discipline-srcu.c section_shut()'),
  fixture('mark_wake_sync_shut', 'fx->srcu', 'srcu', 'guest/modules/discipline-srcu.c mark_wake_sync_shut()'),
  fixture('exclusive_shut', 'fx->mutex', 'mutex', 'guest/modules/discipline-locks.c exclusive_shut()'),
  fixture('shared_shut', 'fx->rwsem', 'rwsem', 'guest/modules/discipline-locks.c shared_shut()'),
  fixture(
    'pcpu_rwsem_shut',
    'fx->percpu_rwsem',
    'rwsem',
    'guest/modules/discipline-locks.c pcpu_rwsem_shut()',
  ),
  {
    waiter: null,
    with: '__flush_work',
    domain: 'the work item that is flushed',
    kind: 'work',
    holders: ['process_one_work', 'process_scheduled_works'],
    openFilesOf: none,
    heldBy: 'the worker that runs it',
    source: 'kernel/workqueue.c __flush_work()',
  },
  {
    waiter: null,
    with: '__synchronize_srcu',
    domain: 'an SRCU domain',
    kind: 'srcu',
    holders: none,
    openFilesOf: none,
    heldBy: 'whoever is inside a read-side section of it',
    source: 'kernel/rcu/srcutree.c __synchronize_srcu()',
  },
];
