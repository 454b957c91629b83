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

/** Lines that look like a report and are none. Each says who prints it. */
const IGNORED: readonly RegExp[] = [
  /INFO: lockdep is turned off/, // lockdep.c print_held_locks_bug() and others: a note inside reports
  /INFO: (?:Expedited s|S)tall ended (?:before|during)/, // tree_stall.h print_other_cpu_stall(): it recovered
  /INFO: NMI handler .*took /, // arch/x86/kernel/nmi.c nmi_check_duration()
  /INFO: NMI handler \(pe/, // the same, torn
  /WARNING: \/etc\//, // user space
  /WARNING: [Tt]he mand mount option/, // fs/namespace.c warn_mandlock()
  /WARNING: Unprivileged eBPF/, // arch/x86/kernel/cpu/bugs.c
  /WARNING: fbcon:/, // fbcon.c fbcon_modechange_possible()
  /WARNING: .*(?:mitigation|MITIGATION|retbleed|IBPB|Spectre)/, // arch/x86/kernel/cpu/bugs.c: what the CPU needs
  /WARNING: Your 'console=/, // drivers/tty/serial/8250/8250_omap.c
  /WARNING: BIOS bug:|MTRR.*WARNING|WARNING: polling idle/, // arch/x86/kernel: mtrr/cleanup.c, process.c
  /WARNING: (?:Corrupt|Bad or missing) \.orc_unwind/, // arch/x86/kernel/unwind_orc.c: of a build, not a run
  /BUG: Bad page \w+: \d+ messages suppressed/, // mm/page_alloc.c bad_page(), mm/memory.c: of others that were shown
  /(?:XFS|EXT4|BTRFS|F2FS|GFS2|NTFS)\S* .*WARNING/, // file systems talk of their media
  /\bDEBUG:/, // user space
  /^unplug[:[ ]/, // our own marks on the console
  /traps: .* general protection/, // arch/x86/kernel/traps.c: a user program
  /kvm.*: vcpu.*: (?:disabled|ignored|unhandled)/, // KVM on a guest's access
  /warning: `.*' uses (?:deprecated|wireless extensions|32-bit)/i, // capability.c, wext-core.c, sys_ni.c
  /Unable to (?:access opcode|load|find|get|read|set|open|create|allocate|start|register|enumerate|parse|determine|reserve|init)/,
  /^\S+(?: \S+)?: Unhandled (?:event|message|request|code|control)/,
];

/** Longest line a printk() makes (kernel/printk/internal.h PRINTKRB_RECORD_MAX); what lies beyond is not looked at. */
const LINE_MAX = 1024;

/** A rule and what it caught in a line. */
export type RuleMatch = { readonly rule: Rule; readonly match: RegExpExecArray };

/** The rule whose line this is, if it opens a report. */
export function ruleFor(body: string): RuleMatch | undefined {
  if (body.length > LINE_MAX) body = body.slice(0, LINE_MAX);
  if (IGNORED.some((known) => known.test(body))) return undefined;
  for (const rule of RULES) {
    const match = rule.match.exec(body);
    if (match) return { rule, match };
  }
  return undefined;
}
