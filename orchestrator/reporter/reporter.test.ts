/** The renderers against files in testdata; `UPDATE_GOLDEN=1` writes them anew. */
import t from 'tap';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import type { Progress } from '../base/index.ts';
import type { VerdictRecord } from '../verdict/index.ts';
import {
  type CaseReport,
  combineReporters,
  jsonReporter,
  progressReporter,
  type Reporter,
  tapReporter,
  terminalReporter,
} from './index.ts';
import {
  drive,
  EXPECTATIONS,
  golden,
  oneVariant,
  report,
  runOf,
  textOf,
  twoVariants,
} from './testdata/recorded-runs.ts';

/** What tap-parser makes of it: the results, and the points of the subtests with their nesting. */
function parsed(text: string): { results: FinalResults; points: Result[]; bailed: string | undefined } {
  const points: Result[] = [];
  let bailed: string | undefined;
  const parser = new Parser({ strict: true });
  parser.on('child', (child: Parser) => child.on('assert', (point: Result) => points.push(point)));
  parser.on('bailout', (reason: string) => (bailed = reason));
  let results: FinalResults | undefined;
  parser.on('complete', (final: FinalResults) => (results = final));
  parser.end(text);
  if (results === undefined) throw new Error('tap-parser did not come to an end');
  return { results, points, bailed };
}

t.test('TAP of one variant', async (t) => {
  const { run, reports } = await oneVariant();
  const text = textOf(tapReporter, run, reports);
  t.equal(text, golden('one-variant.tap', text));
  const { results, points } = parsed(text);
  t.match(results, { ok: false, count: 1, fail: 1, plan: { start: 1, end: 1 } });
  t.same(
    results.failures.filter((failure) => failure.tapError),
    [],
  );
  t.same(
    points.map(({ ok, id }) => [ok, id]),
    [true, true, true, false, false, false, true].map((ok, index) => [ok, index + 1]),
  );
  t.equal(
    points[0]?.name,
    'fixture-naive/fixture/t0-idle/sysfs_unbind (crash, as expected: KASAN: slab-use-after-free Read in unplug_fixture_read)',
  );
  t.equal(points[0]?.diag?.reason, EXPECTATIONS.crash?.reason);
  t.equal(
    points[3]?.diag?.reproduce,
    './unplug run suites/quick.yaml --variant baseline --case i801/i2c-dev/t0-idle/sysfs_unbind',
  );
  t.equal(points[6]?.skip, 'the kernel lacks CONFIG_X # \\');
});

t.test('TAP comes in the order of the plan, as early as it can, whatever order cases end in', async (t) => {
  const { run, reports } = await twoVariants();
  const straight = textOf(tapReporter, run, reports);
  t.equal(straight, golden('two-variants.tap', straight));
  t.equal(textOf(tapReporter, run, [...reports].reverse()), straight);
  const { results, points } = parsed(straight);
  t.match(results, { ok: false, count: 2, pass: 1, fail: 1 });
  t.same(
    points.map(({ ok }) => ok),
    [true, true, true, false, true, false],
  );
  let text = '';
  const reporter = tapReporter((piece) => (text += piece));
  reporter.runStarted?.(run);
  reporter.caseEnded?.(reports[0] as CaseReport);
  t.match(text, /^ {4}ok 1 - fixture-naive/m);
});

const OWN_TESTS = [
  'pass-kunit',
  'fail-kunit',
  'skip-kunit',
  'error-kunit-cut',
  'pass-selftest',
  'fail-selftest-ktap',
  'hang-selftest',
] as const;

t.test("the kernel's own tests keep their names", async (t) => {
  const reports = await Promise.all(
    OWN_TESTS.map(async (name) => {
      const one = await report(name, 'baseline');
      // The recorded cases are several outcomes of the same ones.
      const changed = one.case.name.replace('revocable_test', name).replace('gpio-cdev-uaf.sh', `${name}.sh`);
      return { ...one, case: { ...one.case, name: changed, directory: `cases/baseline/${name}` } };
    }),
  );
  const run = { ...runOf(reports, ['baseline']), notApplicable: [] };
  const tap = textOf(tapReporter, run, reports);
  t.equal(tap, golden('own-tests.tap', tap));
  const points: string[] = [];
  const parser = new Parser({ strict: true });
  const listen = (child: Parser, above: string): void => {
    child.on('assert', (point: Result) => points.push(`${point.ok ? 'ok' : 'not ok'} ${above}${point.name}`));
    child.on('child', (deeper: Parser) => listen(deeper, `${above}${deeper.name}: `));
  };
  listen(parser, '');
  let results: FinalResults | undefined;
  parser.on('complete', (final: FinalResults) => (results = final));
  parser.end(tap);
  t.same(
    results?.failures.filter((failure) => failure.tapError),
    [],
  );
  t.ok(
    points.includes('ok baseline: kunit/pass-kunit: revocable_test: revocable_test_basic'),
    points.join('\n'),
  );
  t.ok(points.includes('not ok baseline: kunit/fail-kunit: revocable_test: revocable_test_basic'));
  t.ok(points.includes('ok baseline: kunit/pass-kunit: revocable_test: revocable_test_sizes: large'));
  t.ok(
    points.includes(
      'not ok baseline: selftest/drivers/base/revocable/test-revocable.sh: revocable_fixture.revocation',
    ),
  );
  const matrix = textOf((write) => terminalReporter(write, { columns: 120, colour: false }), run, reports);
  t.equal(matrix, golden('own-tests.txt', matrix));
});

t.test('a failure of the own tests that is expected does not fail the run', async (t) => {
  const one = await report('fail-kunit', 'baseline');
  const expectation = { verdict: 'fail', title: null, reason: 'known', until: 'mended' } as const;
  const known = { ...one, case: { ...one.case, expectation, assessment: 'expected' as const } };
  const run = runOf([known], ['baseline']);
  t.match(parsed(textOf(tapReporter, run, [known])).results, { ok: true, count: 1, pass: 1 });
  t.equal(parsed(textOf(tapReporter, run, [one])).results.ok, false);
});

t.test('all as expected is ok, nothing to run is a skip', async (t) => {
  const reports = [await report('crash', 'baseline'), await report('hang', 'baseline')];
  t.match(parsed(textOf(tapReporter, runOf(reports, ['baseline']), reports)).results, {
    ok: true,
    count: 1,
    pass: 1,
  });
  const none = parsed(textOf(tapReporter, runOf([], ['baseline']), [])).results;
  t.match(none, { ok: true, count: 0, plan: { skipAll: true } });
});

t.test('an abort bails out', async (t) => {
  const reports = [await report('crash', 'baseline')];
  const run = runOf(reports, ['baseline'], [await report('pass', 'baseline')]);
  const text = textOf(tapReporter, run, reports, 'no space left\non the device');
  const { results, bailed } = parsed(text);
  t.equal(results.ok, false);
  t.equal(bailed, 'no space left on the device');
  t.match(text, /Bail out! no space left on the device\n$/);
  t.match(textOf(tapReporter, run, reports), /Bail out! 1 of 2 cases were not run\n$/);
});

t.test('an abort leaves nothing untold that ended', async (t) => {
  const { run, reports } = await twoVariants();
  const at = (index: number): CaseReport => reports[index] as CaseReport;
  const text = textOf(tapReporter, run, [at(1), at(3), at(5)], 'interrupted');
  const { results, points, bailed } = parsed(text);
  t.equal(results.ok, false);
  t.equal(bailed, 'interrupted');
  t.same(
    points.map(({ ok, id, name }) => [ok, id, name.split(' ')[0]]),
    [
      [true, 2, at(1).case.name],
      [false, 1, at(3).case.name],
      [false, 3, at(5).case.name],
    ],
  );
  t.match(text, /^not ok 1 - baseline\n# Subtest: revocable-v1\n/m, 'a variant that is not whole is not ok');
  t.match(text, /^not ok 2 - revocable-v1\nBail out! interrupted\n$/m);
});

t.test('the matrix', async (t) => {
  const one = await oneVariant();
  const wide = textOf(
    (write) => terminalReporter(write, { columns: 120, colour: false }),
    one.run,
    one.reports,
  );
  t.equal(wide, golden('one-variant.txt', wide));
  const two = await twoVariants();
  const sideBySide = textOf(
    (write) => terminalReporter(write, { columns: 160, colour: false }),
    two.run,
    two.reports,
  );
  t.equal(sideBySide, golden('two-variants.txt', sideBySide));
  const notRun = runOf([], ['baseline'], [await report('pass', 'baseline')]);
  const stopped = textOf(
    (write) => terminalReporter(write, { columns: 80, colour: false }),
    notRun,
    [],
    'interrupted',
  );
  t.match(stopped, /not run[\s\S]*1 not run[\s\S]*stopped: interrupted/);
  for (const text of [wide, sideBySide, stopped]) t.notMatch(text, / $/m);
});

t.test('colours change nothing but colours', async (t) => {
  const { run, reports } = await twoVariants();
  const render = (colour: boolean): string =>
    textOf((write) => terminalReporter(write, { columns: 160, colour }), run, reports);
  const coloured = render(true);
  t.match(coloured, '\u001b[');
  t.equal(coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, ''), render(false));
});

t.test('JSON is one document', async (t) => {
  const { run, reports } = await twoVariants();
  const document = JSON.parse(textOf(jsonReporter, run, [...reports].reverse(), 'interrupted'));
  t.same(document.run, JSON.parse(JSON.stringify(run)));
  t.equal(document.stopped, 'interrupted');
  t.same(
    document.verdicts.map((one: VerdictRecord) => `${one.variant} ${one.case}`),
    run.cases.map((one) => `${one.variant} ${one.name}`),
  );
});

t.test('the progress line', async (t) => {
  const states: string[] = [];
  let cleared = 0;
  const progress: Progress = {
    info: () => undefined,
    warn: () => undefined,
    update: (state) => states.push(state),
    clear: () => void cleared++,
  };
  const { run, reports } = await oneVariant();
  drive(progressReporter(progress), run, reports.slice(0, 2));
  t.same(states, [
    'case 1 of 7 · running fixture-naive/fixture/t0-idle/sysfs_unbind',
    'case 2 of 7 · running fixture-naive/fixture/t0-idle/sysfs_unbind, fixture-rwsem/fixture/t2-read/sysfs_unbind',
    'case 2 of 7 · 1 crash · running fixture-rwsem/fixture/t2-read/sysfs_unbind',
    'case 2 of 7 · 1 pass, 1 crash',
  ]);
  t.equal(cleared, 1);
});

t.test('the progress line moves when a case ends that can not be reported yet', async (t) => {
  const states: string[] = [];
  const reporter = progressReporter({
    info: () => undefined,
    warn: () => undefined,
    update: (state) => states.push(state),
    clear: () => undefined,
  });
  const { run, reports } = await oneVariant();
  const [first, second] = reports as [CaseReport, CaseReport];
  reporter.runStarted?.(run);
  for (const { case: one } of [first, second]) reporter.caseStarted?.(one.name, one.variant);
  reporter.caseDone?.(second);
  t.equal(states.at(-1), `case 2 of 7 · 1 pass · running ${first.case.name}`);
  reporter.caseDone?.(first);
  reporter.caseEnded?.(first);
  reporter.caseEnded?.(second);
  t.equal(states.at(-1), 'case 2 of 7 · 1 pass, 1 crash', 'each is counted once');
});

t.test('a reporter that throws is left out, the others go on', async (t) => {
  const { run, reports } = await oneVariant();
  const failures: string[] = [];
  let ended = 0;
  const bad: Reporter = {
    caseEnded() {
      throw new Error('disk full');
    },
    runEnded: () => t.fail('it was left out'),
  };
  const good: Reporter = { caseEnded: () => void ended++ };
  drive(
    combineReporters({ bad, good }, (message) => failures.push(message)),
    run,
    reports,
  );
  t.same(failures, ['reporter bad failed and is left out: disk full']);
  t.equal(ended, reports.length);
});
