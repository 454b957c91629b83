/** Stacks to phases of a device's life: in which of the driver's callbacks a task was. */
import type { Frame } from './frames.ts';

/**
 * Where in a device's life a piece of code ran.
 * - `probe`, `remove`: the driver's callbacks, or what the bus does around them
 * - `open`, `fop`, `release`: of a file; `fop` is any other operation of an open one, sysfs included
 * - `work`: a work item or a worker thread; `thread`: any other kernel thread
 * - `irq`: an interrupt, soft interrupt, timer, RCU callback, or the completion of a request
 */
export type Phase = 'probe' | 'open' | 'fop' | 'remove' | 'release' | 'work' | 'irq' | 'thread' | 'unknown';

/** Callers that tell the phase. The innermost of a stack counts: a disconnect runs in a work item, a read interrupts nothing. */
const CALLERS: readonly { readonly phase: Phase; readonly name: RegExp; readonly source: string }[] = [
  {
    phase: 'remove',
    name: /^(?:_*device_release_driver\w*|driver_detach|unbind_store|device_driver_detach|bus_remove_(?:device|driver)|usb_(?:unbind_interface|disconnect|disable_device)|(?:\w+_)?(?:unregister_device|device_unregister)|device_del|(?:platform|hid_device|i2c_device|spi_drv|pci_device|auxiliary_bus|virtio_dev|serio_driver|mdev)_remove|(?:__do_sys_|__x64_sys_)?delete_module|driver_unregister)$/,
    source: 'drivers/base/dd.c, bus.c, core.c; the buses’ remove(); kernel/module/main.c',
  },
  {
    phase: 'probe',
    name: /^(?:really_probe|_*driver_probe_device|call_driver_probe|device_driver_attach|bind_store|_*device_attach\w*|_*driver_attach\w*|usb_probe_interface|usb_probe_device|(?:platform|hid_device|i2c_device|spi|pci_device|auxiliary_bus|virtio_dev)_probe|do_one_initcall|do_init_module)$/,
    source: 'drivers/base/dd.c; the buses’ probe(); init/main.c',
  },
  {
    phase: 'release',
    name: /^(?:_*fput\w*|filp_close|filp_flush|close_files|exit_files)$/,
    source: 'fs/file_table.c __fput(), fs/file.c',
  },
  {
    phase: 'open',
    name: /^(?:chrdev_open|misc_open|blkdev_open|do_dentry_open|vfs_open|path_openat|do_filp_open|kernfs_fop_open|usb_open)$/,
    source: 'fs/char_dev.c, fs/open.c, fs/namei.c',
  },
  {
    phase: 'irq',
    name: /^(?:_*handle_irq\w*|generic_handle_\w*irq\w*|_*common_interrupt|(?:asm_)?sysvec_\w+|do_IRQ|irq_exit\w*|handle_softirqs|_*do_softirq\w*|invoke_softirq|_*softirqentry\w*|call_timer_fn|expire_timers|_*run_timer\w*|_*hrtimer_run_queues|hrtimer_interrupt|tasklet_action\w*|rcu_do_batch|rcu_core\w*|_*usb_hcd_giveback_urb|usb_giveback_urb_bh|irq_thread\w*|irq_work_run\w*|net_rx_action|flush_smp_call_function\w*)$/,
    source: 'kernel/irq, kernel/softirq.c, kernel/time, kernel/rcu/tree.c, drivers/usb/core/hcd.c',
  },
  {
    phase: 'work',
    name: /^(?:process_one_work|process_scheduled_works|worker_thread|rescuer_thread|kthread_worker_fn|bh_worker)$/,
    source: 'kernel/workqueue.c, kernel/kthread.c',
  },
  {
    phase: 'fop',
    name: /^(?:(?:_*vfs_|ksys_|do_|new_sync_|do_iter_)(?:p?read|p?write)\w*|vfs_(?:ioctl|poll|fsync\w*|iocb\w*|splice\w*)|do_vfs_ioctl|(?:__\w+_)?(?:compat_)?sys_\w+|do_(?:sys_)?poll\w*|ep_\w*poll\w*|do_select|mmap_region|_*mmap_region|handle_mm_fault|_*do_fault|kernfs_fop_\w+|sysfs_kf_\w+|io_issue_sqe|io_(?:read|write)|aio_(?:read|write|poll)|sock_\w+|exit_mmap|unmap_vmas|remove_vma)$/,
    source:
      'fs/read_write.c, ioctl.c, select.c, eventpoll.c; mm/mmap.c, memory.c; the entries of system calls',
  },
  { phase: 'thread', name: /^kthread$/, source: 'kernel/kthread.c' },
];

/** The phase that the innermost telling caller of a stack names. */
export function phaseOf(frames: readonly Pick<Frame, 'name' | 'unsure'>[]): Phase {
  for (const { name, unsure } of frames) {
    if (unsure) continue;
    const row = CALLERS.find((caller) => caller.name.test(name));
    if (row !== undefined) return row.phase;
  }
  return 'unknown';
}
