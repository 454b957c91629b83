/** Who says what where: one reporter owns standard output, progress goes to standard error. */
import type { Progress } from '../base/index.ts';
import {
  combineReporters,
  jsonReporter,
  progressReporter,
  type Reporter,
  tapReporter,
  terminalReporter,
} from '../reporter/index.ts';

/** What standard output carries. */
export type OutputFormat = 'terminal' | 'tap' | 'json';

/** The format that was asked for, or the matrix on a terminal and TAP otherwise. */
export function outputFormat(options: { readonly json?: boolean; readonly tap?: boolean }): OutputFormat {
  if (options.json) return 'json';
  if (options.tap) return 'tap';
  return process.stdout.isTTY ? 'terminal' : 'tap';
}

/** The reporters of a run. */
export function makeReporters(format: OutputFormat, progress: Progress): Required<Reporter> {
  const write = (text: string): void => {
    // A living progress line would be torn apart by what comes between.
    progress.clear();
    process.stdout.write(text);
  };
  const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  const owner: Reporter =
    format === 'json'
      ? jsonReporter(write)
      : format === 'tap'
        ? tapReporter(write)
        : terminalReporter(write, { columns: process.stdout.columns || 100, colour });
  return combineReporters({ progress: progressReporter(progress), [format]: owner }, (message) =>
    progress.warn(message),
  );
}
