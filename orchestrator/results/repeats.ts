/** What cases that were run more than once come to. Every run stays what it is: here they are only counted. */
import { type Proportion, proportion } from '../timing/index.ts';
import type { VerdictKind } from '../verdict/index.ts';
import type { RunCase, RunRecord } from './run.ts';

/** A case on a variant, with all its runs. */
export interface RepeatedCase {
  readonly name: string;
  readonly variant: string;
  /** Worst first, only those that there were. Null: not run. */
  readonly counts: readonly { readonly verdict: VerdictKind | null; readonly count: number }[];
  /** The run that stands for the case: the first of the worst. */
  readonly worst: RunCase;
  /**
   * How often the worst verdict came, of the runs that say something of the kernel; of a case that always passed, how
   * often it did not. Null when no run says anything.
   */
  readonly share: Proportion | null;
}

/** Worst first: a crash once is a crash, whatever the other runs gave. */
const ORDER: readonly (VerdictKind | null)[] = ['crash', 'hang', 'fail', 'error', null, 'pass', 'skip'];
/** Verdicts on the kernel. */
const OF_KERNEL: readonly (VerdictKind | null)[] = ['crash', 'hang', 'fail', 'pass'];

/** Every case of a run on every variant once, in the run's order: of a repeated one, the run that stands for it. */
export function representatives(run: Pick<RunRecord, 'cases'>): readonly RunCase[] {
  return [...grouped(run).values()].map(worstOf);
}

/** The cases of a run that were to be run more than once, in its order. */
export function repeatedCases(run: Pick<RunRecord, 'cases'>): readonly RepeatedCase[] {
  return [...grouped(run).values()].filter((runs) => runs.length > 1).map(summarise);
}

function grouped({ cases }: Pick<RunRecord, 'cases'>): ReadonlyMap<string, readonly RunCase[]> {
  const groups = new Map<string, RunCase[]>();
  for (const one of cases) {
    const key = `${one.variant}\0${one.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** Of equal verdicts an unexpected one stands for the case, so that a second title is not lost behind a known one. */
function worstOf(runs: readonly RunCase[]): RunCase {
  const rank = ({ verdict, assessment }: RunCase): number =>
    2 * ORDER.indexOf(verdict) + (assessment === 'expected' ? 1 : 0);
  return runs.reduce((worst, one) => (rank(one) < rank(worst) ? one : worst));
}

function summarise(runs: readonly RunCase[]): RepeatedCase {
  const worst = worstOf(runs);
  const telling = runs.filter(({ verdict }) => OF_KERNEL.includes(verdict));
  const kernelWorst = telling.length === 0 ? null : worstOf(telling).verdict;
  const bad = telling.filter(({ verdict }) => verdict !== 'pass' && verdict === kernelWorst).length;
  return {
    name: worst.name,
    variant: worst.variant,
    counts: ORDER.map((verdict) => ({
      verdict,
      count: runs.filter((one) => one.verdict === verdict).length,
    })).filter(({ count }) => count > 0),
    worst,
    share: telling.length === 0 ? null : proportion(bad, telling.length),
  };
}
