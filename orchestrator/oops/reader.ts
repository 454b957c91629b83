/**
 * Lines to reports: where each begins and whose each line is. Reports of
 * different callers may be interleaved; each caller's lines make a context of
 * their own.
 */
import { type ConsoleLine, parseLine } from './lines.ts';
import { Report } from './report.ts';
import type { Rule } from './rule.ts';
import { type RuleMatch, ruleFor } from './rules.ts';
import { BOOTING, CUT_HERE, RULER } from './shapes.ts';
import type { Splat } from './splat.ts';

/** Lines between "cut here" and the line that says what happened, and between a ruler and that line. */
const CUT_MAX = 30;
const RULED_MAX = 2;
/** Contexts that may be open at a time: more callers than processors and reporting tasks there are. */
const CONTEXTS_MAX = 64;
/** Every so many lines it is looked which reports are complete because nothing came of them. */
const SWEEP_LINES = 64;
/** Lines of others after which what announced a report announces none any more. */
const ANNOUNCED_MAX = 200;

/** A panic for no known reason belongs to what the same caller reported this shortly before. */
const PANIC_WITHIN_S = 1;

/** Holds the reports that are open, by context: a caller's tag, `T` for lines with a time only, else nothing. */
export class ReportReader {
  readonly #open = new Map<string, Report>();
  /** What may announce a report: "cut here" and what follows it, a ruler. */
  readonly #before = new Map<string, ConsoleLine[]>();
  readonly #complete: Splat[] = [];
  #latest: Report | undefined;
  /** Something ran on this machine: a later boot message is a reboot. */
  #ran = false;

  /** True while lines without a hint need not be shown to it. */
  get quiet(): boolean {
    return this.#ran && this.#open.size === 0 && this.#before.size === 0;
  }

  /**
   * Takes the next line: its text without the newline, one character a byte, and where it stands.
   *
   * @param hint one of HINTS is in it
   */
  take(raw: string, hint: boolean, place: Pick<ConsoleLine, 'number' | 'start' | 'end'>): void {
    if (!hint && this.#open.size === 0 && this.#before.size === 0) {
      this.#ran ||= !BOOTING.test(raw);
      return;
    }
    const line = parseLine(raw, place.start, place.number, place.end);
    const context = line.caller ?? (line.timeS === undefined ? '' : 'T');
    const opened = hint ? ruleFor(line.body) : undefined;
    const report = this.#open.get(context);
    if (opened) this.#opens(context, line, opened, report);
    else if (CUT_HERE.test(line.body)) {
      if (report?.hasFrames) this.#close(report);
      this.#announce(context, line);
      if (report && !report.hasFrames) this.#extend(report, line);
    } else if (report) this.#extend(report, line);
    else this.#keep(context, line);
    this.#ran ||= !BOOTING.test(raw);
    if (place.number % SWEEP_LINES === 0) this.#sweep(place.number);
  }

  /** Splats that became complete since it was last asked. */
  drain(): readonly Splat[] {
    return this.#complete.splice(0);
  }

  /** Nothing more comes: what is open is complete. */
  finish(): void {
    for (const report of [...this.#open.values()]) this.#close(report);
    this.#before.clear();
  }

  #opens(context: string, line: ConsoleLine, { rule, match }: RuleMatch, report: Report | undefined): void {
    if (rule.type === 'reboot' && !this.#ran) return;
    if (rule.stackless && report && !report.ended) {
      this.#close(new Report(context, rule, match, [], line));
      return;
    }
    const before = this.#before.get(context) ?? [];
    this.#before.delete(context);
    if (rule.epilogue) {
      const owner = this.#ownerOf(report, rule, line);
      if (owner) {
        owner.panicked ||= rule.type === 'panic';
        this.#extend(owner, line);
        return;
      }
      if (rule.type !== 'panic') return;
    }
    if (report?.goesOnWith(rule)) {
      this.#extend(report, line);
      return;
    }
    if (report) this.#close(report);
    const fresh = new Report(context, rule, match, before, line);
    if (this.#open.size >= CONTEXTS_MAX) this.#close(oldest(this.#open.values()));
    this.#open.set(context, fresh);
    this.#latest = fresh;
    if (rule.stackless) this.#close(fresh);
  }

  /** The open report that an epilogue is about: the same caller's, or for a panic's known reasons the latest. */
  #ownerOf(report: Report | undefined, rule: Rule, line: ConsoleLine): Report | undefined {
    if (report && rule.type !== 'panic') return report;
    const latest =
      this.#latest && this.#open.get(this.#latest.context) === this.#latest ? this.#latest : undefined;
    const owner = report ?? latest;
    const since = (line.timeS ?? 0) - (owner?.last.timeS ?? 0);
    return rule.piece || (report && since < PANIC_WITHIN_S) ? owner : undefined;
  }

  #extend(report: Report, line: ConsoleLine): void {
    if (report.extend(line)) this.#close(report);
  }

  /** Remembers "cut here" and rulers: a report may be about to begin. */
  #keep(context: string, line: ConsoleLine): void {
    const kept = this.#before.get(context);
    if (RULER.test(line.body) && line.body.includes('=')) this.#announce(context, line);
    else if (kept) {
      const max = RULER.test(kept[0]?.body ?? '') ? RULED_MAX : CUT_MAX;
      if (kept.length < max) kept.push(line);
      else this.#before.delete(context);
    }
  }

  #announce(context: string, line: ConsoleLine): void {
    this.#before.delete(context);
    for (const first of this.#before.keys()) {
      if (this.#before.size < CONTEXTS_MAX) break;
      this.#before.delete(first);
    }
    this.#before.set(context, [line]);
  }

  /** A caller that reported may never print again: what waits for it is not kept for ever. */
  #sweep(number: number): void {
    for (const report of [...this.#open.values()]) if (report.isIdle(number)) this.#close(report);
    for (const [context, lines] of this.#before) {
      if (number - (lines.at(-1)?.number ?? 0) > ANNOUNCED_MAX) this.#before.delete(context);
    }
  }

  #close(report: Report): void {
    if (this.#open.get(report.context) === report) this.#open.delete(report.context);
    if (this.#latest === report) this.#latest = undefined;
    this.#complete.push(report.toSplat());
  }
}

function oldest(reports: Iterable<Report>): Report {
  return [...reports].reduce((a, b) => (b.last.number < a.last.number ? b : a));
}
