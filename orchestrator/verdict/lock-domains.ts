/**
 * What a kernel function waits for when a task sleeps in it, and who holds that. Read from the sources of 6.12.117
 * unless a line says otherwise; a function that is not listed is shown without a domain.
 */

import { CLASS_LOCK_DOMAINS } from './lock-domains-classes.ts';

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
  ...CLASS_LOCK_DOMAINS,
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
