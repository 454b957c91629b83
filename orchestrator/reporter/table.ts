/** Plain text tables whose cells may carry colour. */
import { styleText } from 'node:util';

/** Colours that are used here; the terminal's own meaning of them. */
export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'magenta' | 'dim' | 'bold';

/** A cell: its text, and how it is shown where there are colours. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
  readonly align?: 'right';
}

/** How to colour a text; `plain` changes nothing. */
export type Paint = (colour: Colour, text: string) => string;

/** No colours. */
export const plain: Paint = (_colour, text) => text;

/** Colours, or none. */
export function paintFor(colour: boolean): Paint {
  return colour ? (name, text) => styleText(name, text, { validateStream: false }) : plain;
}

/** Columns are two blanks apart; nothing trails at the end of a line. */
export function renderTable(rows: readonly (readonly Cell[])[], paint: Paint): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, width(cell.text));
  }
  return rows
    .map((row) => {
      const line = row.map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - width(cell.text));
        const text =
          cell.colour === undefined || cell.text === '' ? cell.text : paint(cell.colour, cell.text);
        return cell.align === 'right' ? padding + text : text + padding;
      });
      return `${line.join('  ').replace(/ +$/, '')}\n`;
    })
    .join('');
}

/** The text, or its beginning and `…`. */
export function shorten(text: string, limit: number): string {
  return width(text) <= limit ? text : `${[...text].slice(0, Math.max(1, limit - 1)).join('')}…`;
}

/** Characters, each taken as one column wide: names and titles here are. */
function width(text: string): number {
  return [...text].length;
}
