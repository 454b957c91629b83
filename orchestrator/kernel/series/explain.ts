/** Says why a patch does not apply, with the failed hunk and what is there instead. */
import { readFile } from 'node:fs/promises';
import { BuildError } from '../../base/index.ts';
import { extractDiff, hasCarriageReturns } from './apply-patch.ts';
import { DiffDamage, type Hunk, parseDiff } from './diff.ts';
import { nearestPlace, parseRejects, type Reject } from './rejects.ts';
import type { Scratch } from './scratch.ts';
import { namePatch, type Patch, type Series } from './series.ts';

/** A patch that could not be applied. */
export interface FailedPatch {
  readonly series: Series;
  readonly patch: Patch;
  /** How many patches before it, of all series, applied. */
  readonly before: number;
  /** How many there are in all series. */
  readonly total: number;
  /** What git said. */
  readonly said: string;
}

/** Longest part of a hunk or of a file that is shown, lines. */
const SHOWN_LINES = 40;

/** How many further hunks are named. */
const LISTED_HUNKS = 24;

/**
 * Tries the patch once more, hunk by hunk, and makes an error of what is rejected. The scratch repository is spoilt
 * after that. It is a BuildError: neither the source nor the series is wrong, they don't go together, and nothing can
 * be said of the kernel that they would make.
 * @param hint what the user can do
 */
export async function explainFailure(
  scratch: Scratch,
  failed: FailedPatch,
  hint: string,
): Promise<BuildError> {
  const { series, patch, before, total } = failed;
  const diff = await extractDiff(scratch, patch);
  const lines = (await readFile(diff, 'latin1')).split('\n');
  const parsed = parseDiff({ lines, lineNumbers: lines.map((_, index) => index + 1) });
  const diffs = parsed instanceof DiffDamage ? [] : parsed;
  const reverse = series.reverted ? ['--reverse'] : [];
  const tried = await scratch.try('apply', '--reject', '--verbose', '--whitespace=nowarn', ...reverse, diff);
  const { hunks, files } = parseRejects(tried.stderr, diffs, series.reverted);
  const fileCount = new Set([...hunks.map(({ path }) => path), ...files.map(({ path }) => path)]).size;
  const what = [
    ...(hunks.length > 0 ? [`${hunks.length} ${plural(hunks.length, 'hunk')} rejected`] : []),
    ...(files.length > 0 ? [`${files.length} ${plural(files.length, 'file')} missing or in the way`] : []),
  ].join(', ');
  const [first] = hunks;
  const detail = [
    ...files.map(({ path, why }) => `${path} ${why}`),
    ...(first === undefined ? [] : await showHunk(scratch, first, series.reverted)),
    ...(hunks.length > 1 ? [`also rejected: ${listHunks(hunks.slice(1))}`] : []),
    ...(hunks.length + files.length === 0 ? [failed.said] : []),
    ...(hasCarriageReturns(patch)
      ? ['Lines of this mail end in CR LF; it was also tried with --keep-cr and --quoted-cr=strip.']
      : []),
  ].join('\n');
  const verb = series.reverted ? "can't be taken off" : 'does not apply to';
  const place = what === '' ? '' : `: ${what} in ${fileCount} ${plural(fileCount, 'file')}`;
  const progress = total === 1 ? '' : `; ${before} of ${total} patches were applied before it`;
  return new BuildError(
    `${series.name}: patch ${namePatch(patch)} ${verb} ${scratch.base.description}${place}${progress}`,
    { detail: Buffer.from(detail, 'latin1').toString('utf8'), hint },
  );
}

function listHunks(hunks: readonly Reject[]): string {
  const named = hunks
    .slice(0, LISTED_HUNKS)
    .map(({ path, number, hunk }) => `${path}:${hunk.oldStart} (hunk ${number})`);
  const more = hunks.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

async function showHunk(
  scratch: Scratch,
  { path, number, of, hunk }: Reject,
  reverted: boolean,
): Promise<string[]> {
  const found = await scratch.try('cat-file', 'blob', `HEAD:${Buffer.from(path, 'latin1').toString('utf8')}`);
  const head = `${path}:${hunk.oldStart}, hunk ${number} of ${of}${reverted ? ' (to be taken off)' : ''}:`;
  const shown = [head, ...cut(hunk.lines).map((line) => `  ${line}`)];
  if (found.code !== 0) return [...shown, `${path} is not there`];
  const oriented = { ...hunk, lines: reverted ? reverseHunk(hunk.lines) : hunk.lines };
  const place = nearestPlace(found.stdout.toString('latin1'), oriented);
  const different = place.lines.filter(({ isEqual }) => !isEqual).length;
  const end = place.start + place.lines.length;
  const width = String(end + place.after.length).length;
  const numbered = (mark: string, text: string, line: number): string =>
    `${mark} ${String(line).padStart(width)} | ${text}`;
  const anchor = different === 0 ? anchorOf(oriented) : undefined;
  return [
    ...shown,
    different === 0
      ? `what ${path} has there (${anchor === undefined ? 'the same lines' : `the same lines, but the hunk is for the ${anchor} of the file`}):`
      : `what ${path} has there (${different} of ${place.lines.length} lines differ, marked with !):`,
    ...cut(
      place.lines.map(({ text, isEqual }, index) => numbered(isEqual ? ' ' : '!', text, place.start + index)),
    ),
    ...place.after.map((text, index) => numbered(' ', text, end + index)),
  ];
}

/** Git takes a hunk without context after it only at the end of a file, and one for line 1 only there (apply.c). */
function anchorOf({ lines, oldStart }: Hunk): 'beginning' | 'end' | undefined {
  const last = lines.findLast((line) => !line.startsWith('\\'));
  if (last !== undefined && /^[+-]/.test(last)) return 'end';
  return oldStart <= 1 ? 'beginning' : undefined;
}

function reverseHunk(lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => {
    if (index === 0) return line;
    if (line.startsWith('+')) return `-${line.slice(1)}`;
    return line.startsWith('-') ? `+${line.slice(1)}` : line;
  });
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= SHOWN_LINES
    ? lines
    : [...lines.slice(0, SHOWN_LINES), `  … ${lines.length - SHOWN_LINES} more lines`];
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
