/**
 * Measures the parser against a folder of logs with expected titles (the corpus
 * format: header lines, an empty line, the log, optionally `REPORT:`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { corpusType } from './corpus-types.ts';
import type { Splat } from './splat.ts';
import { parseConsole } from './splats.ts';

/** One log and what is expected of it. */
export type CorpusCase = {
  readonly name: string;
  readonly title?: string;
  readonly alts: readonly string[];
  /** Absent: a kind that the corpus has no name for. */
  readonly type?: string;
  /** Checked only where present, like `start` and `end` (whole lines), else the report's text. */
  readonly frame?: string;
  readonly start?: string;
  readonly end?: string;
  /** The report's text, prefixes stripped. */
  readonly report?: string;
  readonly corrupted: boolean;
  readonly suppressed: boolean;
  readonly log: Uint8Array;
};

/** Figures over a folder; the fractions are 0 to 1, of what has such an expectation (1 where nothing has). */
export type Score = {
  readonly cases: number;
  readonly positives: number;
  readonly negatives: number;
  readonly detected: number;
  readonly falseAlarms: number;
  readonly titleExact: number;
  /** Of the logs that are neither corrupted nor suppressed. */
  readonly titleExactClean: number;
  /** Title and all alternative titles. */
  readonly altTitlesExact: number;
  readonly typeExact: number;
  readonly frameExact: number;
  readonly corruptedRight: number;
  readonly startRight: number;
  readonly endRight: number;
  readonly seconds: number;
  readonly megabytesPerS: number;
  readonly misses: readonly Miss[];
};

/** A log whose title is not the expected one. */
export type Miss = {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
  readonly clean: boolean;
};

/** Reads a log in the corpus format. Its bytes are kept as they are, `\r` left out. */
export function readCase(name: string, bytes: Uint8Array): CorpusCase {
  const all = Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  const split = all.startsWith('\n') ? 0 : all.indexOf('\n\n') + 1;
  const head = all.slice(0, split).split('\n');
  const [log, report] = all.slice(split + 1).split('\n\nREPORT:\n') as [string, string?];
  const values = (key: string): readonly string[] =>
    head.filter((l) => l.startsWith(`${key}: `)).map((l) => l.slice(key.length + 2));
  const optional = <K extends string>(field: K, key: string): { readonly [F in K]?: string } => {
    const value = values(key)[0];
    return (value === undefined ? {} : { [field]: value }) as { readonly [F in K]?: string };
  };
  return {
    name,
    ...optional('title', 'TITLE'),
    alts: [...values('ALT')].sort(),
    ...optional('type', 'TYPE'),
    ...optional('frame', 'FRAME'),
    ...optional('start', 'START'),
    ...optional('end', 'END'),
    ...(report === undefined ? {} : { report: report.trimEnd() }),
    corrupted: values('CORRUPTED')[0] === 'Y',
    suppressed: values('SUPPRESSED')[0] === 'Y',
    log: Buffer.from(log, 'latin1'),
  };
}

type Result = CorpusCase & { readonly splat: Splat | undefined };

const exact = ({ splat, title }: Result): boolean => splat?.title === title;
const clean = ({ corrupted, suppressed }: Result): boolean => !corrupted && !suppressed;

/** The logs in a folder and below it, in order: every file but those that tell of it. */
function logsIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:README|LICENSE)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Parses every log of a folder and compares. @throws what the file system throws */
export function scoreFolder(folder: string): Score {
  const cases = logsIn(folder).map((path) => readCase(relative(folder, path), readFileSync(path)));
  const began = performance.now();
  const results: readonly Result[] = cases.map((c) => ({ ...c, splat: parseConsole(c.log)[0] }));
  const seconds = (performance.now() - began) / 1000;
  const bytes = cases.reduce((sum, { log }) => sum + log.length, 0);
  const positives = results.filter((r) => r.title !== undefined);
  const negatives = results.filter((r) => r.title === undefined);
  return {
    cases: cases.length,
    positives: positives.length,
    negatives: negatives.length,
    detected: fraction(positives, (r) => r.splat !== undefined),
    falseAlarms: negatives.length === 0 ? 0 : fraction(negatives, (r) => r.splat !== undefined),
    titleExact: fraction(positives, exact),
    titleExactClean: fraction(positives.filter(clean), exact),
    altTitlesExact: fraction(
      positives,
      (r) => exact(r) && r.alts.join('\n') === r.splat?.altTitles.join('\n'),
    ),
    typeExact: fraction(positives, ({ splat, type }) => splat !== undefined && corpusType(splat) === type),
    frameExact: fraction(
      positives.filter((r) => r.frame !== undefined),
      ({ splat, frame }) => (splat?.frame ?? 'corrupted') === frame,
    ),
    corruptedRight: fraction(positives, ({ splat, corrupted }) => splat?.corrupted === corrupted),
    startRight: fraction(
      positives.filter((r) => (r.start ?? r.report) !== undefined),
      (r) =>
        r.start === undefined
          ? r.report?.split('\n')[0] === r.splat?.text.split('\n')[0]
          : lineOf(r, r.splat?.startLine) === r.start,
    ),
    endRight: fraction(
      positives.filter((r) => (r.end ?? r.report) !== undefined),
      (r) =>
        r.end === undefined
          ? r.report?.split('\n').at(-1) === r.splat?.text.split('\n').at(-1)
          : lineOf(r, r.splat?.endLine) === r.end,
    ),
    seconds,
    megabytesPerS: bytes / 1e6 / seconds,
    misses: results
      .filter((r) => !exact(r))
      .map((r) => ({
        name: r.name,
        expected: r.title ?? '',
        got: r.splat?.title ?? '',
        clean: clean(r),
      })),
  };
}

function fraction(of: readonly Result[], right: (result: Result) => boolean): number {
  return of.length === 0 ? 1 : of.filter(right).length / of.length;
}

function lineOf({ log }: Result, line: number | undefined): string | undefined {
  return line === undefined ? undefined : Buffer.from(log).toString('latin1').split('\n')[line - 1];
}

/** The figures as lines for a reader, the misses after them if asked for. */
export function scoreText({ misses, ...figures }: Score, withMisses: boolean): string {
  const lines = Object.entries(figures).map(
    ([key, value]) => `${key.padEnd(16)} ${Math.round(value * 1e4) / 1e4}`,
  );
  if (withMisses)
    for (const { clean, name, expected, got } of misses)
      lines.push(`${clean ? ' ' : 'C'} ${name.padEnd(5)} ${expected}`, `        ${got}`);
  return `${lines.join('\n')}\n`;
}
