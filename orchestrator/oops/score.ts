/**
 * Measures the parser against a folder of logs with expected titles (the corpus
 * format: header lines, an empty line, the log, optionally `REPORT:`).
 *
 *     node --import tsx orchestrator/oops/score.ts DIR [--misses] [--json]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseConsole } from './splats.ts';

/** One log and what is expected of it. */
export type CorpusCase = {
  readonly name: string;
  readonly title?: string;
  readonly alts: readonly string[];
  readonly corrupted: boolean;
  readonly suppressed: boolean;
  readonly log: Uint8Array;
};

/** Figures over a folder; the fractions are 0 to 1. */
export type Score = {
  readonly cases: number;
  readonly positives: number;
  readonly negatives: number;
  readonly detected: number;
  readonly falseAlarms: number;
  readonly titleExact: number;
  /** Of the logs that are neither corrupted nor suppressed. */
  readonly titleExactClean: number;
  readonly altsExact: number;
  readonly corruptedRight: number;
  readonly seconds: number;
  readonly misses: readonly {
    readonly name: string;
    readonly expected: string;
    readonly got: string;
    readonly clean: boolean;
  }[];
};

/** Reads a log in the corpus format. Its bytes are kept as they are, `\r` left out. */
export function readCase(name: string, bytes: Uint8Array): CorpusCase {
  const all = Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  const split = all.startsWith('\n') ? 0 : all.indexOf('\n\n') + 1;
  const head = all.slice(0, split).split('\n');
  const log = all.slice(split + 1).split('\n\nREPORT:\n')[0] as string;
  const value = (key: string): readonly string[] =>
    head.filter((l) => l.startsWith(`${key}: `)).map((l) => l.slice(key.length + 2));
  const title = value('TITLE')[0];
  return {
    name,
    ...(title === undefined ? {} : { title }),
    alts: [...value('ALT')].sort(),
    corrupted: value('CORRUPTED')[0] === 'Y',
    suppressed: value('SUPPRESSED')[0] === 'Y',
    log: Buffer.from(log, 'latin1'),
  };
}

/** Parses every log of a folder and compares. */
export function scoreFolder(folder: string): Score {
  const cases = readdirSync(folder).map((name) => readCase(name, readFileSync(join(folder, name))));
  const began = performance.now();
  const results = cases.map((c) => ({ ...c, splat: parseConsole(c.log)[0] }));
  const seconds = (performance.now() - began) / 1000;
  const positives = results.filter((r) => r.title !== undefined);
  const negatives = results.filter((r) => r.title === undefined);
  const clean = positives.filter((r) => !r.corrupted && !r.suppressed);
  const exact = (r: (typeof results)[number]): boolean => r.splat?.title === r.title;
  const fraction = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
  return {
    cases: cases.length,
    positives: positives.length,
    negatives: negatives.length,
    detected: fraction(positives.filter((r) => r.splat).length, positives.length),
    falseAlarms: fraction(negatives.filter((r) => r.splat).length, negatives.length),
    titleExact: fraction(positives.filter(exact).length, positives.length),
    titleExactClean: fraction(clean.filter(exact).length, clean.length),
    altsExact: fraction(
      positives.filter((r) => exact(r) && r.alts.join('\n') === r.splat?.altTitles.join('\n')).length,
      positives.length,
    ),
    corruptedRight: fraction(
      positives.filter((r) => r.splat?.corrupted === r.corrupted).length,
      positives.length,
    ),
    seconds,
    misses: results
      .filter((r) => !exact(r))
      .map((r) => ({
        name: r.name,
        expected: r.title ?? '',
        got: r.splat?.title ?? '',
        clean: !r.corrupted && !r.suppressed,
      })),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...flags] = process.argv.slice(2);
  if (folder === undefined) {
    process.stderr.write('usage: score.ts DIR [--misses] [--json]\n');
    process.exitCode = 64;
  } else {
    const { misses, ...figures } = scoreFolder(folder);
    if (flags.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
    else
      for (const [key, value] of Object.entries(figures))
        process.stdout.write(`${key.padEnd(16)} ${Math.round(value * 1e4) / 1e4}\n`);
    if (flags.includes('--misses')) {
      for (const m of misses)
        process.stdout.write(`${m.clean ? ' ' : 'C'} ${m.name.padEnd(5)} ${m.expected}\n        ${m.got}\n`);
    }
  }
}
