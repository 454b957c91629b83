/** Config fragments: `kernel-configs/fragments/*.config`, in the format of a kernel's `.config`. */
import { ConfigError, caretExcerpt, type SourceLocation } from '../base/index.ts';

/** A symbol that a fragment asks for. */
export interface AskedSymbol {
  /** Without `CONFIG_`. */
  readonly name: string;
  /** As in a `.config`: `y`, `m`, a number, a quoted string; `n` for "is not set". */
  readonly value: string;
  readonly location: SourceLocation;
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
 * @throws ConfigError at file:line:column for a line that is neither a symbol, a comment nor empty, and for a symbol
 * that is asked for twice with different values
 */
export function parseFragment(name: string, file: string, text: string): Fragment {
  const symbols: AskedSymbol[] = [];
  const fail = (line: number, column: number, message: string, hint: string): never => {
    const location = { file, line, column };
    throw new ConfigError(`${file}:${line}:${column}: ${message}`, {
      location,
      hint,
      detail: caretExcerpt(text, location),
    });
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const lineNumber = index + 1;
    const line = raw.trimEnd();
    const location = { file, line: lineNumber, column: 1 };
    const [, unset] = NOT_SET.exec(line) ?? [];
    const [, set, value = ''] = SYMBOL.exec(line) ?? [];
    if (unset !== undefined) symbols.push({ name: unset, value: 'n', location });
    else if (set !== undefined) {
      if (!VALUE.test(value)) {
        fail(
          lineNumber,
          `CONFIG_${set}=`.length + 1,
          `${value === '' ? 'no value' : `odd value ${value}`} for CONFIG_${set}`,
          'expected y, m, n, a number, 0x… or a "string"',
        );
      }
      symbols.push({ name: set, value, location });
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
    }
  }
  const fragment = { name, file, symbols };
  mergeFragments([fragment]);
  return fragment;
}

/**
 * What a set of fragments asks for together, each symbol once, in order of first mention.
 * @throws ConfigError naming both places when two of them want different values
 */
export function mergeFragments(fragments: readonly Fragment[]): readonly AskedSymbol[] {
  const asked = new Map<string, AskedSymbol>();
  for (const symbol of fragments.flatMap((fragment) => fragment.symbols)) {
    const earlier = asked.get(symbol.name);
    if (earlier === undefined) asked.set(symbol.name, symbol);
    else if (earlier.value !== symbol.value) {
      throw new ConfigError(
        `${place(symbol)}: ${configLine(symbol)}, but ${place(earlier)} asks for ${configLine(earlier)}`,
        {
          location: symbol.location,
          hint: 'fragments that are used together must agree: remove one of the two lines',
        },
      );
    }
  }
  return [...asked.values()];
}

/** `file:line` of an asked-for symbol. */
export function place({ location }: AskedSymbol): string {
  return `${location.file}:${location.line}`;
}
