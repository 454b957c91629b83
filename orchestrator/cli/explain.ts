/** `unplug explain RUN CASE`: why a case has its verdict. */
import { join, relative } from 'node:path';
import { nearestNames, repositoryRoot, UsageError } from '../base/index.ts';
import { type ExplainOptions, paintFor, renderExplanation } from '../reporter/index.ts';
import { findRun, type RunCase, readCase, readRun } from '../results/index.ts';
import { globMatches } from '../suite/index.ts';
import { explain as explanationOf } from '../verdict/index.ts';

/** Options of the command, as commander gives them. */
export interface ExplainCommandOptions {
  readonly variant?: string;
  readonly results?: string;
}

const COLUMNS = 120;

/**
 * Prints the explanation of each case that is meant.
 * @throws UsageError when no finished case is meant, with the nearest names; InfraError for damaged files
 */
export async function explain(
  wanted: string,
  named: string | undefined,
  options: ExplainCommandOptions,
): Promise<number> {
  const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  const columns = process.stdout.columns ?? COLUMNS;
  process.stdout.write(await explainText(wanted, named, options, { columns, paint: paintFor(colour) }));
  return 0;
}

/** What {@link explain} prints. @throws as it does */
export async function explainText(
  wanted: string,
  named: string | undefined,
  options: ExplainCommandOptions,
  screen: ExplainOptions,
): Promise<string> {
  const directory = await findRun(options.results ?? join(repositoryRoot, 'results'), wanted);
  const run = await readRun(directory);
  const texts: string[] = [];
  for (const one of chooseCases(run.cases, named, options.variant)) {
    const folder = join(directory, one.directory);
    const { record, events, console } = await readCase(folder);
    const fromHere = relative(process.cwd(), folder);
    const shown = fromHere.startsWith('..') ? folder : fromHere;
    const explanation = explanationOf(record, events, console);
    texts.push(renderExplanation({ record, case: one, folder: shown }, explanation, screen));
  }
  return texts.join('\n');
}

/**
 * The finished cases that a name or glob means; without one, those that were not as expected.
 * @throws UsageError
 */
function chooseCases(
  cases: readonly RunCase[],
  named: string | undefined,
  variant: string | undefined,
): readonly RunCase[] {
  const finished = cases.filter(
    (one) => one.verdict !== null && (variant === undefined || one.variant === variant),
  );
  if (finished.length === 0) {
    throw new UsageError(`no case of the run has finished${variant === undefined ? '' : ` on ${variant}`}`);
  }
  if (named === undefined) {
    const unexpected = finished.filter(({ assessment }) => assessment !== 'expected');
    if (unexpected.length > 0) return unexpected;
    throw new UsageError('every case was as expected: name the one to explain', {
      hint: "a glob such as 'gpio-sim/**' will do; unplug replay lists them",
    });
  }
  const chosen = finished.filter(({ name }) => globMatches(named, name));
  if (chosen.length > 0) return chosen;
  const near = nearestNames(named.replace(/[*?]/g, ''), new Set(finished.map(({ name }) => name)));
  const hint = near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` };
  throw new UsageError(`no finished case of the run is ${named}${variant ? ` on ${variant}` : ''}`, hint);
}
