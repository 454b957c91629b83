/** Rules of lockdep and its neighbours: lock order, lock use, RCU use, atomic context. */
import type { Rule } from './rule.ts';

/** See {@link Rule}. */
export const LOCK_RULES: readonly Rule[] = [
  {
    match:
      /(?:WARNING|INFO): possible (?:circular locking dependency|recursive locking|irq lock inversion dependency) detected/,
    title: 'possible deadlock in {frame}',
    type: 'lockdep',
    from: 'text',
    skip: /^(?:process_one_work|process_scheduled_works|flush_workqueue|__flush_workqueue|drain_workqueue|touch_wq_lockdep_map|start_flush_work)$/,
    source:
      'kernel/locking/lockdep.c print_circular_bug_header(), print_deadlock_bug(), print_irq_inversion_bug()',
  },
  {
    match:
      /(?:WARNING|INFO): (?:SOFTIRQ|HARDIRQ|RECLAIM_FS|\w+)-(?:READ-)?safe -> \S+unsafe lock order detected/,
    title: 'possible deadlock in {frame}',
    type: 'lockdep',
    from: 'irq-safe',
    source: 'kernel/locking/lockdep.c print_bad_irq_dependency()',
  },
  {
    match: /(?:WARNING|INFO): inconsistent lock state/,
    title: 'inconsistent lock state in {frame}',
    type: 'lockdep',
    from: 'text',
    source: 'kernel/locking/lockdep.c print_usage_bug()',
  },
  {
    match: /(WARNING|BUG): bad (unlock|contention) balance detected/,
    title: '{1}: bad {2} balance in {frame}',
    type: 'lockdep',
    from: 'report',
    source: 'kernel/locking/lockdep.c print_unlock_imbalance_bug()',
  },
  {
    match: /(WARNING|BUG): held lock freed/,
    title: '{1}: held lock freed in {frame}',
    type: 'lockdep',
    from: 'text',
    source: 'kernel/locking/lockdep.c print_freed_lock_bug()',
  },
  {
    match: /(WARNING|BUG): lock held when returning to user space/,
    title: '{1}: lock held when returning to user space in {frame}',
    type: 'lockdep',
    from: 'text',
    bare: true,
    source: 'kernel/locking/lockdep.c lockdep_sys_exit()',
  },
  {
    match: /(WARNING|BUG): .* still has locks held/,
    title: '{1}: still has locks held in {frame}',
    type: 'lockdep',
    from: 'text',
    source: 'kernel/locking/lockdep.c print_held_locks_bug()',
  },
  {
    match: /WARNING: Nested lock was not taken/,
    title: 'WARNING: nested lock was not taken in {frame}',
    type: 'lockdep',
    from: 'text',
    source: 'kernel/locking/lockdep.c print_lock_nested_lock_not_held()',
  },
  {
    match: /BUG: Invalid wait context/,
    title: 'WARNING: locking bug in {frame}',
    type: 'lockdep',
    from: 'stack',
    source: 'kernel/locking/lockdep.c print_lock_invalid_wait_context()',
  },
  {
    match: /INFO: trying to register non-static key/,
    title: 'INFO: trying to register non-static key in {frame}',
    type: 'lockdep',
    from: 'stack',
    source: 'kernel/locking/lockdep.c assign_lock_key()',
  },
  {
    match: /(WARNING|INFO): suspicious RCU usage/,
    title: '{1}: suspicious RCU usage in {frame}',
    type: 'rcu-usage',
    from: 'stack',
    skip: /^(?:__)?(?:synchronize|call)_\w*rcu\w*$/,
    source: 'kernel/locking/lockdep.c lockdep_rcu_suspicious()',
  },
  {
    match: /Illegal (synchronize_\w+|\w+)\(\) in (.+? (?:critical section|context))/,
    title: 'WARNING: suspicious RCU usage in {frame}',
    type: 'rcu-usage',
    from: 'stack',
    preface: true,
    inner: true,
    source:
      'kernel/rcu/srcutree.c __synchronize_srcu(), kernel/rcu/tree.c synchronize_rcu(): RCU_LOCKDEP_WARN()',
  },
  {
    match: /WARNING:.* at \S*kernel\/locking\/(?:lockdep|mutex|rwsem|rtmutex)\.c/,
    title: 'WARNING: locking bug in {frame}',
    type: 'lockdep',
    from: 'report',
    source: 'kernel/locking/lockdep.c DEBUG_LOCKS_WARN_ON()',
  },
  {
    match: /BUG: (MAX_(?:STACK_TRACE|LOCK)\w+) too low/,
    title: 'BUG: {1} too low!',
    type: 'lockdep',
    from: 'none',
    bare: true,
    source: 'kernel/locking/lockdep.c print_lockdep_off()',
  },
  {
    match:
      /BUG: (spinlock|rwlock) (bad magic|recursion|lockup suspected|lockup|already unlocked|wrong owner|wrong CPU|cpu recursion|trylock failure on UP)\b/,
    title: 'BUG: {1} {2} in {frame}',
    type: 'lockdep',
    from: 'stack',
    source: 'kernel/locking/spinlock_debug.c spin_dump(), rwlock_bug()',
  },
  {
    match: /BUG: sleeping function called from invalid context/,
    title: 'BUG: sleeping function called from invalid context in {frame}',
    type: 'atomic-sleep',
    from: 'stack',
    source: 'kernel/sched/core.c __might_resched()',
  },
  {
    match: /BUG: scheduling while atomic/,
    title: 'BUG: scheduling while atomic in {frame}',
    type: 'atomic-sleep',
    from: 'stack',
    source: 'kernel/sched/core.c __schedule_bug()',
  },
  {
    match: /BUG: using (\w+\(\)) in preemptible/,
    title: 'BUG: using {1} in preemptible code in {frame}',
    type: 'lockdep',
    from: 'stack',
    source: 'lib/smp_processor_id.c check_preemption_disabled()',
  },
  {
    match: /BUG: workqueue leaked (?:lock or atomic|atomic, lock or RCU)/,
    title: 'BUG: workqueue leaked lock or atomic in {frame}',
    type: 'lockdep',
    from: 'report',
    bare: true,
    source: 'kernel/workqueue.c process_one_work()',
  },
];
