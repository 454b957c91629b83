/** Cases that were run more than once, in every format. */
import t from 'tap';
import { type FinalResults, Parser } from 'tap-parser';
import { type CaseReport, jsonReporter, tapReporter, terminalReporter } from './index.ts';
import { report, runOf, textOf } from './testdata/recorded-runs.ts';

const TIMES = 5;

/** A case that crashes in its third run only. */
async function flaky(): Promise<readonly CaseReport[]> {
  const reports: CaseReport[] = [];
  for (let number = 1; number <= TIMES; number++) {
    const change = { verdict: 'crash', title: 'KASAN: x', findings: [] } as const;
    const one = await report('pass', 'baseline', number === 3 ? change : {});
    const directory = `${one.case.directory}${number === 1 ? '' : `/repeat-${number}`}`;
    reports.push({ ...one, case: { ...one.case, directory, repetition: { number, of: TIMES } } });
  }
  return reports;
}

const SHARE = 'crash in 1 of 5 (95 %: 4 to 62 %): KASAN: x; crash 1, pass 4';

t.test('terminal: one line in the matrix, the worst run, the share, and one detail', async (t) => {
  const reports = await flaky();
  const terminal = (write: (text: string) => void) =>
    terminalReporter(write, { columns: 160, colour: false });
  const text = textOf(terminal, runOf(reports, ['baseline']), reports);
  t.equal(text.match(/^fixture-rwsem /gm)?.length, 1);
  t.match(text, /^fixture-rwsem +t2-read +sysfs_unbind +crash ×5 ! /m);
  t.ok(text.includes(`run more than once:\n  fixture-rwsem/fixture/t2-read/sysfs_unbind: ${SHARE}\n`));
  t.equal(text.match(/^crash fixture-rwsem\/\S+ \(run 3 of 5\) on baseline/gm)?.length, 1);
  t.match(text, /1 unexpected · 5 cases: 4 pass, 1 crash/);
});

t.test('TAP: a point for each run, then the share', async (t) => {
  const reports = await flaky();
  const text = textOf(tapReporter, runOf(reports, ['baseline']), reports);
  const points = text.match(/^ {4}(?:not )?ok \d .*$/gm) ?? [];
  t.equal(points.length, TIMES);
  t.match(points[0], /^ {4}ok 1 - fixture-rwsem\/\S+ \(run 1 of 5\)$/);
  t.match(
    points[2],
    /^ {4}not ok 3 - fixture-rwsem\/\S+ \(run 3 of 5\) \(crash, unexpected, expected is pass: KASAN: x\)$/,
  );
  t.ok(text.includes(`    # fixture-rwsem/fixture/t2-read/sysfs_unbind: ${SHARE}\n`));
  const results = await new Promise<FinalResults>((resolve) => {
    const parser = new Parser({ strict: true });
    parser.on('complete', resolve);
    parser.end(text);
  });
  t.equal(results.ok, false);
  t.same(
    results.failures.filter((failure) => failure.tapError),
    [],
  );
});

t.test('JSON: every verdict, and the shares', async (t) => {
  const reports = await flaky();
  const json = JSON.parse(textOf(jsonReporter, runOf(reports, ['baseline']), reports));
  t.equal(json.verdicts.length, TIMES);
  t.match(json.repeats, [
    { variant: 'baseline', share: { k: 1, n: 5 }, counts: [{ verdict: 'crash', count: 1 }, {}] },
  ]);
  const [once] = reports as [CaseReport];
  const single = { ...once, case: { ...once.case } };
  delete (single.case as { repetition?: unknown }).repetition;
  t.notOk('repeats' in JSON.parse(textOf(jsonReporter, runOf([single], ['baseline']), [single])));
});
