/** A report while it is read: which lines are its own, when it is complete, and the splat it makes. */
import { parseFrame } from './frames.ts';
import { bytesToText, type ConsoleLine } from './lines.ts';
import { isHang, type Rule, type SplatType } from './rule.ts';
import { END_MARK, RULER, SHAPE } from './shapes.ts';
import type { Splat } from './splat.ts';
import { describe } from './title.ts';

/** Lines without the shape of a report's line that end one: within it, and after its end mark. */
const STRAY_WITHIN = 30;
const STRAY_AFTER_END = 2;
/** What a report may hold; a longer one is cut there (all locks of a system, all tasks' stacks). */
const LINES_MAX = 5000;
const LENGTH_MAX_BYTES = 1 << 20;
/** Lines of others after which nothing more comes of it: within it, and after its end mark. */
const IDLE_WITHIN = 2000;
const IDLE_AFTER_END = 200;
/** Lines in which an oops or a warning says what else it is, before its stack. */
const HEAD_MAX = 25;

/** What may follow within one report, before its stack: an oops has several first lines, a WARNING its reason. */
const FAMILIES: readonly (readonly SplatType[])[] = [
  ['null-deref', 'bad-access', 'fault', 'bug', 'list-corruption', 'panic', 'other'],
  ['warning', 'odebug', 'refcount', 'lockdep', 'rcu-usage'],
  ['hang', 'rcu-stall', 'lockup'],
];

/** A report that `rule` opened in `context`: the lines of one caller, or those without a caller's tag. */
export class Report {
  readonly context: string;
  readonly rule: Rule;
  panicked: boolean;
  readonly #match: RegExpExecArray;
  readonly #lines: ConsoleLine[];
  /** Where in the lines the one is that `rule` matched. */
  readonly #at: number;
  #lengthBytes = 0;
  #frames = 0;
  #rulers: number;
  #ended = false;
  /** How many lines there were at the ruler that closed it: what a panic over it adds is no part of it. */
  #closedAt: number | undefined;
  /** How many lines at the end have no report's shape. */
  #stray = 0;

  /** @param before lines that announced it: "cut here", a ruler */
  constructor(
    context: string,
    rule: Rule,
    match: RegExpExecArray,
    before: readonly ConsoleLine[],
    line: ConsoleLine,
  ) {
    this.context = context;
    this.rule = rule;
    this.panicked = rule.type === 'panic';
    this.#match = match;
    this.#lines = [...before, line];
    this.#at = before.length;
    this.#rulers = before.filter((l) => RULER.test(l.body)).length;
  }

  /** It has a stack, or the beginning of one. */
  get hasFrames(): boolean {
    return this.#frames > 0;
  }

  /** Its end mark was printed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Its latest line. */
  get last(): ConsoleLine {
    return this.#lines.at(-1) as ConsoleLine;
  }

  /** Takes a line of the same context. @returns true when the report is complete */
  extend(line: ConsoleLine): boolean {
    const { body } = line;
    this.#lines.push(line);
    this.#lengthBytes += body.length;
    const framed = parseFrame(body) !== undefined;
    if (framed) this.#frames++;
    if (framed || SHAPE.test(body)) this.#stray = 0;
    else this.#stray++;
    if (END_MARK.test(body)) this.#ended = true;
    if (RULER.test(body)) {
      this.#rulers++;
      const closing = body.includes('=') && this.#rulers >= 2 && this.rule.type.startsWith('k');
      if (closing && this.#frames > 0) {
        this.#ended = true;
        this.#closedAt ??= this.#lines.length;
      }
    }
    return (
      this.#stray > (this.#ended ? STRAY_AFTER_END : STRAY_WITHIN) ||
      this.#lines.length > LINES_MAX ||
      this.#lengthBytes > LENGTH_MAX_BYTES
    );
  }

  /** True when nothing more is expected, so many lines of others went by. */
  isIdle(number: number): boolean {
    return number - this.last.number > (this.#ended ? IDLE_AFTER_END : IDLE_WITHIN);
  }

  /** True where a line that could open a report goes on with this one. */
  goesOnWith(rule: Rule): boolean {
    if (rule.inner) return true;
    if (this.rule.stackless || this.#frames > 0 || this.rule === rule) return false;
    const tagged = this.#lines[this.#at]?.caller !== undefined;
    if (!tagged && isForeign(this.rule, rule)) return false;
    return this.#lines.length - this.#at < HEAD_MAX;
  }

  /** The splat it makes, without what follows its closing ruler, and without stray lines at its end. */
  toSplat(): Splat {
    const lines = this.#lines.slice(0, this.#closedAt ?? this.#lines.length - this.#stray);
    while (lines.length > this.#at + 1 && lines.at(-1)?.body.trim() === '') lines.pop();
    const first = lines[0] as ConsoleLine;
    const last = lines.at(-1) as ConsoleLine;
    return {
      ...describe(this.rule, this.#match, lines, this.#at),
      type: this.rule.type,
      startLine: first.number,
      endLine: last.number,
      openedLine: (lines[this.#at] as ConsoleLine).number,
      startByte: first.start,
      endByte: last.end,
      ...(first.timeS === undefined ? {} : { timeS: first.timeS }),
      ...(first.caller === undefined ? {} : { caller: first.caller }),
      panicked: this.panicked,
      text: bytesToText(lines.map((l) => l.body).join('\n')),
    };
  }
}

/** True where, without tags, the line must be another writer's: no report of this kind goes on so. */
function isForeign(open: Rule, rule: Rule): boolean {
  if (open.preface || rule.preface || isHang(open.type)) return false;
  if (open.from === 'none' && rule.type === 'warning') return false; // a printk(), then WARN(1)
  return familyOf(open) !== familyOf(rule);
}

function familyOf(rule: Rule): readonly SplatType[] | SplatType {
  return FAMILIES.find((family) => family.includes(rule.type)) ?? rule.type;
}
