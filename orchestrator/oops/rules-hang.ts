/** Rules of what waits for ever: hung tasks, lockups, stalls. */
import type { Rule } from './rule.ts';

/** See {@link Rule}. */
export const HANG_RULES: readonly Rule[] = [
  {
    match: /INFO: task .{1,80}? blocked(?: in I\/O wait)? for more than \d+ seconds|INFO: task [^ ]*$/,
    title: 'INFO: task hung in {frame}',
    alt: ['hang in {frame}'],
    type: 'hang',
    from: 'hang',
    source: 'kernel/hung_task.c check_hung_task()',
  },
  {
    match: /INFO: task .{1,80} can't die for more than \d+ seconds/,
    title: "INFO: task can't die in {frame}",
    alt: ['hang in {frame}'],
    type: 'hang',
    from: 'hang',
    source: 'kernel/hung_task.c of linux-next: check_killed_task()',
  },
  {
    match: /INFO: task .{1,80} blocked on (?:a mutex|an? \w+) likely/,
    title: 'INFO: task hung',
    type: 'hang',
    from: 'none',
    epilogue: true,
    source: 'kernel/hung_task.c debug_show_blocker()',
  },
  {
    match: /BUG: soft lockup - CPU#?\d+ stuck/,
    title: 'BUG: soft lockup in {frame}',
    alt: ['stall in {frame}'],
    type: 'lockup',
    from: 'stall',
    source: 'kernel/watchdog.c watchdog_timer_fn()',
  },
  {
    match: /[Ww]atchdog detected hard LOCKUP on cpu|Watchdog: CPU\d+: Hard LOCKUP/,
    title: 'BUG: hard lockup in {frame}',
    alt: ['stall in {frame}'],
    type: 'lockup',
    from: 'stall',
    source: 'kernel/watchdog.c watchdog_hardlockup_check()',
  },
  {
    match: /INFO: rcu_\w+ (?:self-)?detected (?:expedited )?stalls?\b/,
    title: 'INFO: rcu detected stall in {frame}',
    alt: ['stall in {frame}'],
    type: 'rcu-stall',
    from: 'stall',
    source: 'kernel/rcu/tree_stall.h print_other_cpu_stall(), print_cpu_stall(); tasks.h',
  },
  {
    match: /INFO: \S+ detected (?:expedited )?stalls on /,
    title: 'INFO: rcu detected stall in {frame}',
    alt: ['stall in {frame}'],
    type: 'rcu-stall',
    from: 'stall',
    source: 'kernel/rcu/tree_exp.h synchronize_rcu_expedited_wait()',
  },
  {
    match: /BUG: workqueue lockup - pool/,
    title: 'BUG: workqueue lockup',
    type: 'lockup',
    from: 'none',
    bare: true,
    source: 'kernel/workqueue.c wq_watchdog_timer_fn()',
  },
  {
    match: /unregister_netdevice: waiting for .{1,40} to become free/,
    title: 'unregister_netdevice: waiting for DEV to become free',
    type: 'hang',
    from: 'none',
    stackless: true,
    source: 'net/core/dev.c netdev_wait_allrefs_any()',
  },
];
