/** What a reporter is, and how several are driven as one. */
import { messageOf } from '../base/index.ts';
import type { RunCase, RunRecord } from '../results/index.ts';
import type { VerdictRecord } from '../verdict/index.ts';

/** A finished case. */
export interface CaseReport {
  readonly case: RunCase;
  readonly verdict: VerdictRecord;
}

/**
 * Told of a run as it goes. Every method is optional; calls come in this order, case calls for several cases mixed. A
 * case is told twice: as it ends, for who shows how far the run is, and in its turn, for who reports it.
 */
export interface Reporter {
  /** All cases are known, none has a verdict. */
  runStarted?(run: RunRecord): void;
  caseStarted?(name: string, variant: string): void;
  /** At the moment when the case ended, in any order. */
  caseDone?(report: CaseReport): void;
  /** In the order of the run's cases; before `runAborted`, all that ended, whatever is missing between them. */
  caseEnded?(report: CaseReport): void;
  /** The run can't go on (infrastructure, interruption); `runEnded` still follows. */
  runAborted?(reason: string): void;
  runEnded?(run: RunRecord): void;
}

/** Takes text for standard output, or collects it in a test. */
export type Write = (text: string) => void;

/**
 * Several reporters as one. One that throws is left out from then on and named to `onFailure`, once: it never ends
 * the run, nor takes another's output.
 */
export function combineReporters(
  reporters: Readonly<Record<string, Reporter>>,
  onFailure: (message: string) => void,
): Required<Reporter> {
  const alive = new Map(Object.entries(reporters));
  const tell = (call: (reporter: Reporter) => void): void => {
    for (const [name, reporter] of [...alive]) {
      try {
        call(reporter);
      } catch (error) {
        alive.delete(name);
        onFailure(`reporter ${name} failed and is left out: ${messageOf(error)}`);
      }
    }
  };
  return {
    runStarted: (run) => tell((reporter) => reporter.runStarted?.(run)),
    caseStarted: (name, variant) => tell((reporter) => reporter.caseStarted?.(name, variant)),
    caseDone: (report) => tell((reporter) => reporter.caseDone?.(report)),
    caseEnded: (report) => tell((reporter) => reporter.caseEnded?.(report)),
    runAborted: (reason) => tell((reporter) => reporter.runAborted?.(reason)),
    runEnded: (run) => tell((reporter) => reporter.runEnded?.(run)),
  };
}
