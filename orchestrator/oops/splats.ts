/**
 * Lines to reports: where each begins, which lines are its own, and where it
 * ends. Reports of different callers may be interleaved; each caller's lines
 * make a context of their own.
 */
import { parseFrame } from './frames.ts';
import { bytesToText, type ConsoleLine, consoleBytes, parseLine } from './lines.ts';
import { isHang, type Rule, type SplatType } from './rule.ts';
import { mayOpen, ruleFor } from './rules.ts';
import { describe } from './title.ts';

/** One kernel report. */
export type Splat = {
  /** What the bug is called; equal bugs have equal titles. */
  readonly title: string;
  /** Names the same bug may have in another run or kernel, sorted. */
  readonly altTitles: readonly string[];
  readonly type: SplatType;
  /** The function in the title. */
  readonly frame?: string;
  /** First and last line, from 1, both included. */
  readonly startLine: number;
  readonly endLine: number;
  /** Bytes of the console from the first line to the end of the last: `console.subarray(startByte, endByte)`. */
  readonly startByte: number;
  readonly endByte: number;
  /** Kernel timestamp of the first line. */
  readonly timeS?: number;
  /** Who printed it, where the kernel says: `T123` or `C0`. */
  readonly caller?: string;
  /** Torn, cut short, or without the stack it should have: the title may be wrong. */
  readonly corrupted: boolean;
  /** The kernel panicked over it. */
  readonly panicked: boolean;
  /** KASAN only: the access, who freed the object, who used it. */
  readonly access?: 'Read' | 'Write';
  readonly freedBy?: string;
  readonly usedBy?: string;
  /** Its own lines, prefixes stripped, lines of other callers left out. */
  readonly text: string;
};

/** Lines without the shape of a report's line that end one: within it, and after its end mark. */
const STRAY_WITHIN = 30;
const STRAY_AFTER_END = 2;
/** Lines between "cut here" and the line that says what happened. */
const CUT_MAX = 30;
/** Lines a report may hold; a longer one is cut there (all locks of a system, all tasks' stacks). */
const LINES_MAX = 5000;

/** A panic for no known reason belongs to what the same caller reported this shortly before. */
const PANIC_WITHIN_S = 1;
/** Panics over a report: kernel/panic.c check_panic_on_warn(), x86 oops_end(), hung_task.c, watchdog.c, tree_stall.h. */
const CONSEQUENCE =
  /^(?:Fatal exception|.*panic_on_warn set|hung_task|softlockup|RCU Stall|hardlockup|kasan)/i;

/** `------------[ cut here ]------------` (kernel/panic.c, bug.h), `8<--- cut here ---` (arch/arm). */
const CUT_HERE = /cut here \]?-/;
/** What ends a report: kernel/panic.c print_oops_end_marker(), vpanic(). */
const END_MARK = /^---\[ end (?:trace|Kernel panic)/;
/** kasan/report.c end_report(), lockdep's and KCSAN's rulers. */
const RULER = /^ *(?:={20,}|-{20,})$/;

/** Lines that stand in reports, apart from frames: registers, headers, tables, hex dumps. */
const SHAPE =
  /^(?:\s|[0-9a-f]{4}: |=+$|-+$|$|\]|CPU|[A-Z]?UID|PID|Hardware|Call|Comm|Process|Stack|Code|Modules|Workqueue|Register|Flags|Control|Exception|Backtrace|Tainted|[ER]IP|[ER]?[SBACD][PIX]\d*\b|R\d+|[xr]\d+ ?:|[CDEFG][RS]\d?:|[CDR]R?\d+:|pc|lr|sp|pstate|NIP|LR|MSR|GPR\d+|CFAR|IRQMASK|PKRU|CR\d|---\[|Allocated|Freed|Last|Second|The buggy|Memory|page|flags|raw|head|page_type|>|ff|NMI|Kernel|Rebooting|Showing|Sending|\d+ locks? held|#\d|irq event|(?:hard|soft)irqs|other|but |and |which|stack|the |to |\.\.\.|\*\*\*|Possible|Chain|INFO:|rcu:|"echo|Read of|Write of|Read at|Write at|BUG|WARNING|Oops|Internal|invalid|Dumping|Disabling|kernel BUG|cache|object|Object|The |Padding|Redzone|Uninit|Bytes|Local|Shutting|Mem-Info|Node|value|Preemption|in_atomic|task:|Tasks|workqueue|rcu_|last function|Pointer|Memory|Data abort|user pgtable|swapper|Mem abort|\[[0-9a-f]+\]|ESR|EC|SET|EA|FSC|ISV|CM|backtrace|comm |hex dump|unreferenced|Reported by|race at|read (?:to|of)|write (?:to|of)|kfence|allocated|freed|Call trace|Colliding|Tried)/;

/** What firmware, boot loaders and the kernel's decompressor print before the kernel proper. */
const BOOTING =
  /^(?:\s*$|\x1b|Sea(?:BIOS|VGABIOS)|iPXE|Booting|Decompressing|early console|input_|output|kernel_total|needed_size|trampoline|Physical KASLR|Virtual KASLR|Loading|Welcome to|GRUB|Press|UEFI|Bds|Total RAM|CPUs found|found |virtio-|drive |Machine UUID|Linux version|Command line|\[ *0\.0)/;

type Report = {
  readonly context: string;
  readonly rule: Rule;
  readonly match: RegExpExecArray;
  readonly lines: ConsoleLine[];
  /** Where in `lines` the line is that `rule` matched. */
  readonly at: number;
  frames: number;
  rulers: number;
  ended: boolean;
  panicked: boolean;
  /** How many lines at the end have no report's shape. */
  stray: number;
};

/**
 * Every kernel report on a console, by the line that says what happened. Linear in the console's length;
 * any bytes are taken, and nothing throws.
 *
 * @example
 * for (const splat of parseConsole(await readFile('console.log'))) console.log(splat.title);
 */
export function parseConsole(text: string | Uint8Array): readonly Splat[] {
  const bytes = consoleBytes(text);
  const reader = new Reader();
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    let end = bytes.indexOf('\n', start);
    if (end < 0) end = bytes.length;
    number++;
    reader.take(bytes, start, end, number);
    start = end + 1;
  }
  return reader.finish();
}

/** Holds the reports that are open, by context. */
class Reader {
  readonly #open = new Map<string, Report>();
  readonly #before = new Map<string, ConsoleLine[]>();
  readonly #splats: { readonly at: number; readonly splat: Splat }[] = [];
  #latest: Report | undefined;
  /** Something ran on this machine: a later boot message is a reboot. */
  #ran = false;

  take(bytes: string, start: number, end: number, number: number): void {
    const raw = bytes.slice(start, end);
    const hint = mayOpen(raw);
    if (!hint && this.#open.size === 0 && this.#before.size === 0 && !raw.includes('=====')) {
      this.#ran ||= !BOOTING.test(raw);
      return;
    }
    const line = parseLine(raw, start, number);
    const context = line.caller ?? (line.timeS === undefined ? '' : 'T');
    const opened = hint ? ruleFor(line.body) : undefined;
    const report = this.#open.get(context);
    if (opened) this.#opens(context, line, opened.rule, opened.match, report);
    else if (CUT_HERE.test(line.body)) {
      if (report && report.frames > 0) this.#close(report);
      this.#before.set(context, [line]);
      if (report && report.frames === 0) this.#extend(report, line);
    } else if (report) this.#extend(report, line);
    else this.#keep(context, line);
    this.#ran ||= !BOOTING.test(raw);
  }

  finish(): readonly Splat[] {
    for (const report of [...this.#open.values()]) this.#close(report);
    return this.#splats.sort((a, b) => a.at - b.at).map(({ splat }) => splat);
  }

  #opens(
    context: string,
    line: ConsoleLine,
    rule: Rule,
    match: RegExpExecArray,
    report: Report | undefined,
  ): void {
    if (rule.type === 'reboot' && !this.#ran) return;
    if (rule.stackless && report && !report.ended) {
      this.#close(open(context, rule, match, [], line));
      return;
    }
    const before = this.#before.get(context) ?? [];
    this.#before.delete(context);
    if (rule.epilogue) {
      const owner = this.#ownerOf(report, rule, match, line);
      if (owner) {
        owner.panicked ||= rule.type === 'panic';
        this.#extend(owner, line);
        return;
      }
      if (rule.type !== 'panic') return;
    }
    if (report && belongs(report, rule)) {
      this.#extend(report, line);
      return;
    }
    if (report) this.#close(report);
    const fresh = open(context, rule, match, before, line);
    this.#open.set(context, fresh);
    this.#latest = fresh;
    if (rule.stackless) this.#close(fresh);
  }

  /** The open report that an epilogue is about: the same caller's, or for a panic's known reasons the latest. */
  #ownerOf(
    report: Report | undefined,
    rule: Rule,
    match: RegExpExecArray,
    line: ConsoleLine,
  ): Report | undefined {
    if (report && rule.type !== 'panic') return report;
    const latest =
      this.#latest && this.#open.get(this.#latest.context) === this.#latest ? this.#latest : undefined;
    const owner = report ?? latest;
    const since = (line.timeS ?? 0) - (owner?.lines.at(-1)?.timeS ?? 0);
    const known = CONSEQUENCE.test(match[1] ?? '');
    return known || (report && since < PANIC_WITHIN_S) ? owner : undefined;
  }

  #extend(report: Report, line: ConsoleLine): void {
    report.lines.push(line);
    const framed = parseFrame(line.body) !== undefined;
    if (framed) report.frames++;
    if (framed || SHAPE.test(line.body)) report.stray = 0;
    else report.stray++;
    if (END_MARK.test(line.body)) report.ended = true;
    if (RULER.test(line.body)) {
      report.rulers++;
      if (
        line.body.includes('=') &&
        report.frames > 0 &&
        report.rulers >= 2 &&
        report.rule.type.startsWith('k')
      )
        report.ended = true;
    }
    if (report.stray > (report.ended ? STRAY_AFTER_END : STRAY_WITHIN) || report.lines.length > LINES_MAX)
      this.#close(report);
  }

  /** Remembers "cut here" and rulers: a report may be about to begin. */
  #keep(context: string, line: ConsoleLine): void {
    const kept = this.#before.get(context);
    if (RULER.test(line.body) && line.body.includes('=')) this.#before.set(context, [line]);
    else if (kept) {
      const max = RULER.test(kept[0]?.body ?? '') ? 2 : CUT_MAX;
      if (kept.length < max) kept.push(line);
      else this.#before.delete(context);
    }
  }

  #close(report: Report): void {
    if (this.#open.get(report.context) === report) this.#open.delete(report.context);
    const lines = report.lines.slice(0, report.lines.length - report.stray);
    while (lines.length > report.at + 1 && lines.at(-1)?.body.trim() === '') lines.pop();
    const first = lines[0] as ConsoleLine;
    const last = lines.at(-1) as ConsoleLine;
    const { rule } = report;
    const splat: Splat = {
      ...describe(rule, report.match, lines, report.at),
      type: rule.type,
      startLine: first.number,
      endLine: last.number,
      startByte: first.start,
      endByte: last.end,
      ...(first.timeS === undefined ? {} : { timeS: first.timeS }),
      ...(first.caller === undefined ? {} : { caller: first.caller }),
      panicked: report.panicked,
      text: bytesToText(lines.map((l) => l.body).join('\n')),
    };
    this.#splats.push({ at: report.lines[report.at]?.start ?? 0, splat });
  }
}

function open(
  context: string,
  rule: Rule,
  match: RegExpExecArray,
  before: readonly ConsoleLine[],
  line: ConsoleLine,
): Report {
  return {
    context,
    rule,
    match,
    lines: [...before, line],
    at: before.length,
    frames: 0,
    rulers: before.filter((l) => RULER.test(l.body)).length,
    ended: false,
    panicked: rule.type === 'panic',
    stray: 0,
  };
}

/** True where a line that could open a report goes on with the open one. */
function belongs(report: Report, rule: Rule): boolean {
  if (rule.inner) return true;
  if (report.rule.stackless || report.frames > 0 || report.rule === rule) return false;
  const tagged = report.lines[report.at]?.caller !== undefined;
  if (!tagged && isForeign(report.rule, rule)) return false;
  return report.lines.length - report.at < 25;
}

/** What may follow within one report, before its stack: an oops has several first lines, a WARNING its reason. */
const FAMILIES: readonly (readonly SplatType[])[] = [
  ['null-deref', 'bad-access', 'fault', 'bug', 'list-corruption', 'panic', 'other'],
  ['warning', 'odebug', 'refcount', 'lockdep', 'rcu-usage'],
  ['hang', 'rcu-stall', 'lockup'],
];

/** True where, without tags, the line must be another writer's: no report of this kind goes on so. */
function isForeign(open: Rule, rule: Rule): boolean {
  if (open.preface || rule.preface || isHang(open.type)) return false;
  if (open.from === 'none' && rule.type === 'warning') return false; // a printk(), then WARN(1)
  return familyOf(open) !== familyOf(rule);
}

function familyOf(rule: Rule): readonly SplatType[] | SplatType {
  return FAMILIES.find((family) => family.includes(rule.type)) ?? rule.type;
}
