/**
 * What a rule is: the line that opens a report, the title it gets, and where
 * the name in the title comes from. The rules themselves are tables by family.
 */

/** What kind of report a splat is. Verdicts ask only whether it is a hang: {@link isHang}. */
export type SplatType =
  | 'kasan'
  | 'kmsan'
  | 'kcsan'
  | 'kfence'
  | 'ubsan'
  | 'bug'
  | 'warning'
  | 'refcount'
  | 'odebug'
  | 'list-corruption'
  | 'null-deref'
  | 'bad-access'
  | 'fault'
  | 'lockdep'
  | 'rcu-usage'
  | 'atomic-sleep'
  | 'leak'
  | 'hang'
  | 'rcu-stall'
  | 'lockup'
  | 'panic'
  | 'reboot'
  | 'program'
  | 'other';

/**
 * Where a title's function comes from.
 * - `report`: the reported line, then the faulting register, then the stack
 * - `stack`: the first stack that is the report's own
 * - `text`: whatever is named first, lock lines and dependency chains included
 * - `irq-safe`: the stack in which the lock became safe for interrupts
 * - `hang`: the first function that is not waiting machinery
 * - `stall`: the function that an entry point called (see noise-hang.ts)
 * - `none`: the title has no function
 */
export type FrameFrom = 'report' | 'stack' | 'text' | 'irq-safe' | 'hang' | 'stall' | 'none';

/** One kind of report. */
export type Rule = {
  /**
   * The line that opens it, tested on a line's body without its prefix. A group called `frame` is the
   * function where the title is no template around one.
   */
  readonly match: RegExp;
  /** `{frame}` is the function, `{1}`… what `match` caught, `{access}` KASAN's Read or Write, `{origin}` who left memory uninitialised. */
  readonly title: string;
  readonly type: SplatType;
  readonly from: FrameFrom;
  /** Further titles the same bug may carry in another run or kernel. */
  readonly alt?: readonly string[];
  /** Functions that are machinery in this kind of report only. */
  readonly skip?: RegExp;
  /** Never prints a stack: the next report is a new one, not a part of it. */
  readonly stackless?: boolean;
  /** Says enough without a stack, though one may follow. */
  readonly bare?: boolean;
  /** What matches is a piece of a report whose beginning or rest is lost. */
  readonly piece?: boolean;
  /** Opens a report on its own only when nothing stronger follows (refcount_t:, ODEBUG: …). */
  readonly preface?: boolean;
  /** Only ever a part of the report that is open in its context. */
  readonly inner?: boolean;
  /** Goes on with the report that is open in the same context, whatever it is. */
  readonly epilogue?: boolean;
  /** Where the kernel prints it. */
  readonly source: string;
};

/** True for the types that mean "somebody waits for ever", not "something broke". */
export function isHang(type: SplatType): boolean {
  return type === 'hang' || type === 'rcu-stall' || type === 'lockup';
}
