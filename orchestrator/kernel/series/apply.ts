/** Applies series to a source, in a repository of ours; the source is only read. */
import { type Progress, throwIfAborted } from '../../base/index.ts';
import { applyPatch, revertPatch } from './apply-patch.ts';
import { type FileChange, readChanges } from './changes.ts';
import { explainFailure, type FailedPatch } from './explain.ts';
import { objectDirectory } from './git-range.ts';
import { type BaseTree, makeScratch, type Originals, type Scratch } from './scratch.ts';
import { namePatch, type Patch, type Series } from './series.ts';
import type { SeriesSpec } from './spec.ts';

/** What series come to on a source. */
export interface AppliedSeries {
  /** Net effect of all on the base, sorted by path; empty when there is none. */
  readonly changes: readonly FileChange[];
  /** What was applied, in order; of a reverted series, what was taken off. */
  readonly patches: readonly { readonly series: string; readonly subject: string }[];
  /** What the user may want to know: base commits, 3-way merges, left-out patches. */
  readonly notes: readonly string[];
}

/** What applying takes. */
export interface ApplyOptions {
  /** Unpacked sources, to be named when a patch does not apply here but all of them do there. */
  readonly otherBases?: readonly BaseTree[];
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

interface Step {
  readonly series: Series;
  readonly patch: Patch;
}

/**
 * Applies series one after another with `git am -3`; reverted ones are taken off from their last patch to the first.
 * @param base a source; `objects` is a git object store with the files that patches were made on, for 3-way merges
 * (the repository of a `git:` series is used as one by itself)
 * @throws BuildError when a patch does not apply: with the failed hunk, and what the file has there
 */
export async function applySeries(
  base: BaseTree & { readonly objects?: string },
  series: readonly Series[],
  options: ApplyOptions = {},
): Promise<AppliedSeries> {
  const { signal, progress, otherBases = [] } = options;
  const steps = series.flatMap((one): Step[] => {
    const own = one.patches.map((patch) => ({ series: one, patch }));
    return one.reverted ? own.reverse() : own;
  });
  const stores = [...(base.objects === undefined ? [] : [base.objects]), ...(await storesOf(series, signal))];
  const files = [...new Set(steps.flatMap(({ patch }) => patch.files))].sort();
  const originals = { stores, blobs: originalBlobs(steps) };
  await using scratch = await makeScratch(base, files, originals, signal);
  const notes = await seriesNotes(scratch, series);
  const outcome = await applySteps(scratch, steps, signal, progress);
  if (!Array.isArray(outcome)) {
    const taker = await findTaker(otherBases, base, steps, files, originals, signal);
    throw await explainFailure(scratch, outcome as FailedPatch, hintFor(taker, otherBases, base));
  }
  return {
    changes: await readChanges(scratch),
    patches: steps.map((step) => ({ series: step.series.name, subject: step.patch.subject })),
    notes: [...notes, ...outcome],
  };
}

/** Notes on how the patches went on, or the first that did not. */
async function applySteps(
  scratch: Scratch,
  steps: readonly Step[],
  signal?: AbortSignal,
  progress?: Progress,
): Promise<string[] | FailedPatch> {
  const notes: string[] = [];
  for (const [before, { series, patch }] of steps.entries()) {
    throwIfAborted(signal);
    progress?.update(`${series.name}: ${namePatch(patch)}`);
    const outcome = await (series.reverted ? revertPatch : applyPatch)(scratch, patch);
    if (!outcome.applied) {
      progress?.clear();
      return { series, patch, before, total: steps.length, said: outcome.said };
    }
    if (outcome.note !== undefined) {
      const verb = series.reverted ? 'taken off' : 'applied';
      notes.push(`${series.name}: patch ${namePatch(patch)} was ${verb} ${outcome.note}`);
    }
  }
  progress?.clear();
  return notes;
}

/** The blobs on the `index` lines of patches, old and new: a patch that is taken off is merged from the new ones. */
function originalBlobs(steps: readonly Step[]): readonly string[] {
  const lines = steps.flatMap(({ patch }) => [
    ...patch.text.toString('latin1').matchAll(/^index ([0-9a-f]{7,64})\.\.([0-9a-f]{7,64})\b/gm),
  ]);
  const names = lines.flatMap(([, before, after]) => [before as string, after as string]);
  return [...new Set(names)].filter((name) => !/^0+$/.test(name));
}

/** Object stores of the repositories that series were read from. */
async function storesOf(series: readonly Series[], signal?: AbortSignal): Promise<readonly string[]> {
  const repository = (spec: SeriesSpec): string | undefined => {
    if (spec.kind === 'revert') return repository(spec.of);
    return spec.kind === 'git' ? spec.directory : undefined;
  };
  const found = new Set(series.map(({ spec }) => repository(spec)).filter((path) => path !== undefined));
  return Promise.all([...found].map((directory) => objectDirectory(directory, signal)));
}

async function seriesNotes(scratch: Scratch, series: readonly Series[]): Promise<string[]> {
  const notes: string[] = [];
  for (const { name, notes: own, skipped, baseCommit } of series) {
    notes.push(...own.map((note) => `${name}: ${note}`));
    notes.push(...skipped.map(({ subject, why }) => `${name}: left out "${subject}": ${why}`));
    if (baseCommit === undefined) continue;
    const known = (await scratch.look('cat-file', '-e', `${baseCommit}^{commit}`)).code === 0;
    notes.push(
      `${name}: made on commit ${baseCommit.slice(0, 12)}${known ? '' : ', which is not known here'}; applied on ${scratch.base.description}`,
    );
  }
  return notes;
}

/** The first of the other sources that takes all patches. */
async function findTaker(
  others: readonly BaseTree[],
  base: BaseTree,
  steps: readonly Step[],
  files: readonly string[],
  originals: Originals,
  signal?: AbortSignal,
): Promise<BaseTree | undefined> {
  for (const other of others) {
    if (other.directory === base.directory) continue;
    try {
      await using scratch = await makeScratch(other, files, originals, signal);
      if (Array.isArray(await applySteps(scratch, steps, signal))) return other;
    } catch {
      // A source that can't be read or may not be patched is none to suggest.
      throwIfAborted(signal);
    }
  }
  return undefined;
}

function hintFor(taker: BaseTree | undefined, others: readonly BaseTree[], base: BaseTree): string {
  if (taker !== undefined) return `all patches apply to ${taker.description}`;
  const tried = others.filter(({ directory }) => directory !== base.directory);
  const none =
    tried.length === 0
      ? ''
      : `; none of the other sources here takes them (${tried.map(({ description }) => description).join(', ')})`;
  return `rebase the series onto this source, or choose the source that it was made for${none}`;
}
