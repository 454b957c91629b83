/** One JSON document on standard output when the run has ended: run.json's content and all verdicts. */
import { repeatedCases } from '../results/index.ts';
import type { VerdictRecord } from '../verdict/index.ts';
import type { Reporter, Write } from './reporter.ts';

/**
 * Writes `{"run": …, "verdicts": […], "stopped": null}`; verdicts in the order of the run's cases. `repeats` is there
 * when cases were run more than once: how often each verdict came, and the share of the worst with its interval.
 */
export function jsonReporter(write: Write): Reporter {
  const verdicts = new Map<string, VerdictRecord>();
  let stopped: string | null = null;
  return {
    caseEnded: ({ case: one, verdict }) => void verdicts.set(one.directory, verdict),
    runAborted(reason) {
      stopped = reason;
    },
    runEnded(run) {
      const inOrder = run.cases.flatMap((one) => verdicts.get(one.directory) ?? []);
      const repeated = repeatedCases(run).map(({ name, variant, counts, share }) => ({
        ...{ name, variant, counts, share },
      }));
      const repeats = repeated.length === 0 ? {} : { repeats: repeated };
      write(`${JSON.stringify({ run, verdicts: inOrder, ...repeats, stopped }, null, 2)}\n`);
    },
  };
}
