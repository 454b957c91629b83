/** What is to be run. */
import type { CaseEnvironment } from '../case/index.ts';
import type { Repetition } from '../results/index.ts';
import type { Case, Expectation } from '../suite/index.ts';

/** A case on a variant that is ready for it. */
export interface Job {
  readonly environment: CaseEnvironment;
  readonly case: Case;
  /** What the suite expects of it there, if anything but a pass. */
  readonly expectation: Expectation | undefined;
  /** Which run of the case it is; absent in a case that is run once. */
  readonly repetition?: Repetition | undefined;
}

/** The part of a job that its place in the order depends on. */
export interface JobOutline {
  readonly environment: Pick<CaseEnvironment, 'variant' | 'profile' | 'limits'>;
  readonly case: Pick<Case, 'name'>;
  readonly expectation: Pick<Expectation, 'verdict'> | undefined;
}

/** Whether nothing else may run beside it: another guest on the machine would be in what it measures. */
export function runsAlone({ environment }: JobOutline): boolean {
  return environment.profile === 'timing';
}
