/** One JSON document on standard output when the run has ended: run.json's content and all verdicts. */
import type { VerdictRecord } from '../verdict/index.ts';
import type { Reporter, Write } from './reporter.ts';

/** Writes `{"run": …, "verdicts": […], "stopped": null}`; verdicts in the order of the run's cases. */
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
      write(`${JSON.stringify({ run, verdicts: inOrder, stopped }, null, 2)}\n`);
    },
  };
}
