/**
 * Lines of a console or of a program's output to what they are in KTAP (Documentation/dev-tools/ktap.rst) and in
 * TAP 13 and 14, which kselftests still print. One line at a time: what belongs to what is the parser's business.
 */

/** Words after `#` that say more of a result than ok and not ok do. */
export type DirectiveWord = 'SKIP' | 'TODO' | 'XFAIL' | 'XPASS' | 'TIMEOUT' | 'ERROR';

/** A directive with its reason, '' when none was given. */
export interface Directive {
  readonly word: DirectiveWord;
  readonly reason: string;
}

/** What a line is. `indent` counts the blanks in front of it. */
export type KtapLine =
  | { readonly kind: 'version'; readonly indent: number; readonly version: string }
  | { readonly kind: 'plan'; readonly indent: number; readonly count: number; readonly skip: string | null }
  | { readonly kind: 'subtest'; readonly indent: number; readonly name: string }
  | {
      readonly kind: 'result';
      readonly indent: number;
      readonly ok: boolean;
      readonly number: number;
      readonly name: string;
      readonly directive: Directive | null;
    }
  | { readonly kind: 'bail-out'; readonly indent: number; readonly reason: string }
  | { readonly kind: 'diagnostic'; readonly indent: number; readonly text: string }
  | { readonly kind: 'other'; readonly indent: number; readonly text: string };

/**
 * What the kernel puts in front of a line: a level in raw records, the time (CONFIG_PRINTK_TIME), the caller
 * (CONFIG_PRINTK_CALLER), and one blank (kernel/printk/printk.c, print_syslog(), print_time(), print_caller()).
 */
const PREFIX = /^(?:<\d{1,3}>)?\[ *\d{1,10}\.\d{6}\](?:\[ *[TC]\d{1,8}\])? ?/;

/** Longer lines are no KTAP: cutting them keeps matching short whatever comes. */
const LONGEST = 2000;

const VERSION = /^(K?TAP) version (\d{1,3})$/;
const PLAN = /^1\.\.(\d{1,7})(?: +# *SKIP\S* *(.*))?$/i;
/** A number is a must in KTAP, which tells a result from a sentence that begins with `ok`. */
const RESULT = /^(not )?ok +(\d{1,7})(?: +(.*))?$/;
const SUBTEST = /^# Subtest: (.*)$/;
const BAIL_OUT = /^Bail out!(.*)$/;
const DIRECTIVE = /^(SKIP|TODO|XFAIL|XPASS|TIMEOUT|ERROR)\b[: ]*(.*)$/i;

/** Takes the console's prefix off a line. */
export function withoutPrefix(raw: string): string {
  return raw.replace(/\r+$/, '').replace(PREFIX, '');
}

/** Reads one line, the console's prefix already taken off. Never throws. */
export function readKtapLine(raw: string): KtapLine {
  const line = raw.slice(0, LONGEST).replaceAll('\t', '    ').trimEnd();
  const text = line.trimStart();
  const indent = line.length - text.length;
  const version = VERSION.exec(text);
  if (version !== null) return { kind: 'version', indent, version: `${version[1]} ${version[2]}` };
  const plan = PLAN.exec(text);
  if (plan !== null)
    return { kind: 'plan', indent, count: Number(plan[1]), skip: plan[2] === undefined ? null : plan[2] };
  const result = RESULT.exec(text);
  if (result !== null) {
    const { name, directive } = splitDirective(result[3] ?? '');
    return {
      kind: 'result',
      indent,
      ok: result[1] === undefined,
      number: Number(result[2]),
      name,
      directive,
    };
  }
  const subtest = SUBTEST.exec(text);
  if (subtest !== null) return { kind: 'subtest', indent, name: (subtest[1] as string).trim() };
  const bail = BAIL_OUT.exec(text);
  if (bail !== null) return { kind: 'bail-out', indent, reason: (bail[1] as string).trim() };
  if (text.startsWith('#')) return { kind: 'diagnostic', indent, text: text.slice(1).trim() };
  return { kind: 'other', indent, text };
}

/**
 * `- name # SKIP why` → name and directive. What follows a `#` and is no directive stays in the name; kselftest's
 * runner writes `# exit=1` there (tools/testing/selftests/kselftest/runner.sh). `\#` is an escaped one (TAP 14).
 */
function splitDirective(text: string): { readonly name: string; readonly directive: Directive | null } {
  const clean = (name: string): string =>
    name
      .replace(/^- ?/, '')
      .replace(/\\([\\#])/g, '$1')
      .trim();
  for (let at = text.lastIndexOf('#'); at >= 0; at = at === 0 ? -1 : text.lastIndexOf('#', at - 1)) {
    if (text[at - 1] === '\\') continue;
    const found = DIRECTIVE.exec(text.slice(at + 1).trim());
    if (found === null) continue;
    const word = (found[1] as string).toUpperCase() as DirectiveWord;
    return { name: clean(text.slice(0, at)), directive: { word, reason: (found[2] as string).trim() } };
  }
  return { name: clean(text), directive: null };
}
