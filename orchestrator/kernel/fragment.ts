/** Config fragments: `kernel-configs/fragments/*.config`, in the format of a kernel's `.config`. */
import { ConfigError, caretExcerpt, type SourceLocation } from '../base/index.ts';
import { formatOptional, type Optional, parseMark } from './fragment-marks.ts';

/** A symbol that a fragment asks for. */
export interface AskedSymbol {
  /** Without `CONFIG_`. */
  readonly name: string;
  /** As in a `.config`: `y`, `m`, a number, a quoted string; `n` for "is not set". */
  readonly value: string;
  readonly location: SourceLocation;
  /** Which sources may lack it; absent: none may. */
  readonly optional?: Optional;
  /** Asked to be off, and checked as such: nothing may select it. Its value is `n`. */
  readonly forbidden?: true;
}

/** A parsed fragment. */
export interface Fragment {
  /** `sanitize` for `fragments/sanitize.config`. */
  readonly name: string;
  readonly file: string;
  readonly symbols: readonly AskedSymbol[];
}

const SYMBOL = /^CONFIG_(\w+)=(.*)$/;
const NOT_SET = /^# CONFIG_(\w+) is not set$/;
const VALUE = /^(?:[ynm]|-?\d+|0x[0-9a-fA-F]+|"(?:[^"\\]|\\.)*")$/;
// A comment that means to unset a symbol but that Kconfig would not read as such.
const NEARLY_NOT_SET = /^#\s*(?:CONFIG_)?\w+\s+is\s+not\s+set\b/i;

/** `CONFIG_X=y`, or `# CONFIG_X is not set`: how an asked-for symbol is written. */
export function configLine(symbol: Pick<AskedSymbol, 'name' | 'value'>): string {
  return symbol.value === 'n'
    ? `# CONFIG_${symbol.name} is not set`
    : `CONFIG_${symbol.name}=${symbol.value}`;
}

/**
 * Parses one fragment.
 * @throws ConfigError at file:line:column for a line that is neither a symbol, a comment nor empty, for a symbol that
 * is asked for twice with different values, and for a mark that is misspelt or has no symbol below it
 */
export function parseFragment(name: string, file: string, text: string): Fragment {
  const symbols: AskedSymbol[] = [];
  let mark: { readonly optional: Optional; readonly line: number } | undefined;
  const fail = (line: number, column: number, message: string, hint: string): never => {
    const location = { file, line, column };
    throw new ConfigError(`${file}:${line}:${column}: ${message}`, {
      location,
      hint,
      detail: caretExcerpt(text, location),
    });
  };
  const noSymbolBelow = ({ line }: { readonly line: number }): never =>
    fail(line, 1, 'this mark has no symbol below it', 'a mark stands directly above the symbol it is for');
  const add = (symbol: AskedSymbol): void => {
    symbols.push(mark === undefined ? symbol : { ...symbol, optional: mark.optional });
    mark = undefined;
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const lineNumber = index + 1;
    const line = raw.trimEnd();
    const location = { file, line: lineNumber, column: 1 };
    const found = parseMark(line);
    const [, unset] = NOT_SET.exec(line) ?? [];
    const [, set, value = ''] = SYMBOL.exec(line) ?? [];
    if (found?.kind === 'wrong') fail(lineNumber, found.column, found.message, found.hint);
    else if (found?.kind === 'forbid') add({ name: found.name, value: 'n', location, forbidden: true });
    else if (found?.kind === 'optional') {
      if (mark !== undefined) noSymbolBelow(mark);
      mark = { optional: found.optional, line: lineNumber };
    } else if (unset !== undefined) add({ name: unset, value: 'n', location });
    else if (set !== undefined) {
      if (!VALUE.test(value)) {
        fail(
          lineNumber,
          `CONFIG_${set}=`.length + 1,
          `${value === '' ? 'no value' : `odd value ${value}`} for CONFIG_${set}`,
          'expected y, m, n, a number, 0x… or a "string"',
        );
      }
      add({ name: set, value, location });
    } else if (NEARLY_NOT_SET.test(line)) {
      fail(lineNumber, 1, 'Kconfig takes this for a comment', 'write exactly: # CONFIG_NAME is not set');
    } else if (line !== '' && !line.startsWith('#')) {
      const column = raw.length - raw.trimStart().length + 1;
      fail(
        lineNumber,
        column,
        'not a line of a config fragment',
        'expected CONFIG_NAME=value, # CONFIG_NAME is not set, or a comment',
      );
    } else if (line === '' && mark !== undefined) noSymbolBelow(mark);
  }
  if (mark !== undefined) noSymbolBelow(mark);
  const fragment = { name, file, symbols };
  mergeFragments([fragment]);
  return fragment;
}

/**
 * What a set of fragments asks for together, each symbol once, in order of first mention. Of two mentions the stricter
 * one counts: a symbol is optional when all of them say so, and forbidden when one does.
 * @throws ConfigError naming both places when two of them want different values or have different marks
 */
export function mergeFragments(fragments: readonly Fragment[]): readonly AskedSymbol[] {
  const asked = new Map<string, AskedSymbol>();
  for (const symbol of fragments.flatMap((fragment) => fragment.symbols)) {
    const earlier = asked.get(symbol.name);
    asked.set(symbol.name, earlier === undefined ? symbol : stricter(earlier, symbol));
  }
  return [...asked.values()];
}

function stricter(earlier: AskedSymbol, symbol: AskedSymbol): AskedSymbol {
  const disagree = (what: string, hint: string): never => {
    throw new ConfigError(`${place(symbol)}: ${what}`, { location: symbol.location, hint });
  };
  if (earlier.value !== symbol.value) {
    disagree(
      `${wishLine(symbol)}, but ${place(earlier)} ${earlier.forbidden ? 'says' : 'asks for'} ${wishLine(earlier)}`,
      'fragments that are used together must agree: remove one of the two lines',
    );
  }
  const [before, now] = [earlier, symbol].map(({ optional }) => optional && formatOptional(optional));
  if (before !== undefined && now !== undefined && before !== now) {
    disagree(
      `CONFIG_${symbol.name} is optional ${now}, but at ${place(earlier)} it is optional ${before}`,
      'give both lines the same mark',
    );
  }
  const { optional, ...required } = symbol.forbidden ? symbol : earlier;
  return before === undefined || now === undefined
    ? required
    : { ...required, ...(optional && { optional }) };
}

/** The line of a fragment that an asked-for symbol comes from. */
function wishLine(symbol: AskedSymbol): string {
  return symbol.forbidden ? `forbid CONFIG_${symbol.name}` : configLine(symbol);
}

/** `file:line` of an asked-for symbol. */
export function place({ location }: AskedSymbol): string {
  return `${location.file}:${location.line}`;
}
