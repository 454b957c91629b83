/** Reports that are known and looked after: data, each with a reason and an end. They stay in the record. */
import type { Splat } from './splat.ts';

/** One kind of report that is no finding for a while. */
export type Suppression = {
  /** Tested on the whole title. */
  readonly title: RegExp;
  /** Why, for the reader, with a link or a commit. */
  readonly reason: string;
  /** ISO date (`2027-06-30`) from which on it is a finding again. */
  readonly until: string;
};

/** What is suppressed today: nothing. A row hides a bug, so that it needs a person's decision. */
export const SUPPRESSIONS: readonly Suppression[] = [];

/** What suppresses a report in a run that was started at `startedAt` (ISO 8601), if anything does. */
export function suppressionOf(
  { title }: Pick<Splat, 'title'>,
  startedAt: string,
  suppressions: readonly Suppression[] = SUPPRESSIONS,
): Suppression | undefined {
  return suppressions.find((row) => startedAt.slice(0, 10) < row.until && row.title.test(title));
}
