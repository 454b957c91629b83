/**
 * Where work enters the kernel, and what only waits. A stall is named by the
 * function that an entry point called: what loops below it differs from run to
 * run. A hang is named by the first function that is not waiting machinery.
 */
import { NameTable } from './name-table.ts';
import { isNoise } from './noise.ts';

/** Generic callers: system calls, the VFS, work queues, timers, soft interrupts, packet reception, threads. */
export const ENTRY = new NameTable(`
  do_syscall.* do_int80.* do_fast_syscall.* __do_fast_syscall.* syscall_.* entry_.* ret_fast_syscall
  ret_to_user.* el0.* el0t.* invoke_syscall x64_sys_call ia32_sys_call system_call.* tracesys.*
  cstar_dispatch sysenter_.* stub_.* vfs_(?:ioctl|read|write|open|readv|writev|fsync.*|iter_.*)
  do_vfs_ioctl (?:ksys|__do_sys|__se_sys)_ioctl
  (?:__(?:x64|ia32|se|arm64|do)_(?:compat_)?|compat_|__)?sys_(?:ioctl|read|write|open|openat|close|pread64|pwrite64|readv|writev|sendto|recvfrom|sendmsg|recvmsg|setsockopt|getsockopt|mmap|poll|connect|bind)
  (?:compat_)?Sy[Ss](?:_|C_)(?:ioctl|read|write|open|close|sendmsg|setsockopt|sendto)
  call_(?:read|write)_iter new_sync_.* __vfs_(?:read|write) do_iter_.* file_ioctl __fput ____fput
  task_work_run do_sys_open.* do_filp_open path_openat do_dentry_open do_open.* do_last mmap_region
  call_mmap __mmap_region __do_fault sock_sendmsg.* __sock_sendmsg netlink_dump rtnetlink_rcv_msg
  nfnetlink_rcv_msg sock_do_ioctl sock_ioctl sock_write_iter sock_common_.* sock_close __sock_release
  process_one_work process_scheduled_works worker_thread kthread kthread_worker_fn ret_from_fork.*
  kernel_thread_helper run_ksoftirqd smpboot_thread_fn do_one_initcall kernel_init.* rest_init
  __run_timers.* run_timer_.* call_timer_fn expire_timers __hrtimer_run_queues hrtimer_run_.* __do_softirq
  do_softirq.* handle_softirqs __softirqentry.* invoke_softirq irq_exit.* __irq_exit.* tasklet_action.*
  tasklet_hi_action.* net_rx_action __napi_poll napi_poll process_backlog __netif_receive_skb.*
  netif_receive_skb.* deliver_skb deliver_ptype.* napi_gro_.* napi_skb_.* rcu_process_callbacks rcu_core.*
  rcu_do_batch handle_irq.* __handle_irq.* __handle_domain_irq generic_handle_irq.*
  flush_smp_call_function_queue exit_to_user.* exit_to_usermode.* prepare_exit_to.* do_notify_resume
  tracehook_.* start_secondary secondary_startup.* cpu_startup_entry do_idle flush_smp_.*
`);

/** 32-bit wrappers, which are entry points only where the native function below them is not seen. */
const COMPAT = /^(?:\w+_)?compat_(?:\w+_)?ioctl$/;

/** The report of a stall interrupts what it reports; these are that interrupt. */
export const TICK = new NameTable(`
  _?sched_show_task.* smp_trace_apic.* trace_apic_timer.* show_.* rcu_.* __rcu_.* nmi_.* arch_trigger.*
  trigger_.* check_cpu_stall.* print_.*stall.* dump_.* __?update_process_times update_process_times
  tick_.* watchdog_.* hrtimer_.* __hrtimer_.* smp_apic_.* apic_timer_.* local_apic_.* timer_interrupt
  arch_timer_.* handle_domain_irq do_interrupt_handler call_on_irq_stack el1h?_.* handle_percpu.* gic_.*
  __irq_.* el1_.* interrupt_entry call_function_.* smp_call_function_(?:single_)?interrupt
  reschedule_interrupt default_idle.* lapic_.* __sysvec_.* sysvec_.* asm_sysvec.* twd_handler
  call_on_.*stack.* irq_enter.* do_IRQ ret_from_intr common_interrupt asm_common_interrupt
  native_(?:halt|safe_halt|queued.*|sched_clock|apic.*|write.*) raise_softirq.* retint_.* restore_.*
  perf_event_nmi.* end_repeat_nmi generic_handle_arch_irq
`);

/** Waiting and what wakes; on top of what is noise in any report. */
export const WAITING = new NameTable(`
  rcu_barrier.* __wait_rcu_gp wait_rcu_gp context_switch do_wait_.* wait_.* __wait_.* io_wait_.*
  io_schedule.* schedule schedule_.* __schedule.* __switch_to.* switch_to bit_wait.* down.* __down.*
  sb_wait_.* jbd2_log_wait_commit kernel_.*wait console_lock
  usb_(?:start_wait_urb|bulk_msg|control_msg|interrupt_msg|internal_control_msg).* freezer_.*
  read_seqcount.* trace_.* preempt_.* rwsem_.* completion_.* usleep.* msleep.* __flush_.* flush_.*
  cancel_.* exp_.* __cond_resched.*
`);

/** True for a generic caller: what it called names a stall. */
export function isEntry(raw: string): boolean {
  return ENTRY.has(raw);
}

/** True for a wrapper of the same function for 32-bit callers. */
export function isCompat(name: string): boolean {
  return COMPAT.test(name);
}

/** True for the interrupt that reports a stall. */
export function isTick(name: string): boolean {
  return TICK.has(name) || isNoise(name);
}

/** True for what only waits. */
export function isWaiting(name: string): boolean {
  return WAITING.has(name) || isNoise(name);
}

/** One wait under several names: the same bug on another kernel or configuration. */
const SAME_WAIT: ReadonlyMap<string, string> = new Map([
  ['synchronize_sched', 'synchronize_rcu'], // one since 5.1
  ['synchronize_rcu_expedited', 'synchronize_rcu'], // rcupdate.rcu_expedited chooses
  ['synchronize_sched_expedited', 'synchronize_rcu'],
  ['synchronize_rcu_bh', 'synchronize_rcu'],
  ['synchronize_rcu_mult', 'synchronize_rcu'],
  ['synchronize_net', 'synchronize_rcu'],
  ['synchronize_srcu_expedited', 'synchronize_srcu'],
  ['__synchronize_srcu', 'synchronize_srcu'],
  ['smp_call_function_single', 'smp_call_function'],
  ['smp_call_function_many', 'smp_call_function'],
  ['smp_call_function_many_cond', 'smp_call_function'],
]);

/** The name a wait goes by, whichever variant was called. */
export function waitName(name: string): string {
  return SAME_WAIT.get(name) ?? name;
}
