/** Shows a place in a text file, with a caret below it. */
import type { SourceLocation } from './errors.ts';

/** Line and column (from 1) of an offset into `text`. */
export function locationAt(file: string, text: string, offset: number): SourceLocation {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { file, line, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

/**
 * The line at `location` and a caret under its column:
 * ```
 *   12 |     verdict: crsh
 *      |              ^
 * ```
 */
export function caretExcerpt(text: string, location: SourceLocation): string {
  const source = (text.split('\n')[location.line - 1] ?? '').replace(/\r$/, '');
  const number = String(location.line);
  // Tabs are kept in the padding so that the caret stays under its column.
  const padding = source.slice(0, location.column - 1).replace(/[^\t]/g, ' ');
  return `  ${number} | ${source}\n  ${' '.repeat(number.length)} | ${padding}^`;
}
