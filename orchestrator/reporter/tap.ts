/**
 * TAP 14 (testanything.org/tap-version-14-specification): a subtest per variant, a test point per case. Points come
 * out in the order of the plan, as soon as all before them are done, whatever order the cases end in.
 */

import { type RunCase, type RunRecord, repeatedCases } from '../results/index.ts';
import { formatMeasured } from '../timing/index.ts';
import type { VerdictRecord } from '../verdict/index.ts';
import type { CaseReport, Reporter, Write } from './reporter.ts';
import { nestedResults } from './tap-nested.ts';
import { escapeTap, oneLine } from './tap-text.ts';
import {
  acceleratorText,
  assessmentText,
  caseFolder,
  repeatedText,
  repetitionText,
  testsText,
} from './words.ts';

const INDENT = '    ';

/** Writes TAP 14 as the run goes. */
export function tapReporter(write: Write): Reporter {
  let run: RunRecord | undefined;
  let aborted = false;
  /** Position in the run's cases up to which points are out. */
  let next = 0;
  /** The variant whose subtest is open. */
  let open: string | undefined;
  let points = 0;
  let failed = false;
  const done = new Map<string, CaseReport>();
  const line = (text: string): void => write(`${text}\n`);

  const casesOf = (variant: string): readonly RunCase[] =>
    run?.cases.filter((one) => one.variant === variant) ?? [];
  const order = (): readonly RunCase[] => run?.variants.flatMap((variant) => casesOf(variant.name)) ?? [];
  const openVariant = (name: string): void => {
    const variant = run?.variants.find((one) => one.name === name);
    const about = [
      variant?.release,
      variant?.description,
      variant?.profile,
      run && acceleratorText(run.accelerator),
    ].filter((part) => part);
    line(`# Subtest: ${escapeTap(name)}`);
    line(`${INDENT}1..${casesOf(name).length}`);
    if (about.length > 0) line(`${INDENT}# ${about.join(', ')}`);
    open = name;
    points = 0;
    failed = false;
  };
  const closeVariant = (name: string): void => {
    const index = run?.variants
      .filter((variant) => casesOf(variant.name).length > 0)
      .findIndex((variant) => variant.name === name);
    const ok = !failed && points === casesOf(name).length;
    line(`${ok ? 'ok' : 'not ok'} ${(index ?? 0) + 1} - ${escapeTap(name)}`);
    open = undefined;
  };
  /** @param last nothing more will come: what waits for it comes out without it */
  const flush = (last = false): void => {
    const all = order();
    for (let one = all[next]; one !== undefined; one = all[++next]) {
      const report = done.get(one.directory);
      if (report === undefined && last) continue;
      if (report === undefined) return;
      const number = casesOf(one.variant).indexOf(one) + 1;
      if (open !== undefined && open !== one.variant) closeVariant(open);
      if (open === undefined) openVariant(one.variant);
      points++;
      failed ||= !isOk(report.case);
      for (const text of [...nestedResults(report), ...testPoint(number, report, run)])
        line(`${INDENT}${text}`);
      if (one.repetition !== undefined && one.repetition.number === one.repetition.of) {
        for (const text of repeatLines(one, [...done.values()])) line(`${INDENT}${text}`);
      }
      if (number === casesOf(one.variant).length) closeVariant(one.variant);
    }
  };

  return {
    runStarted(started) {
      run = started;
      line('TAP version 14');
      const count = started.variants.filter((variant) => casesOf(variant.name).length > 0).length;
      line(count === 0 ? '1..0 # SKIP no case was asked for' : `1..${count}`);
      for (const one of started.notApplicable) line(`# not applicable: ${one.name}: ${one.reason}`);
    },
    caseEnded(report) {
      done.set(report.case.directory, report);
      if (!aborted) flush();
    },
    runAborted(reason) {
      flush(true);
      aborted = true;
      line(`Bail out! ${oneLine(reason)}`);
    },
    runEnded(ended) {
      if (aborted) return;
      const missing = ended.cases.filter((one) => one.verdict === null).length;
      if (missing > 0) line(`Bail out! ${missing} of ${ended.cases.length} cases were not run`);
    },
  };
}

/** After the last run of a case: how often it went how. */
function repeatLines(last: RunCase, reports: readonly CaseReport[]): readonly string[] {
  const cases = reports
    .map(({ case: one }) => one)
    .filter(({ name, variant }) => name === last.name && variant === last.variant);
  return repeatedCases({ cases }).map((one) => `# ${oneLine(`${one.name}: ${repeatedText(one)}`)}`);
}

function isOk(one: RunCase): boolean {
  return one.assessment === 'expected';
}

function testPoint(
  number: number,
  { case: one, verdict }: CaseReport,
  run: RunRecord | undefined,
): readonly string[] {
  const status = isOk(one) ? 'ok' : 'not ok';
  if (one.verdict === 'skip')
    return [
      `${status} ${number} - ${escapeTap(`${one.name}${repetitionText(one)}`)} # SKIP ${escapeTap(oneLine(one.title))}`,
    ];
  // An expected crash is a success of the run, but no pass: the description says what it was.
  const about = [assessmentText(one), one.title].filter((part) => part !== '').join(': ');
  const description =
    one.verdict === 'pass' && about === ''
      ? `${one.name}${repetitionText(one)}`
      : `${one.name}${repetitionText(one)} (${one.verdict}${about === '' ? '' : `, ${about}`})`;
  return [
    `${status} ${number} - ${escapeTap(oneLine(description))}`,
    ...(one.verdict === 'pass' && isOk(one) ? [] : diagnostics(one, verdict, run)),
  ];
}

/** A YAML block; scalars are written as JSON, which is YAML. */
function diagnostics(one: RunCase, verdict: VerdictRecord, run: RunRecord | undefined): readonly string[] {
  const scalar = (key: string, value: string | null): readonly string[] =>
    value === null ? [] : [`  ${key}: ${JSON.stringify(value)}`];
  return [
    '  ---',
    ...scalar('verdict', one.verdict),
    ...scalar('assessment', one.assessment),
    ...scalar('reason', one.expectation?.reason ?? null),
    ...scalar('until', one.expectation?.until ?? null),
    ...scalar('removal', one.removal === null ? null : formatMeasured(one.removal)),
    ...scalar('user', one.userSaw),
    ...scalar('tests', one.tests === null ? null : testsText(one.tests)),
    ...(verdict.findings.length === 0 ? [] : ['  findings:']),
    ...verdict.findings.flatMap((finding) => [
      `    - ${finding.verdict}: ${JSON.stringify(finding.summary)}`,
      `      oracle: ${finding.oracle}`,
      ...(finding.evidence.length === 0 ? [] : ['      evidence:']),
      ...finding.evidence.map((text) => `        - ${JSON.stringify(text)}`),
    ]),
    ...scalar('directory', caseFolder(run, one)),
    ...scalar('reproduce', one.reproduce),
    '  ...',
  ];
}
