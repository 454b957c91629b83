/** How often each case is run. */
import type { Repetition } from '../results/index.ts';
import type { Case } from '../suite/index.ts';

/** A case, and which of its runs it is. */
export interface CaseRun {
  readonly case: Case;
  /** Absent in a case that is run once. */
  readonly repetition?: Repetition;
}

/** How often a case is run: what the command line says goes before its matrix. */
export function timesOf(testCase: Case, repeat: number | undefined): number {
  return repeat ?? (testCase.kind === 'removal' ? (testCase.repeat ?? 1) : 1);
}

/** All runs of the cases, those of one case together. */
export function repetitions(cases: readonly Case[], repeat: number | undefined): readonly CaseRun[] {
  return cases.flatMap((testCase): readonly CaseRun[] => {
    const of = timesOf(testCase, repeat);
    if (of === 1) return [{ case: testCase }];
    return Array.from({ length: of }, (_, index) => ({
      case: testCase,
      repetition: { number: index + 1, of },
    }));
  });
}
