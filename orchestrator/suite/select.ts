/** Which cases are meant, and what is expected of them. */
import { nearestNames, UsageError } from '../base/index.ts';
import { globMatches } from './glob.ts';
import type { Case, Expansion, Expectation, Suite } from './types.ts';

/**
 * The cases that match any of the globs, in their own order; all of them when there is no glob.
 * @throws UsageError when a glob matches no case, with the nearest names, or why the cases that it names can't be had
 */
export function selectCases(expansion: Expansion, globs: readonly string[]): readonly Case[] {
  if (globs.length === 0) return expansion.cases;
  for (const glob of globs) {
    if (!expansion.cases.some((one) => globMatches(glob, one.name))) throw noSuchCase(glob, expansion);
  }
  return expansion.cases.filter((one) => globs.some((glob) => globMatches(glob, one.name)));
}

/** The first expectation of the suite that covers a case on a variant. */
export function expectationFor(
  suite: Pick<Suite, 'expectations'>,
  name: string,
  variant: string,
): Expectation | undefined {
  return suite.expectations.find(
    (one) =>
      globMatches(one.cases, name) &&
      (one.variants === null || one.variants.some((glob) => globMatches(glob, variant))),
  );
}

function noSuchCase(glob: string, expansion: Expansion): UsageError {
  const missing = expansion.notApplicable.find((one) => globMatches(glob, one.name));
  if (missing !== undefined) {
    return new UsageError(`case ${missing.name} can't be run: ${missing.reason}`);
  }
  const near = nearestCases(glob, expansion);
  return new UsageError(`no case matches ${glob}`, {
    hint: `a case is adapter/class/hold/removal[/moment][/aftermath], kunit/SUITE or selftest/COLLECTION/PROGRAM, * is within a part and ** across parts${
      near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`
    }`,
  });
}

/** Nearest names to a glob that matches nothing: its stars count as nothing. */
export function nearestCases(glob: string, expansion: Expansion): string[] {
  const plain = glob.replace(/[*?]/g, '').replace(/^\/+|\/+$/g, '');
  return plain === '' ? [] : nearestNames(plain, new Set(expansion.cases.map((one) => one.name)));
}
