/** What the kernel's own tests printed, as results: from KUnit's KTAP on the console or from a selftest's output. */
import { flatten, type KtapDocument, type KtapResult, MAX_DIAGNOSTICS, parseKtap } from '../ktap/index.ts';
import type { WorkloadEvent } from './events.ts';
import type { CaseRecord } from './record.ts';
import type { TestsVerdict } from './verdict.ts';

/** Exit codes of kselftest programs (tools/testing/selftests/kselftest.h). */
const KSFT_XFAIL = 2;
const KSFT_SKIP = 4;

/** The results of one case. */
export interface TestsSeen {
  readonly results: readonly KtapResult[];
  /** What is missing or does not fit together. */
  readonly problems: readonly string[];
  /** Where the output is: `console.log:120-163`; null when there is none. */
  readonly place: string | null;
  /** Why nothing was run, in the tests' own words; null when something was. */
  readonly skip: string | null;
  /** Whether the results are the tests' own; false: made from a program's exit code. */
  readonly ktap: boolean;
  /** The last lines of a selftest. */
  readonly tail: readonly string[];
}

/**
 * What a case's tests said.
 * @param ktap the documents on the console
 */
export function testsSeen(
  record: CaseRecord,
  events: readonly WorkloadEvent[],
  ktap: readonly KtapDocument[],
): TestsSeen {
  if (record.case.kind === 'kunit') return kunitSeen(record.case.suite, ktap);
  return selftestSeen(record, events);
}

function kunitSeen(suite: string, ktap: readonly KtapDocument[]): TestsSeen {
  // A module with tests of its own prints a document when it is loaded; the one that was asked for has the suite.
  const document = ktap.find(({ results }) => results.some(({ name }) => name === suite)) ?? ktap[0];
  if (document === undefined)
    return { results: [], problems: [], place: null, skip: null, ktap: true, tail: [] };
  const { results, problems, skip, startLine, endLine } = document;
  return { results, problems, place: `console.log:${startLine}-${endLine}`, skip, ktap: true, tail: [] };
}

function selftestSeen({ case: one, tests }: CaseRecord, events: readonly WorkloadEvent[]): TestsSeen {
  const at = events.flatMap((event, index) =>
    event.ev === 'output' ? [{ line: index + 1, text: event.text }] : [],
  );
  const [first, last] = [at[0], at.at(-1)];
  const place = first === undefined || last === undefined ? null : `events.jsonl:${first.line}-${last.line}`;
  const tail = at
    .map(({ text }) => text)
    .filter((text) => text.trim() !== '')
    .slice(-MAX_DIAGNOSTICS);
  const documents = parseKtap(at.map(({ text }) => text).join('\n')).filter(
    ({ plan, results }) => plan !== null || results.length > 0,
  );
  if (documents.length > 0) {
    const results = documents.flatMap((document) => document.results);
    const skip =
      results.length === 0 ? (documents.find((document) => document.skip !== null)?.skip ?? null) : null;
    return {
      results,
      problems: documents.flatMap(({ problems }) => problems),
      place,
      skip,
      ktap: true,
      tail,
    };
  }
  const exitCode = tests?.exitCode ?? null;
  if (exitCode === null || one.kind !== 'selftest')
    return { results: [], problems: [], place, skip: null, ktap: false, tail };
  const directive =
    exitCode === KSFT_SKIP
      ? ({ word: 'SKIP', reason: tail.slice(-2).join('; ') || 'no reason given' } as const)
      : exitCode === KSFT_XFAIL
        ? ({ word: 'XFAIL', reason: '' } as const)
        : null;
  const ok = exitCode === 0 || exitCode === KSFT_SKIP;
  const only = { name: one.program, ok, directive, diagnostics: tail, plan: null, children: [] };
  return { results: [only], problems: [], place, skip: null, ktap: false, tail };
}

/** Why a case whose tests did nothing is a skip; null when one of them ran. */
export function skipReason({ results, skip }: TestsSeen): string | null {
  const flat = flatten(results);
  if (flat.length === 0) return skip === null ? null : skip || 'the tests gave no reason';
  if (flat.some(({ outcome }) => outcome !== 'skipped')) return null;
  const reasons = [
    ...new Set(flat.map(({ result }) => result.directive?.reason ?? '').filter((text) => text !== '')),
  ];
  return reasons.length === 0 ? 'the tests gave no reason' : reasons.join('; ');
}

/** How many nested results were announced and never came. */
function unseen(results: readonly KtapResult[]): number {
  return results.reduce(
    (sum, { plan, children }) => sum + Math.max(0, (plan ?? 0) - children.length) + unseen(children),
    0,
  );
}

/** What of it goes into the verdict. */
export function testsVerdict({ results }: TestsSeen): TestsVerdict {
  const outcomes = flatten(results).map(({ outcome }) => outcome);
  const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
  return {
    total: outcomes.length + unseen(results),
    ok: count('ok'),
    failed: count('failed'),
    skipped: count('skipped'),
    results,
  };
}
