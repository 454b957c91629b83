/** The lines of one report to its stacks: the report's own, who allocated, who freed, and what is not its business. */
import { type Frame, functionIn, parseFrame, plainName } from './frames.ts';
import type { ConsoleLine } from './lines.ts';

/** Frames of a report, by the stack they stand in. */
export type Stacks = {
  /** The faulting register's function, if it was kernel text. */
  readonly pc?: Frame;
  readonly lr?: Frame;
  /** Every frame in the order printed, other processors' and the panic's left out. */
  readonly all: readonly Frame[];
  /** lockdep: where the lock became safe for interrupts. */
  readonly irqSafe: readonly Frame[];
  /** Frames before any stack header: `at: [<…>] foo+0x…` on a line of its own. */
  readonly loose: readonly Frame[];
  /** The report's own stacks, first first. */
  readonly own: readonly (readonly Frame[])[];
  readonly allocated: readonly Frame[];
  readonly freed: readonly Frame[];
  /** KASAN: who asked for the work item or RCU callback that freed it. */
  readonly queued: readonly Frame[];
};

type Section = 'loose' | 'own' | 'irq-safe' | 'aside' | 'allocated' | 'freed' | 'queued' | 'foreign';

/** Lines that begin a stack or a part, and what part. First match counts. */
const SECTIONS: readonly (readonly [RegExp, Section])[] = [
  [/^ *(?:\[ *[0-9.]+\] *)?(?:stack )?[Bb]acktrace(?: \(crc [0-9a-f]+\))?:/, 'own'], // lockdep.c, kmemleak.c, arm unwind.c
  [/^ *Call [Tt]race:?/, 'own'], // dumpstack.c show_trace_log_lvl()
  [/^ *Allocated by task|^allocated by task|^ *Uninit was (?:created|stored)/, 'allocated'], // kasan/report.c print_track(); kfence
  [/^ *Freed by task|^freed by task/, 'freed'],
  [/^(?:Last|Second to last) potentially related work creation|^Last call_rcu/, 'queued'], // kasan/report_generic.c
  [/^The buggy address belongs|^Memory state around/, 'foreign'],
  [/^page (?:last allocated|allocated)/, 'foreign'], // mm/page_owner.c
  [/^page (?:last free|has been freed)/, 'aside'],
  [/which became \S*irq-safe at/i, 'irq-safe'], // lockdep.c print_bad_irq_dependency()
  [/^ *-> #\d+|which became|^the existing dependency chain|^the dependencies between/, 'foreign'], // lockdep.c
  [/^Preemption disabled at|^(?:hard|soft)irqs last |^\{.*\} state was registered at/, 'aside'], // sched/core.c, lockdep.c
  [
    /^Sending NMI |^NMI backtrace for cpu|^Showing all locks held|^rcu: RCU grace-period kthread stack dump|kthread starved for/,
    'aside',
  ],
  [/^Kernel panic - not syncing/, 'aside'],
];

/** Passed by every line that one of them matches; few others do. */
const ANY_SECTION = new RegExp(SECTIONS.map(([shape]) => shape.source).join('|'), 'i');

/** A processor's stack, asked for by NMI: a stall's own (lib/nmi_backtrace.c nmi_cpu_backtrace()). */
const NMI_STACK = /^NMI backtrace/;
/** RCU's own thread, dumped in a stall's report (tree_stall.h rcu_check_gp_kthread_starvation()). */
const GP_THREAD = /RCU grace-period kthread|^(?:task:)?rcu_\w+ +(?:state:)?[RSDIX]\d* /;
/** From here on the stacks are the panic's, another processor's, or of all tasks. */
const OTHERS = /^(?:Kernel panic|Sending NMI|NMI backtrace|Showing all)/;

/** Reads every stack of a report; `stall` where other processors' stacks are part of it. */
export function readStacks(lines: readonly ConsoleLine[], stall = false): Stacks {
  const stacks = {
    all: [] as Frame[],
    irqSafe: [] as Frame[],
    loose: [] as Frame[],
    own: [] as Frame[][],
    allocated: [] as Frame[],
    freed: [] as Frame[],
    queued: [] as Frame[],
  };
  let pc: Frame | undefined;
  let lr: Frame | undefined;
  let section: Section = 'loose';
  let caller: Frame | undefined;
  let dead = false;
  for (const [index, { body }] of lines.entries()) {
    const known = ANY_SECTION.test(body) ? SECTIONS.find(([shape]) => shape.test(body)) : undefined;
    if (known && !(index === 0 && known[1] !== 'own')) {
      section = known[1];
      if (stall && NMI_STACK.test(body)) {
        dead = false;
        section = 'own';
      } else if (GP_THREAD.test(body)) dead ||= stall;
      else if (OTHERS.test(body)) dead ||= stacks.own.length > 0;
      if (section === 'own' && dead) {
        section = 'aside';
        dead = !stall; // the grace-period thread dumps one stack, others follow
      } else if (section === 'own') stacks.own.push([]);
    }
    const rest = section === 'own' && known ? body.replace(/^.*?[Tt]race:?/, '') : body;
    const found = parseFrame(rest) ?? named(body);
    if (caller && found?.name !== caller.name && section === 'own') stacks.own.at(-1)?.push(caller);
    caller = undefined;
    if (!found) continue;
    if (found.caller !== undefined)
      caller = { raw: found.caller, name: plainName(found.caller), unsure: false };
    if (found.register) {
      if (dead) continue;
      if (found.register === 'pc') pc ??= found;
      else lr ??= found;
      if (section === 'own' && found.register === 'pc') stacks.own.at(-1)?.push(found);
      continue;
    }
    if (section !== 'aside') stacks.all.push(found);
    if (section === 'own') stacks.own.at(-1)?.push(found);
    else if (section === 'loose') stacks.loose.push(found);
    else if (section === 'irq-safe') stacks.irqSafe.push(found);
    else if (section === 'allocated') stacks.allocated.push(found);
    else if (section === 'freed') stacks.freed.push(found);
    else if (section === 'queued') stacks.queued.push(found);
  }
  return {
    ...stacks,
    own: stacks.own.filter((frames) => frames.length > 0),
    ...(pc ? { pc } : {}),
    ...(lr ? { lr } : {}),
  };
}

/** Functions named in passing: `last function: foo` (workqueue.c), `(&lock){+.+.}, at: foo+0x1/0x2` (lockdep.c). */
function named(body: string): Frame | undefined {
  const at = body.indexOf(', at: ');
  const raw = at >= 0 ? functionIn(body.slice(at)) : /^ *last function: ([\w.]+)/.exec(body)?.[1];
  return raw === undefined ? undefined : { raw, name: plainName(raw), unsure: false, passing: true };
}
