/** Oracles of the kernel's own tests: did they run to their end, and what did they say? */
import { formatDurationMs } from '../base/index.ts';
import { flatten } from '../ktap/index.ts';
import { type Evidence, judged, notJudged, type OracleResult } from './evidence.ts';
import type { TestsRecord, TestTask } from './record.ts';
import { waitingEvidence, waitingPlace } from './stack.ts';
import type { TestsSeen } from './tests-seen.ts';
import type { Finding } from './verdict.ts';

/** A test's findings beyond these are counted: one broken thing may fail a thousand parameters. */
const FINDINGS_MAX = 20;

/** Oracle: is there enough to judge by? What is missing makes an error, never a pass. */
export function testsEvidenceOracle(evidence: Evidence): OracleResult {
  const { record, splats, tests } = evidence;
  const { infra, console, health } = record;
  const error = (summary: string, ...lines: string[]): Finding => ({
    oracle: 'evidence',
    verdict: 'error',
    summary,
    evidence: lines,
  });
  if (infra !== null) {
    const [first = '', ...rest] = infra.message.split('\n');
    const summary = `${infra.code} in phase ${infra.phase}: ${first}`;
    if (splats.length > 0) return judged([], `explained by the kernel's report: ${summary}`);
    if (stuckInBoot(evidence)) return judged([], `explained by tests that do not end: ${summary}`);
    return judged([error(summary, ...rest)], 'what came after it is missing');
  }
  const findings: Finding[] = [];
  if (console === null) findings.push(error('there is no console'));
  else if (!console.complete)
    findings.push(error('the console is not complete: a report may have been missed'));
  if (record.case.kind === 'selftest' && (health === null || health.before === null))
    findings.push(error('health before the case is not known'));
  if (health === null || (health.after === null && health.failure === null))
    findings.push(error('health after the case is not known'));
  if (record.tests === null) findings.push(error('no tests were recorded'));
  else if (
    record.case.kind === 'selftest' &&
    record.tests.endedBy === 'itself' &&
    record.tests.exitCode === null
  )
    findings.push(error('how the program ended is not known', ...(tests?.tail ?? [])));
  return judged(findings);
}

/** Oracle: what the tests themselves say. */
export function testsOracle(evidence: Evidence): OracleResult {
  const { record, tests } = evidence;
  const { case: one, tests: run } = record;
  if (tests === null || run === null || one.kind === 'removal') return notJudged('no tests were run');
  const place = tests.place === null ? [] : [tests.place];
  const finding = (verdict: Finding['verdict'], summary: string, ...lines: readonly string[]): Finding => ({
    oracle: 'tests',
    verdict,
    summary,
    evidence: lines,
  });
  const failed = failures(tests, place, run.exitCode);
  if (run.endedBy !== 'itself') return judged([...stuck(evidence, run, tests, place), ...failed]);
  if (record.infra !== null && tests.results.length === 0)
    return notJudged('the tests did not come to an end');
  if (one.kind === 'kunit') {
    if (tests.place === null) {
      const why = 'the kernel needs CONFIG_KUNIT=y, and the suite to be built in';
      return judged([finding('error', 'KUnit printed nothing on the console', why)]);
    }
    if (!tests.results.some(({ name }) => name === one.suite))
      return judged([
        finding('error', `KUnit ran no suite ${one.suite}`, ...place, `asked for: ${run.asked}`),
      ]);
  }
  const missing = tests.problems.map((problem) => finding('error', problem, ...place));
  if (one.kind === 'kunit' || tests.results.length === 0) return judged([...failed, ...missing]);
  const { exitCode } = run;
  const clean = exitCode === 0 || exitCode === 2 || exitCode === 4;
  if (exitCode !== null && !clean && failed.length === 0)
    failed.push(finding('fail', `${one.program} ended with exit code ${exitCode}`, ...place, ...tests.tail));
  return judged([...failed, ...missing]);
}

function failures(tests: TestsSeen, place: readonly string[], exitCode: number | null): Finding[] {
  const failed = flatten(tests.results).filter(({ outcome }) => outcome === 'failed');
  return failed.slice(0, FINDINGS_MAX).map(({ path, result }, index): Finding => {
    const { directive } = result;
    // A program that prints no results has but its exit code to fail with.
    const plain = exitCode === null || tests.ktap ? 'not ok' : `exit code ${exitCode}`;
    const said = directive === null ? plain : `${directive.word} ${directive.reason}`.trim();
    const more = index === 0 && failed.length > 1 ? [`${failed.length} of the results are failures`] : [];
    return {
      oracle: 'tests',
      verdict: 'fail',
      summary: `${path}: ${said}`,
      evidence: [...place, ...more, ...result.diagnostics],
    };
  });
}

/** KUnit began, and the boot did not get past it. */
function stuckInBoot({ record, tests }: Evidence): boolean {
  return (
    record.case.kind === 'kunit' &&
    record.tests?.endedBy === 'never' &&
    tests !== null &&
    tests.problems.length > 0
  );
}

/** What had not ended in time, and where it waits. */
function stuck(
  evidence: Evidence,
  run: TestsRecord,
  tests: TestsSeen,
  place: readonly string[],
): readonly Finding[] {
  const { case: one } = evidence.record;
  if (one.kind === 'kunit') {
    if (!stuckInBoot(evidence)) return [];
    const last = flatten(tests.results).findLast(({ outcome }) => outcome !== 'missing');
    const after = last === undefined ? 'before its first result' : `after ${last.path}`;
    const summary = `${one.suite} does not end: stuck ${after}`;
    return [{ oracle: 'tests', verdict: 'hang', summary, evidence: [...place, ...tests.problems] }];
  }
  const task = tellingTask(run.tasks);
  const { where, how } = waitingPlace(task?.observations ?? []);
  const name = one.kind === 'selftest' ? one.program : one.name;
  const took = run.limitMs === null ? '' : `had not ended after ${formatDurationMs(run.limitMs)}; `;
  const end =
    run.endedBy === 'kill' ? 'it ended when unplug killed it' : 'it was still there after unplug killed it';
  return [
    {
      oracle: 'tests',
      verdict: 'hang',
      summary: `${name}: ${task?.comm ?? 'a task'} stuck in ${where} (${how})`,
      evidence: [
        `${run.asked} ${took}${end}`,
        ...run.tasks.flatMap(({ pid, comm, observations }) =>
          waitingEvidence(`${comm}, pid ${pid}`, observations),
        ),
        ...place,
        ...tests.tail,
      ],
    },
  ];
}

/** A task in D holds the others up; else the last child is what its parents wait for. */
function tellingTask(tasks: readonly TestTask[]): TestTask | undefined {
  return tasks.findLast(({ observations }) => observations.at(-1)?.state === 'D') ?? tasks.at(-1);
}
