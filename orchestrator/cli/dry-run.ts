/** What a run would do, without doing it. */
import { requiredSymbols } from '../case/index.ts';
import { describeVariant, type Variant } from '../kernel/index.ts';
import { type Case, expectationFor } from '../suite/index.ts';
import { timesOf } from './repetitions.ts';
import type { LoadedSuite } from './suites.ts';

/** Variants to be built, cases to be run on each, and what is not, with the reason. */
export function dryRunText(
  { suite, selected, expansion }: LoadedSuite,
  variants: readonly Variant[],
  repeat: number | undefined,
): string {
  const lines = [`suite ${suite.name} (${suite.file})`];
  for (const variant of variants) {
    lines.push(
      `build ${variant.name}: ${describeVariant(variant)}, profile ${variant.profile}, ${variant.asked.length} symbols`,
    );
    for (const testCase of selected) {
      const expected = expectationFor(suite, testCase.name, variant.name);
      const times = timesOf(testCase, repeat);
      const notes = [
        ...(times === 1 ? [] : [`${times} times`]),
        ...(expected === undefined ? [] : [`expected: ${expected.verdict}`]),
        ...skipNote(testCase, variant),
      ];
      lines.push(
        `run   ${variant.name}  ${testCase.name}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`,
      );
    }
  }
  for (const one of expansion.notApplicable) lines.push(`not applicable  ${one.name}: ${one.reason}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Whether a kernel has a symbol is known once it is configured; one that no fragment asks for is there only if
 * something else selects it.
 */
function skipNote(testCase: Case, { asked }: Variant): readonly string[] {
  const names = new Set(asked.map(({ name }) => name));
  const lacking = requiredSymbols(testCase).filter((symbol) => !names.has(symbol));
  if (lacking.length === 0) return [];
  return [`skipped unless the kernel has ${lacking.map((symbol) => `CONFIG_${symbol}`).join(', ')}`];
}
