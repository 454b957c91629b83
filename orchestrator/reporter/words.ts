/** Words that all reporters share. */
import type { RepeatedCase, RunCase, RunRecord } from '../results/index.ts';
import { formatProportion } from '../timing/index.ts';
import { expectedText, type VerdictKind } from '../verdict/index.ts';

/** Verdicts in the order in which they are counted. */
const ORDER: readonly VerdictKind[] = ['pass', 'fail', 'crash', 'hang', 'skip', 'error'];

/** `3 pass, 1 crash` */
export function countText(verdicts: readonly (VerdictKind | null)[], separator = ', '): string {
  return ORDER.map((kind) => ({ kind, count: verdicts.filter((one) => one === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}`)
    .join(separator);
}

/** How a verdict stands to the expectation: `as expected`, `expected hang`, `unexpected pass: crash KASAN: * is expected`; '' for a plain pass. */
export function assessmentText(one: RunCase): string {
  if (one.verdict === null || one.verdict === 'skip' || one.verdict === 'error') return '';
  if (one.assessment === 'unexpected-pass')
    return `unexpected pass, expected is ${expectedText(one.expectation)}`;
  if (one.assessment === 'unexpected') return `unexpected, expected is ${expectedText(one.expectation)}`;
  return one.expectation === null ? '' : 'as expected';
}

/** Whether a case has to be shown to the user: anything but what was expected. */
export function needsAttention(one: RunCase): boolean {
  return one.verdict !== null && one.assessment !== 'expected';
}

/** `TCG (KVM: the probe did not run guest code)` */
export function acceleratorText(accelerator: RunRecord['accelerator']): string {
  if (accelerator === null) return 'accelerator not known';
  const name = accelerator.name.toUpperCase();
  return accelerator.reason === '' ? name : `${name} (${accelerator.reason})`;
}

/** How many of a run's cases were not as expected, were not run, or in a few words that all is well. */
export function outcomeText(run: RunRecord): string {
  const notRun = run.cases.filter((one) => one.verdict === null).length;
  const errors = run.cases.filter((one) => one.verdict === 'error').length;
  const unexpected = run.cases.filter((one) => needsAttention(one) && one.verdict !== 'error').length;
  const parts = [
    ...(unexpected > 0 ? [`${unexpected} unexpected`] : []),
    ...(errors > 0 ? [`${errors} could not be judged`] : []),
    ...(notRun > 0 ? [`${notRun} not run`] : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return run.cases.length === 0 ? 'no case was run' : 'all as expected';
}

/** `6 of 6 ok`, `4 of 6 ok, 2 skipped` */
export function testsText({ ok, skipped, total }: NonNullable<RunCase['tests']>): string {
  return `${ok} of ${total} ok${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** `crash 1, pass 4` */
export function countsText({ counts }: Pick<RepeatedCase, 'counts'>): string {
  return counts.map(({ verdict, count }) => `${verdict ?? 'not run'} ${count}`).join(', ');
}

/** `crash in 1 of 5 (95 %: 4 to 62 %): KASAN: …`; of a case that always passed, how often it may fail all the same. */
export function repeatedText({ counts, worst, share }: RepeatedCase): string {
  const all = counts.length > 1 ? `; ${countsText({ counts })}` : '';
  if (share === null) return countsText({ counts });
  if (share.k === 0) return `bad in ${formatProportion(share)}${all}`;
  const kind = counts.find(({ verdict }) => isOfKernel(verdict))?.verdict ?? worst.verdict;
  const title = worst.verdict === kind && worst.title !== '' ? `: ${worst.title}` : '';
  return `${kind} in ${formatProportion(share)}${title}${all}`;
}

function isOfKernel(verdict: VerdictKind | null): boolean {
  return verdict === 'crash' || verdict === 'hang' || verdict === 'fail';
}

/** ` (run 2 of 5)`; '' for a case that is run once. */
export function repetitionText({ repetition }: Pick<RunCase, 'repetition'>): string {
  return repetition === undefined ? '' : ` (run ${repetition.number} of ${repetition.of})`;
}

/** A case's name in the three columns of the matrix: adapter, hold and removal, or what it is of the kernel's own. */
export function nameColumns(name: string): readonly [string, string, string] {
  const parts = name.split('/');
  if (parts[0] === 'kunit') return ['kunit', parts.slice(1).join('/'), ''];
  if (parts[0] === 'selftest') return ['selftest', parts.slice(1, -1).join('/'), parts.at(-1) ?? ''];
  // What else goes on, and what comes after, stand with the removal that they change.
  const [adapter = '', , hold = '', ...removal] = parts;
  return [adapter, hold, removal.join(' ')];
}

/** Where a case's evidence lies, from the repository. */
export function caseFolder(run: Pick<RunRecord, 'id'> | undefined, one: RunCase): string {
  return run === undefined ? one.directory : `results/${run.id}/${one.directory}`;
}

/** Shorter words of the same meaning, for a title that does not fit. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [/slab-use-after-free/g, 'UAF'],
  [/use-after-free/g, 'UAF'],
  [/^removal stuck in /, 'stuck in '],
  [/^user stuck in /, 'user in '],
  [/ though the device is gone$/, ''],
  [/^INFO: /, ''],
];

/** A title in at most `limit` characters if shorter words are enough for that. */
export function shortTitle(title: string, limit: number): string {
  return title.length <= limit
    ? title
    : SHORTER.reduce((text, [long, short]) => text.replace(long, short), title);
}
