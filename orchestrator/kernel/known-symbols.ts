/**
 * Which of the asked-for symbols a source knows. Kconfig skips a line of a `.config` about a symbol that it does not
 * know without a word, `is not set` lines included, so this is looked up in the Kconfig files before anything is made.
 */
import { basename } from 'node:path';
import { BuildError, nearestNames } from '../base/index.ts';
import { type AskedSymbol, configLine, place } from './fragment.ts';
import { formatOptional, mayLack } from './fragment-marks.ts';
import type { Kconfig } from './kconfig.ts';

/** What is to be asked of a source. */
export interface SortedSymbols {
  /** Those that the source knows. */
  readonly wanted: readonly AskedSymbol[];
  /** Those that it does not know, and that by their marks it need not. */
  readonly leftOut: readonly AskedSymbol[];
}

/** A source, as far as marks concern it. */
export interface SymbolSource {
  /** For messages: `linux-source-6.12 6.12.117-1`. */
  readonly description: string;
  /** `6.12`. */
  readonly release: string;
}

/** Those of the asked-for symbols that no Kconfig file of the source defines. */
export function unknownSymbols(asked: readonly AskedSymbol[], kconfig: Kconfig): AskedSymbol[] {
  return asked.filter(({ name }) => !kconfig.definitions.has(name));
}

/**
 * Takes out what the source does not know and need not know.
 * @throws BuildError naming every other unknown symbol, where it was asked for, the nearest symbols that the source
 * has, and what can be done
 */
export function sortKnown(
  asked: readonly AskedSymbol[],
  kconfig: Kconfig,
  source: SymbolSource,
): SortedSymbols {
  const unknown = new Set(unknownSymbols(asked, kconfig));
  const wanted = asked.filter((symbol) => !unknown.has(symbol));
  const missing = [...unknown].filter(
    ({ optional }) => optional === undefined || !mayLack(optional, source.release),
  );
  const first = missing[0];
  if (first === undefined) return { wanted, leftOut: [...unknown] };
  const from = source.description.includes(source.release)
    ? source.description
    : `${source.description} (${source.release})`;
  throw new BuildError(
    `${place(first)}: ${from} does not know CONFIG_${first.name}${suggest(first, kconfig)}` +
      (missing.length === 1 ? '' : ` (and ${missing.length - 1} more)`),
    {
      location: first.location,
      detail: missing
        .map(
          (symbol) =>
            `  ${configLine(symbol)} (${place(symbol)}): unknown${suggest(symbol, kconfig, source)}`,
        )
        .join('\n'),
      hint:
        'correct the name, or say above the line which sources may lack it: ' +
        `"# unplug: optional since VERSION" for one that is newer than ${source.release}, ` +
        '"# unplug: optional until VERSION" for one that is gone, "# unplug: optional with series"',
    },
  );
}

/** `X86_5LEVEL (guest.config:78, optional until 6.15)`: for a note about what was left out. */
export function describeLeftOut(symbols: readonly AskedSymbol[]): string {
  return symbols
    .map((symbol) => {
      const mark = symbol.optional === undefined ? '' : `, optional ${formatOptional(symbol.optional)}`;
      return `${symbol.name} (${basename(symbol.location.file)}:${symbol.location.line}${mark})`;
    })
    .join(', ');
}

function suggest({ name, optional }: AskedSymbol, kconfig: Kconfig, source?: SymbolSource): string {
  const near = nearestNames(name, kconfig.definitions.keys()).map((known) => `CONFIG_${known}`);
  const marked =
    optional === undefined || source === undefined
      ? ''
      : `, though marked optional ${formatOptional(optional)}, so that ${source.release} should have it`;
  return `${marked}${near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`}`;
}
