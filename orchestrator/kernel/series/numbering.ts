/** Order and completeness of a posting, from the numbers in its subjects. Pure. */
import type { MailFile } from './mail-file.ts';
import { errorInFile } from './mail-file.ts';
import { namePatch, type Patch } from './series.ts';

/** A patch and the line of its mail, for messages. */
export interface PlacedPatch {
  readonly patch: Patch;
  readonly from: MailFile;
  readonly line: number;
}

/** Patches in the order to apply them. */
export interface Ordered {
  readonly patches: readonly Patch[];
  readonly notes: readonly string[];
}

/**
 * Checks the numbers and sorts by them. A posting that begins late or ends early is taken as it is (people leave out
 * what does not apply, and say so), one with a gap is not. Patches without a number stay where they are; when there
 * is one, nothing is sorted.
 * @param whole missing ones at the start or the end are an error, too
 * @throws ConfigError for a gap, two patches with one number, or several versions in one
 */
export function orderPatches(placed: readonly PlacedPatch[], whole = false): Ordered {
  const numbered = placed.filter(({ patch }) => patch.number !== undefined);
  const byNumber = new Map<number, PlacedPatch>();
  for (const entry of numbered) {
    const { n, version } = numberOf(entry);
    const [first] = numbered as [PlacedPatch];
    if (version !== numberOf(first).version) {
      throw errorInFile(
        entry.from,
        entry.line,
        `version ${version} (${namePatch(entry.patch)}) and version ${numberOf(first).version} (${namePatch(first.patch)}) of patches in one series`,
        'keep the mails of one version; b4 am takes the newest by itself',
      );
    }
    const other = byNumber.get(n);
    if (other !== undefined) {
      throw errorInFile(
        entry.from,
        entry.line,
        `two patches with the number ${n}: ${namePatch(other.patch)} and ${namePatch(entry.patch)}`,
        'one file is one series; give several series as a list, one file each',
      );
    }
    byNumber.set(n, entry);
  }
  const sorted = [...byNumber.keys()].sort((a, b) => a - b);
  const [lowest = 1, highest = 0] = [sorted[0], sorted.at(-1)];
  const total = Math.max(0, ...numbered.map((entry) => numberOf(entry).of));
  const expected = whole && sorted.length > 0 ? range(1, total) : range(lowest, highest);
  const missing = expected.filter((n) => !byNumber.has(n));
  if (missing.length > 0) throw gap(missing, byNumber, total);
  const notes: string[] = [];
  if (sorted.length > 0 && (lowest > 1 || highest < total))
    notes.push(`has ${lowest === highest ? `only ${lowest}` : `${lowest} to ${highest}`} of ${total}`);
  if (numbered.length < placed.length || isSorted(numbered))
    return { patches: placed.map(({ patch }) => patch), notes };
  notes.push('the mails were not in the order of their numbers, they have been sorted');
  return { patches: sorted.map((n) => (byNumber.get(n) as PlacedPatch).patch), notes };
}

function gap(missing: readonly number[], byNumber: ReadonlyMap<number, PlacedPatch>, total: number): Error {
  const present = [...byNumber.values()].sort((a, b) => numberOf(a).n - numberOf(b).n);
  const beforeGap = present.filter((entry) => numberOf(entry).n < (missing[0] as number)).at(-1);
  const near = beforeGap ?? (present[0] as PlacedPatch);
  const { version } = numberOf(near);
  const tags = missing.map((n) => `[PATCH${version > 1 ? ` v${version}` : ''} ${n}/${total}]`);
  return errorInFile(
    near.from,
    near.line,
    `the series is not complete: ${tags.join(', ')} ${tags.length === 1 ? 'is' : 'are'} missing ${beforeGap === undefined ? 'before' : 'after'} ${namePatch(near.patch)}`,
    'fetch the whole thread, e.g. with lore:MESSAGE-ID or b4 am; or make a folder with a file named series',
  );
}

function numberOf({ patch }: PlacedPatch): NonNullable<Patch['number']> {
  return patch.number as NonNullable<Patch['number']>;
}

function isSorted(entries: readonly PlacedPatch[]): boolean {
  return entries.every(
    (entry, index) => index === 0 || numberOf(entries[index - 1] as PlacedPatch).n < numberOf(entry).n,
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
