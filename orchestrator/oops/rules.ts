/** All rules, and what only looks like a report. A new kind of report is a new row in its family's file. */
import type { Rule } from './rule.ts';
import { FAULT_RULES } from './rules-fault.ts';
import { HANG_RULES } from './rules-hang.ts';
import { LOCK_RULES } from './rules-lock.ts';
import { MEMORY_RULES } from './rules-memory.ts';
import { PROGRAM_RULES } from './rules-program.ts';
import { WARNING_RULES } from './rules-warning.ts';

/** All rules; of those that match a line the first counts. */
export const RULES: readonly Rule[] = [
  ...MEMORY_RULES,
  ...LOCK_RULES,
  ...HANG_RULES,
  ...WARNING_RULES,
  ...FAULT_RULES,
  ...PROGRAM_RULES,
];

/** A cheap test that every line which opens a report passes. */
const HINT =
  /BUG|WARN|INFO|Kernel panic|Oops|general protection|Internal error|nable to|nhandled|UBSAN|ODEBUG|refcount_t|list_|panicked|PANIC|divide[_ ]error|stack segment|segment-related|int3|invalid opcode|unreferenced|unregister_netdevice|skb_|detected buffer|Alignment trap|VFS: |Busy inodes|ooting the kernel|trusty|fatal error|SYZFAIL|kernel stack|Fatal exception|double fault|cut here|invalid-opcode|Bad mode|not syncing|bad page|rcu_|irq \d|ALSA|machine check|segfault/;

/** Lines that look like a report and are none. Each says who prints it. */
const IGNORED: readonly RegExp[] = [
  /INFO: lockdep is turned off/, // lockdep.c print_held_locks_bug() and others: a note inside reports
  /INFO: Stall ended before state dump start/, // tree_stall.h print_other_cpu_stall(): it recovered
  /INFO: NMI handler .*took /, // arch/x86/kernel/nmi.c nmi_check_duration()
  /INFO: NMI handler \(pe/, // the same, torn
  /WARNING: \/etc\//, // user space
  /WARNING: [Tt]he mand mount option/, // fs/namespace.c warn_mandlock()
  /WARNING: Unprivileged eBPF/, // arch/x86/kernel/cpu/bugs.c
  /WARNING: fbcon:/, // fbcon.c fbcon_modechange_possible()
  /(?:XFS|EXT4|BTRFS|F2FS|GFS2|NTFS)\S* .*WARNING/, // file systems talk of their media
  /\bDEBUG:/, // user space
  /^unplug[:[ ]/, // our own marks on the console
  /traps: .* general protection/, // arch/x86/kernel/traps.c: a user program
  /kvm.*: vcpu.*: (?:disabled|ignored|unhandled)/, // KVM on a guest's access
  /rcu: INFO: .*(?:Stall ended|callbacks)/,
  /warning: `.*' uses (?:deprecated|wireless extensions|32-bit)/i, // capability.c, wext-core.c, sys_ni.c
  /Unable to (?:access opcode|load|find|get|read|set|open|create|allocate|start|register|enumerate|parse|determine|reserve|init)/,
  /^\S+(?: \S+)?: Unhandled (?:event|message|request|code|control)/,
];

/** True for a raw line that may open a report or announce one; false for nearly all lines. */
export function mayOpen(raw: string): boolean {
  return HINT.test(raw);
}

/** Longest line a printk() makes (kernel/printk/internal.h PRINTKRB_RECORD_MAX); what lies beyond is not looked at. */
const LINE_MAX = 1024;

/** The rule whose line this is, if it opens a report. */
export function ruleFor(body: string): { readonly rule: Rule; readonly match: RegExpExecArray } | undefined {
  if (body.length > LINE_MAX) body = body.slice(0, LINE_MAX);
  if (!HINT.test(body)) return undefined;
  if (IGNORED.some((known) => known.test(body))) return undefined;
  for (const rule of RULES) {
    const match = rule.match.exec(body);
    if (match) return { rule, match };
  }
  return undefined;
}
