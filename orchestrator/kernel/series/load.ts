/** Gets a series from wherever it is, and checks it. Nothing is applied. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  type CachePaths,
  type Progress,
  suggestNames,
  throwIfAborted,
  UsageError,
} from '../../base/index.ts';
import { listPatches } from './directory.ts';
import { readGitRange } from './git-range.ts';
import { fetchFromLore } from './lore.ts';
import { errorInFile, type MailFile, readMailFile } from './mail-file.ts';
import { type Ordered, orderPatches, type PlacedPatch } from './numbering.ts';
import { type ReadPatches, readPatches } from './read-patches.ts';
import type { Series, SkippedMail } from './series.ts';
import { formatSeriesSpec, type SeriesSpec, seriesName } from './spec.ts';

/** What loading takes. */
export interface LoadOptions {
  readonly cache: CachePaths;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** Mails in files, and what their origin says of them beyond that. */
interface Origin {
  readonly sources: readonly MailFile[];
  readonly mboxrd?: boolean;
  /** The order is given: numbers in subjects don't count. */
  readonly ordered?: boolean;
  /** Patches that are missing at the start or the end are an error, too. */
  readonly whole?: boolean;
  readonly baseCommit?: string;
  readonly notes?: readonly string[];
  readonly keep?: () => Promise<void>;
}

/**
 * Loads a series.
 * @throws ConfigError (file:line:column) for mails that are no patches, damaged, dangerous, incomplete or mixed up;
 * UsageError for what does not exist; InfraError when git or b4 fails
 */
export async function loadSeries(spec: SeriesSpec, options: LoadOptions): Promise<Series> {
  if (spec.kind === 'revert') {
    const inner = await loadSeries(spec.of, options);
    const reverted = !inner.reverted;
    const { baseCommit: _, ...rest } = inner;
    return {
      ...rest,
      name: seriesName(spec),
      spec,
      reverted,
      description: reverted ? `revert of ${inner.description}` : inner.description.replace(/^revert of /, ''),
    };
  }
  const origin = await readOrigin(spec, options);
  throwIfAborted(options.signal);
  const links = new Set<string>();
  const read = origin.sources.map((source) => readPatches(source, { links, mboxrd: origin.mboxrd === true }));
  const placed = read.flatMap(({ patches }) => patches);
  const skipped = read.flatMap((one) => one.skipped);
  if (placed.length === 0) throw noPatch(spec, origin, skipped);
  const { patches, notes } = origin.ordered ? inGivenOrder(placed) : orderPatches(placed, origin.whole);
  const baseCommits = [...new Set(read.flatMap((one) => one.baseCommits))];
  const baseCommit = origin.baseCommit ?? baseCommits[0];
  await origin.keep?.();
  const count = `${patches.length} ${patches.length === 1 ? 'patch' : 'patches'}`;
  const messageId = patches[0]?.messageId;
  return {
    name: seriesName(spec),
    spec,
    patches,
    ...(baseCommit === undefined ? {} : { baseCommit }),
    reverted: false,
    description: `${shortForm(spec)}, ${count}${messageId === undefined ? '' : `, ${messageId}`}`,
    skipped,
    notes: [...(origin.notes ?? []), ...notes, ...baseNotes(baseCommits, read)],
  };
}

async function readOrigin(
  spec: Exclude<SeriesSpec, { kind: 'revert' }>,
  options: LoadOptions,
): Promise<Origin> {
  switch (spec.kind) {
    case 'mbox':
      await requireKind(spec.file, 'file');
      return { sources: [await readMailFile(spec.file)] };
    case 'directory': {
      await requireKind(spec.directory, 'folder');
      const { files, ordered } = await listPatches(spec.directory);
      return { sources: await Promise.all(files.map((file) => readMailFile(file))), ordered };
    }
    case 'git': {
      const range = await readGitRange(spec.directory, spec.range, options.signal);
      return {
        sources: [range.mails],
        mboxrd: true,
        ordered: true,
        notes: range.notes,
        ...(range.baseCommit === undefined ? {} : { baseCommit: range.baseCommit }),
      };
    }
    case 'lore': {
      const { mails, keep } = await fetchFromLore(spec.messageId, options);
      return { sources: [mails], whole: true, keep };
    }
  }
}

/** @throws UsageError with the nearest names beside it when nothing is there */
async function requireKind(path: string, wanted: 'file' | 'folder'): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    const beside = await readdir(dirname(path)).catch(() => undefined);
    throw new UsageError(`the series ${path} does not exist`, {
      hint:
        beside === undefined
          ? `there is no folder ${dirname(path)} either`
          : suggestNames(basename(path), beside.slice(0, 500)),
    });
  }
  if (found.isDirectory() === (wanted === 'folder')) return;
  throw new UsageError(`${path} is a ${found.isDirectory() ? 'folder' : 'file'}, not a ${wanted}`, {
    hint: 'the series may have been a folder when it was named, or a file',
  });
}

function inGivenOrder(placed: readonly PlacedPatch[]): Ordered {
  return { patches: placed.map(({ patch }) => patch), notes: [] };
}

function noPatch(spec: SeriesSpec, { sources }: Origin, skipped: readonly SkippedMail[]): Error {
  const found = skipped.map(({ subject, why }) => `"${subject}" (${why})`).join(', ');
  const message = `no patch in it${found === '' ? '' : `, only ${found}`}`;
  const hint = 'give the mails with the patches; lore:MESSAGE-ID fetches a whole posting';
  const [source] = sources;
  return source === undefined
    ? new UsageError(`${formatSeriesSpec(spec)}: ${message}`, { hint })
    : errorInFile(source, 1, message, hint);
}

function baseNotes(baseCommits: readonly string[], read: readonly ReadPatches[]): string[] {
  const prerequisites = new Set(read.flatMap((one) => one.prerequisites)).size;
  return [
    ...(baseCommits.length > 1
      ? [`has several base commits: ${baseCommits.map((commit) => commit.slice(0, 12)).join(', ')}`]
      : []),
    ...(prerequisites > 0
      ? [
          `names ${prerequisites} prerequisite ${prerequisites === 1 ? 'patch' : 'patches'} that it was made on top of`,
        ]
      : []),
  ];
}

function shortForm(spec: Exclude<SeriesSpec, { kind: 'revert' }>): string {
  switch (spec.kind) {
    case 'mbox':
      return basename(spec.file);
    case 'directory':
      return `${basename(spec.directory)}/`;
    case 'git':
      return `git:${basename(spec.directory)}#${spec.range}`;
    case 'lore':
      return formatSeriesSpec(spec);
  }
}
