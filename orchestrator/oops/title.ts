/**
 * The lines of one report to its title: which function it is about, what
 * else it may be called, and whether enough of it is there to be believed.
 */
import { demangle } from './demangle.ts';
import { type Frame, functionIn, plainName } from './frames.ts';
import { type Lifecycle, lifecycleOf } from './lifecycle.ts';
import { type ConsoleLine, isTorn } from './lines.ts';
import { isNoise } from './noise.ts';
import { isCompat, isEntry, isTick, isWaiting, waitName } from './noise-hang.ts';
import type { Rule } from './rule.ts';
import { readStacks, type Stacks } from './stacks.ts';

/** What {@link describe} reads out of a report. */
export type Description = {
  readonly title: string;
  readonly altTitles: readonly string[];
  /** The function in the title. */
  readonly frame?: string;
  readonly corrupted: boolean;
  /** KASAN: what the access was. */
  readonly access?: 'Read' | 'Write';
  /** KASAN: the first telling function of the stack that freed the object, and of the use. */
  readonly freedBy?: string;
  readonly usedBy?: string;
  readonly lifecycle?: Lifecycle;
};

/** Longest title; more is noise for a table and for a bug's key. */
const TITLE_MAX = 120;

/** Names the report that `rule` opened on `lines[at]`. */
export function describe(
  rule: Rule,
  match: RegExpExecArray,
  lines: readonly ConsoleLine[],
  at: number,
): Description {
  const stacks = readStacks(lines.slice(at), rule.from === 'stall');
  const opening = lines[at]?.body ?? '';
  const frame = pick(rule, opening.slice(match.index), stacks);
  const access = accessOf(lines);
  const torn = isTorn(opening.slice(0, match.index + match[0].length + 80));
  const missing = rule.from !== 'none' && frame === undefined;
  const origin = stacks.allocated.find((f) => !isNoise(f.name) && !f.name.includes('alloc'))?.name;
  const fill = (template: string, name: string): string =>
    fit(template, match, { name, access, origin, next: lines[at + 1]?.body });
  const name = frame === undefined ? 'corrupted' : waitName(plainCall(frame));
  const named = frame === undefined ? match.groups?.frame : name;
  const title = torn
    ? fill(rule.title.replace(/ in \{frame\}.*| \{access\}.*/, ''), name)
    : fill(rule.title, name);
  const names = frame === undefined ? [name] : [name, ...callNames(frame)];
  const alts = new Set<string>();
  for (const template of [rule.title, ...(rule.alt ?? [])]) {
    if (template.includes('{origin}') && origin === undefined) continue;
    for (const other of names) alts.add(fill(template, other));
  }
  alts.delete(title);
  const freedBy = stacks.freed.find((f) => !isNoise(f.name))?.name;
  const lifecycle = lifecycleOf(rule.type, frame === undefined ? undefined : name, stacks, lines);
  const usedBy = rule.type === 'kasan' ? frame : undefined;
  return {
    title,
    altTitles: [...alts].sort(),
    corrupted:
      rule.piece === true ||
      (!rule.bare &&
        (torn ||
          missing ||
          (!rule.stackless && lacksStack(stacks)) ||
          lacksAccess(rule, access) ||
          holdsFaultInjection(stacks))),
    ...(named === undefined ? {} : { frame: plainName(named) }),
    ...(access ? { access } : {}),
    ...(freedBy === undefined || rule.type !== 'kasan' ? {} : { freedBy }),
    ...(usedBy === undefined ? {} : { usedBy: plainCall(usedBy) }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
  };
}

/** Frames that stand under no header, and fewer than these, are only functions named in passing. */
const LOOSE_STACK = 2;

/** True where no stack of the report is there, or none of its frames is vouched for. */
function lacksStack(stacks: Stacks): boolean {
  const sure = (frames: readonly Frame[]): readonly Frame[] => frames.filter((f) => !f.unsure);
  if (stacks.own.some((frames) => sure(frames).length > 0)) return false;
  return sure(stacks.loose).filter((f) => !f.passing).length < LOOSE_STACK;
}

/** lib/fault-inject.c dumps the stack of a forced failure; where it stands in a report, two writers were at it. */
const FAULT_INJECTION = /^should_fail/;

function holdsFaultInjection(stacks: Stacks): boolean {
  return stacks.own[0]?.some((f) => !f.unsure && FAULT_INJECTION.test(f.name)) === true;
}

/** KASAN prints the access under its first line, whatever the kind (kasan/report.c print_error_description()). */
function lacksAccess(rule: Rule, access: string | undefined): boolean {
  return rule.title.includes('{access}') && access === undefined;
}

/** The function a report is about, as printed; `opening` is its line from what the rule matched on. */
function pick(rule: Rule, opening: string, stacks: Stacks): string | undefined {
  const skipped = (name: string): boolean => isNoise(name) || rule.skip?.test(name) === true;
  const told = functionIn(opening);
  const head = told === undefined ? [] : [{ raw: told, name: plainName(told), unsure: false }];
  const sure = stacks.own.flatMap((frames) => frames.filter((f) => !f.unsure));
  const telling = (frames: readonly Frame[]): string | undefined => {
    return frames.find((f) => !f.unsure && !skipped(f.name))?.raw;
  };
  const pc = stacks.pc ? [stacks.pc] : [];
  const lr = stacks.lr ? [stacks.lr] : [];
  switch (rule.from) {
    case 'none':
      return undefined;
    case 'report':
      return telling([...head, ...pc, ...stacks.loose, ...sure, ...lr]) ?? told;
    case 'stack':
      return telling([...sure, ...stacks.loose, ...lr]);
    case 'text':
      return telling(stacks.all) ?? stacks.all.find((f) => !f.unsure && !isNoise(f.name))?.raw;
    case 'irq-safe':
      return telling([...stacks.irqSafe, ...stacks.all]);
    case 'hang':
      return sure.find((f) => !isWaiting(f.name))?.raw;
    case 'stall':
      for (const [index, frames] of [...stacks.own, stacks.loose].entries()) {
        const before = index === 0 && !frames.some((f) => f.register) ? pc : [];
        const f = stalled([...before, ...frames.filter((g) => !g.unsure)], rule.type === 'rcu-stall');
        if (f !== undefined) return f;
      }
      return undefined;
  }
}

/** Entry of the timer interrupt, per architecture: what lies above it is the tick that reported. */
const TIMER_INTERRUPT =
  /^(?:apic_timer_interrupt|sysvec_apic_timer_interrupt|__irq_svc|el1_irq|el1h?_64_irq)$/;

/** What the innermost entry point called, the reporting interrupt left out. */
function stalled(frames: readonly Frame[], ticked: boolean): string | undefined {
  let candidate: string | undefined;
  const tick = ticked ? frames.findIndex((f) => TIMER_INTERRUPT.test(f.name)) : -1;
  for (const f of frames.slice(tick + 1)) {
    if (/^smp_call_function/.test(f.name)) return f.raw;
    if (isEntry(f.raw) || isCompat(f.name)) {
      if (candidate !== undefined) return candidate;
      if (isCompat(f.name)) candidate = f.raw;
    } else if (isTick(f.name)) {
    } else {
      candidate = f.raw;
    }
  }
  return undefined;
}

/** KASAN's "Read of size 8 at addr …", "Read at addr" and KFENCE's kind (kasan/report.c print_error_description()). */
function accessOf(lines: readonly ConsoleLine[]): 'Read' | 'Write' | undefined {
  for (const { body } of lines.slice(0, 30)) {
    const m = /^ *(Read|Write) (?:of size|at addr)/.exec(body);
    if (m) return m[1] as 'Read' | 'Write';
  }
  return undefined;
}

/** A system call's wrappers, outermost prefix first (include/linux/syscalls.h, arch syscall_wrapper.h). */
const WRAPPERS =
  /^(?:__x64_|__ia32_|__arm64_|__riscv_|__s390x?_|__powerpc_)(?=(?:compat_)?sys_)|^(?:__se_compat_sys_|__se_sys_|__do_compat_sys_|__do_sys_|compat_SyS_|compat_sys_|SyS_|SYSC_|ksys_|__sys_|sys_)/;

/** A function's name in titles. */
function plainCall(raw: string): string {
  return demangle(raw) ?? plainName(raw).replace(WRAPPERS, '');
}

/** All the names one function goes by: on another architecture or kernel the wrapper differs. */
function callNames(raw: string): readonly string[] {
  const name = demangle(raw) ?? plainName(raw);
  const plain = name.replace(WRAPPERS, '');
  if (plain === name) return [name];
  return name.startsWith('__se_sys_') ? [plain, name, `sys_${plain}`] : [plain, name];
}

/** Fills a template, evens out what differs from run to run, and cuts it to size. */
function fit(
  template: string,
  match: RegExpExecArray,
  parts: {
    readonly name: string;
    readonly access: string | undefined;
    readonly origin: string | undefined;
    readonly next: string | undefined;
  },
): string {
  const { name, access, origin, next } = parts;
  const filled = template
    .replace('{frame}', () => name)
    .replace(' {access}', () => (access === undefined ? '' : ` ${access}`))
    .replace('{origin}', () => origin ?? '')
    .replace('{1+2}', () => [match[1], match[2]].filter(Boolean).join(' '))
    .replace('{2/3}', () =>
      [match[2], match[3]]
        .filter(Boolean)
        .map((f) => plainName(f as string))
        .join(' / '),
    )
    .replace('{next}', () => (next ?? '').trim())
    .replace(/\{(\d)\}/g, (_, n: string) => match[Number(n)] ?? '');
  return normalise(filled).slice(0, TITLE_MAX).trimEnd();
}

/** Addresses and numbers that say nothing of the bug. Function names keep theirs. */
function normalise(title: string): string {
  return title
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/\b(?:0x)?[0-9a-f]{16}\b|\b0x[0-9a-f]{5,15}\b/g, 'ADDR')
    .replace(/(^|[\s(,=:#])\d+(?=[\s),:;!.]|$)/g, '$1NUM')
    .replace(/([(,])\d+(?=[),])/g, '$1NUM');
}
