/** A verdict against what the suite expects of it, and what a run comes to. Pure. */
import { type Expectation, titleMatches } from '../suite/index.ts';
import type { VerdictKind, VerdictRecord } from './verdict.ts';

/** `unexpected-pass`: an expectation says otherwise, and is to be taken out or to be looked into. */
export type Assessment = 'expected' | 'unexpected' | 'unexpected-pass';

/** What of a verdict is compared. */
export type Assessable = Pick<VerdictRecord, 'verdict' | 'title' | 'altTitles'>;

/**
 * Without an expectation only a pass is expected; beside one, a pass is where that says `sometimes`. An error is never expected, it says nothing of the kernel; a skip
 * has its reason with it and is no failure. The title that counts is that of the verdict, by any of its names: a
 * second, other report does not make a known crash of a new one.
 */
export function assess(
  verdict: Assessable,
  expectation: Pick<Expectation, 'verdict' | 'title' | 'sometimes'> | undefined,
): Assessment {
  switch (verdict.verdict) {
    case 'error':
      return 'unexpected';
    case 'skip':
      return 'expected';
    case 'pass':
      return expectation === undefined || expectation.sometimes === true ? 'expected' : 'unexpected-pass';
    case 'fail':
    case 'crash':
    case 'hang': {
      if (expectation?.verdict !== verdict.verdict) return 'unexpected';
      const { title } = expectation;
      const fits =
        title === null || [verdict.title, ...verdict.altTitles].some((name) => titleMatches(title, name));
      return fits ? 'expected' : 'unexpected';
    }
  }
}

/** What the suite expects, in a few words: `crash KASAN: *`; `pass` without an expectation. */
export function expectedText(expectation: Pick<Expectation, 'verdict' | 'title'> | null | undefined): string {
  if (expectation === undefined || expectation === null) return 'pass';
  return expectation.title === null ? expectation.verdict : `${expectation.verdict} ${expectation.title}`;
}

/** What of a case decides the exit code; `verdict` is null for a case that was not run. */
export interface CaseOutcome {
  readonly verdict: VerdictKind | null;
  readonly assessment: Assessment | null;
}

/**
 * 1 when a verdict on the kernel is unexpected (an unexpected pass is one), else 2 when the run is incomplete (an
 * error, a case that was not run, no case at all), else 0. A finding outweighs what is missing beside it.
 */
export function exitCodeFor(outcomes: readonly CaseOutcome[]): 0 | 1 | 2 {
  const ofTheKernel = outcomes.filter((one) => one.verdict !== 'error' && one.verdict !== null);
  if (ofTheKernel.some((one) => one.assessment !== 'expected')) return 1;
  return ofTheKernel.length < outcomes.length || outcomes.length === 0 ? 2 : 0;
}
