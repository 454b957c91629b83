/** The state of the run as one line: `case 5 of 16 · 3 pass, 1 crash · running a, b`. */
import type { Progress } from '../base/index.ts';
import type { VerdictKind } from '../verdict/index.ts';
import type { Reporter } from './reporter.ts';
import { countText } from './words.ts';

const RUNNING_SHOWN = 3;

/** Keeps a progress line up to date. */
export function progressReporter(progress: Progress): Reporter {
  const running = new Set<string>();
  const verdicts: VerdictKind[] = [];
  let total = 0;
  let severalVariants = false;
  const label = (name: string, variant: string): string => (severalVariants ? `${name} on ${variant}` : name);
  const show = (): void => {
    const names = [...running];
    const more = names.length > RUNNING_SHOWN ? ` and ${names.length - RUNNING_SHOWN} more` : '';
    const begun = Math.min(total, verdicts.length + running.size);
    progress.update(
      [
        `case ${begun} of ${total}`,
        ...(verdicts.length === 0 ? [] : [countText(verdicts)]),
        ...(names.length === 0 ? [] : [`running ${names.slice(0, RUNNING_SHOWN).join(', ')}${more}`]),
      ].join(' · '),
    );
  };
  return {
    runStarted(run) {
      total = run.cases.length;
      severalVariants = run.variants.length > 1;
    },
    caseStarted(name, variant) {
      running.add(label(name, variant));
      show();
    },
    caseDone({ case: one }) {
      running.delete(label(one.name, one.variant));
      if (one.verdict !== null) verdicts.push(one.verdict);
      show();
    },
    runEnded: () => progress.clear(),
  };
}
