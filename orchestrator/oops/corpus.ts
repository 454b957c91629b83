/** Logs in the corpus format with what today's parser reads out of them: the expectations of our own corpus. */
import { corpusType } from './corpus-types.ts';
import type { Splat } from './splat.ts';
import { parseConsole } from './splats.ts';

/**
 * A log in the corpus format, its header written anew from what is parsed; comments stay. Beside the format's own
 * keys, which are of the first report, `CAUSE` is its lifecycle key, and `NEXT` the title of each further report.
 *
 * @param text one character a byte
 */
export function withExpectations(text: string): string {
  const split = text.startsWith('\n') ? 0 : text.indexOf('\n\n') + 1;
  const comments = text
    .slice(0, split)
    .split('\n')
    .filter((line) => line.startsWith('#'));
  const log = text.slice(split + 1);
  const splats = parseConsole(Buffer.from(log, 'latin1'));
  const lines = log.split('\n');
  const [first, ...rest] = splats;
  const head = [
    ...comments,
    ...(first === undefined ? [] : headerOf(first, lines)),
    ...rest.map(({ title }) => `NEXT: ${title}`),
  ];
  return `${head.map((line) => `${line}\n`).join('')}\n${log}`;
}

function headerOf(splat: Splat, lines: readonly string[]): readonly string[] {
  const type = corpusType(splat);
  return [
    `TITLE: ${splat.title}`,
    ...splat.altTitles.map((alt) => `ALT: ${alt}`),
    ...(type === undefined ? [] : [`TYPE: ${type}`]),
    ...(splat.frame === undefined ? [] : [`FRAME: ${splat.frame}`]),
    ...(splat.lifecycle === undefined ? [] : [`CAUSE: ${splat.lifecycle.key}`]),
    `START: ${lines[splat.startLine - 1]}`,
    `END: ${lines[splat.endLine - 1]}`,
    ...(splat.corrupted ? ['CORRUPTED: Y'] : []),
    ...(splat.panicked ? ['PANICKED: Y'] : []),
  ];
}

/** The header lines that went (`-`) and came (`+`) from one expectation to another; none where they are equal. */
export function expectationDiff(before: string, after: string): readonly string[] {
  const head = (text: string): readonly string[] =>
    text.startsWith('\n') ? [] : text.slice(0, text.indexOf('\n\n')).split('\n');
  const [old, now] = [head(before), head(after)];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}
