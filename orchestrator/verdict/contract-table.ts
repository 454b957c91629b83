/**
 * What userspace may see once the device is gone, per class of device and operation. The general rule is that of
 * driver removal in the kernel: calls on a file whose device is gone fail with ENODEV (ENXIO where the subsystem says
 * so), poll reports POLLERR|POLLHUP so that nobody waits for what can't come, and close always works.
 */
import type { ContractRule } from '../suite/index.ts';

import { CONSUMER_CONTRACT, FURTHER_CONTRACT } from './contract-further.ts';

/** What a call may come back with; anything else breaks the contract. */
export interface Allowed {
  readonly success?: boolean;
  /** Error names, or `SIGBUS` for an access to a mapping. */
  readonly errnos?: readonly string[];
  /** Poll: all of these bits, others beside them are allowed. */
  readonly revents?: readonly string[];
}

/** One line of the contract. */
export interface ContractLine {
  /** Null: every class. */
  readonly deviceClass: string | null;
  /** `held`: the call that was pending when the device went; `after`: made once it was gone; `any`: at any time. */
  readonly when: 'held' | 'after' | 'any';
  readonly op: string;
  readonly allowed: Allowed;
  /** Where it is written. */
  readonly source: string;
}

const HANG_UP = ['POLLERR', 'POLLHUP'] as const;
const FIXTURE = 'guest/modules/discipline-locks.c, discipline rwsem';

/** The first line that fits counts. */
export const CONTRACT: readonly ContractLine[] = [
  {
    deviceClass: null,
    when: 'any',
    op: 'close',
    allowed: { success: true },
    source: 'fs/open.c filp_close(), fs/file_table.c __fput(): release has no say in whether a close works',
  },
  ...CONSUMER_CONTRACT,
  {
    deviceClass: null,
    when: 'after',
    op: 'open',
    allowed: { errnos: ['ENOENT', 'ENODEV', 'ENXIO'] },
    source:
      'drivers/base/devtmpfs.c handle_remove() (ENOENT); fs/char_dev.c chrdev_open() (ENXIO); drivers/gpio/gpiolib-cdev.c gpio_chrdev_open() (ENODEV)',
  },
  {
    deviceClass: 'gpio-cdev',
    when: 'after',
    op: 'ioctl',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c gpio_ioctl()',
  },
  {
    deviceClass: 'gpio-cdev',
    when: 'after',
    op: 'read',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c lineinfo_watch_read()',
  },
  {
    deviceClass: 'gpio-cdev',
    when: 'held',
    op: 'read',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c lineinfo_watch_read(), as for a read that comes after',
  },
  {
    deviceClass: 'gpio-cdev',
    when: 'after',
    op: 'poll',
    allowed: { revents: HANG_UP },
    source: 'drivers/gpio/gpiolib-cdev.c lineinfo_watch_poll()',
  },
  {
    deviceClass: 'gpio-cdev',
    when: 'held',
    op: 'poll',
    allowed: { revents: HANG_UP },
    source: 'drivers/gpio/gpiolib-cdev.c gpio_device_unregistered_notify(), lineinfo_watch_poll()',
  },
  {
    deviceClass: 'gpio-line',
    when: 'after',
    op: 'ioctl',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c linereq_ioctl()',
  },
  {
    deviceClass: 'gpio-line',
    when: 'after',
    op: 'read',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c linereq_read()',
  },
  {
    deviceClass: 'gpio-line',
    when: 'held',
    op: 'read',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c linereq_read(), as for a read that comes after',
  },
  {
    deviceClass: 'gpio-line',
    when: 'after',
    op: 'poll',
    allowed: { revents: HANG_UP },
    source: 'drivers/gpio/gpiolib-cdev.c linereq_poll()',
  },
  {
    deviceClass: 'gpio-line',
    when: 'held',
    op: 'poll',
    allowed: { revents: HANG_UP },
    source: 'drivers/gpio/gpiolib-cdev.c linereq_unregistered_notify(), linereq_poll()',
  },
  {
    deviceClass: 'gpio-line-v1',
    when: 'after',
    op: 'ioctl',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c lineevent_ioctl()',
  },
  {
    deviceClass: 'gpio-line-v1',
    when: 'after',
    op: 'read',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c lineevent_read()',
  },
  {
    deviceClass: 'gpio-line-v1',
    when: 'held',
    op: 'read',
    allowed: { errnos: ['ENODEV'] },
    source: 'drivers/gpio/gpiolib-cdev.c lineevent_read(), as for a read that comes after',
  },
  {
    deviceClass: 'gpio-line-v1',
    when: 'after',
    op: 'poll',
    allowed: { revents: HANG_UP },
    source: 'drivers/gpio/gpiolib-cdev.c lineevent_poll()',
  },
  {
    deviceClass: 'gpio-line-v1',
    when: 'held',
    op: 'poll',
    allowed: { revents: HANG_UP },
    source: 'drivers/gpio/gpiolib-cdev.c lineevent_unregistered_notify(), lineevent_poll()',
  },
  {
    deviceClass: 'i2c-dev',
    when: 'held',
    op: 'ioctl',
    // A transfer may have been complete, or have run into its time-out, when the device went.
    allowed: {
      success: true,
      errnos: ['ENODEV', 'ENXIO', 'EIO', 'EPROTO', 'ESHUTDOWN', 'ETIMEDOUT', 'EREMOTEIO'],
    },
    source: 'Documentation/i2c/fault-codes.rst; EREMOTEIO: drivers/i2c/busses/i2c-dln2.c, drivers/mfd/dln2.c',
  },
  {
    deviceClass: 'i2c-dev',
    when: 'after',
    op: 'ioctl',
    // Not reached today: i2c_del_adapter() waits until no file is open.
    allowed: { errnos: ['ENODEV', 'ENXIO'] },
    source: 'drivers/i2c/i2c-dev.c i2cdev_open() (ENODEV); include/uapi/asm-generic/errno-base.h ENXIO',
  },
  { deviceClass: 'fixture', when: 'after', op: 'ioctl', allowed: { errnos: ['ENODEV'] }, source: FIXTURE },
  { deviceClass: 'fixture', when: 'after', op: 'read', allowed: { errnos: ['ENODEV'] }, source: FIXTURE },
  { deviceClass: 'fixture', when: 'after', op: 'poll', allowed: { revents: HANG_UP }, source: FIXTURE },
  {
    deviceClass: 'fixture',
    when: 'after',
    op: 'mmap',
    allowed: { errnos: ['ENODEV', 'SIGBUS'] },
    source: `${FIXTURE}; mmap fails with ENODEV, an access to an older mapping gets SIGBUS (mm/memory.c VM_FAULT_SIGBUS)`,
  },
  { deviceClass: 'fixture', when: 'held', op: 'read', allowed: { errnos: ['ENODEV'] }, source: FIXTURE },
  { deviceClass: 'fixture', when: 'held', op: 'poll', allowed: { revents: HANG_UP }, source: FIXTURE },
  {
    deviceClass: 'fixture',
    when: 'held',
    op: 'ioctl',
    // A transfer that was complete when the device went may say so.
    allowed: { success: true, errnos: ['ENODEV', 'EINTR'] },
    source: FIXTURE,
  },
  ...FURTHER_CONTRACT,
];

/**
 * The line for an operation, if there is one.
 * @param own what the suite says of its case: that goes first
 */
export function contractFor(
  deviceClass: string,
  when: 'held' | 'after',
  op: string,
  own: readonly ContractRule[] = [],
): ContractLine | undefined {
  const rule = own.find((one) => one.when === when && one.op === op);
  if (rule !== undefined) {
    const { success, errnos, revents } = rule.allow;
    const allowed: Allowed = {
      ...(success === undefined ? {} : { success }),
      ...(errnos === undefined ? {} : { errnos }),
      ...(revents === undefined ? {} : { revents }),
    };
    return { deviceClass, when, op, allowed, source: `the suite: ${rule.source}` };
  }
  return CONTRACT.find(
    (line) =>
      line.op === op &&
      (line.when === 'any' || line.when === when) &&
      (line.deviceClass === null || line.deviceClass === deviceClass),
  );
}

/** `ENODEV or ENXIO`, `POLLERR|POLLHUP`, `success, ENODEV or EINTR` */
export function allowedText(allowed: Allowed): string {
  const words = [
    ...(allowed.success ? ['success'] : []),
    ...(allowed.revents === undefined ? [] : [allowed.revents.join('|')]),
    ...(allowed.errnos ?? []),
  ];
  return words.length < 2 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
