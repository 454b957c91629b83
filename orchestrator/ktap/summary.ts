/** What results come to: counts, and which failed. */
import type { KtapResult } from './types.ts';

/** What one result says. A planned failure (`XFAIL`, `TODO`) is no failure. */
export type Outcome = 'ok' | 'failed' | 'skipped' | 'missing';

/** A result with the names of those that it is nested in. */
export interface NamedResult {
  /** `suite.test.parameter`. */
  readonly path: string;
  readonly outcome: Outcome;
  readonly result: KtapResult;
}

/** Of a result's own line. `not ok` is a failure whatever is nested in it says, and so is what is nested. */
export function outcomeOf({ ok, directive }: Pick<KtapResult, 'ok' | 'directive'>): Outcome {
  if (ok === null) return 'missing';
  switch (directive?.word) {
    case 'SKIP':
      return 'skipped';
    case 'XFAIL':
    case 'TODO':
      return 'ok';
    case 'TIMEOUT':
    case 'ERROR':
      return 'failed';
    case 'XPASS':
    case undefined:
      return ok ? 'ok' : 'failed';
  }
}

/**
 * The results that stand for themselves: those without nested ones, and a failed one in which nothing nested failed
 * (a suite's own set-up). In the order of their lines.
 */
export function flatten(results: readonly KtapResult[], above = ''): readonly NamedResult[] {
  return results.flatMap((result): readonly NamedResult[] => {
    const path = above === '' ? result.name : `${above}.${result.name}`;
    const outcome = outcomeOf(result);
    const own: NamedResult = { path, outcome, result };
    if (result.children.length === 0) return [own];
    const nested = flatten(result.children, path);
    const explained = nested.some((one) => one.outcome === 'failed' || one.outcome === 'missing');
    if (outcome === 'failed' && !explained) return [...nested, own];
    return nested;
  });
}
