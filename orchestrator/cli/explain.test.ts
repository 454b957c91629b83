import { join } from 'node:path';
import t from 'tap';
import { RunWriter, readCase } from '../results/index.ts';
import { judgeConsole } from '../verdict/index.ts';
import { explainText } from './explain.ts';

const RECORDED = join(import.meta.dirname, '..', 'verdict', 'testdata');
const SCREEN = { columns: 120 };

/** A results folder with one run of recorded cases; the last is not finished. */
async function resultsOf(root: string, names: readonly string[]): Promise<string> {
  const results = join(root, 'results');
  const recorded = await Promise.all(names.map((name) => readCase(join(RECORDED, name))));
  const writer = await RunWriter.create(
    results,
    {
      suite: { name: 'quick', file: 'suites/quick.yaml' },
      variants: [],
      accelerator: null,
      cases: recorded.map(({ record }) => ({
        case: record.case,
        variant: 'baseline',
        expectation: undefined,
      })),
      notApplicable: [],
    },
    root,
  );
  for (const { record, events, console } of recorded.slice(0, -1)) {
    const verdict = judgeConsole(record, events, console);
    await writer.writeCase({ record, events, console, verdict, durationMs: 1 });
  }
  return results;
}

t.test('the cases that are meant, from what is on disk', async (t) => {
  const results = await resultsOf(t.testdir(), ['hang-blocked-read', 'pass', 'fail']);
  const text = (named?: string, variant?: string): Promise<string> =>
    explainText('latest', named, { results, ...(variant === undefined ? {} : { variant }) }, SCREEN);
  const unexpected = await text();
  t.match(unexpected, /^hang {2}gpio-sim\/gpio-cdev\/t2-read\/sysfs_unbind\n/);
  t.match(unexpected, /gdev->srcu is held by hold-read, pid 61 thread 62/);
  t.notMatch(unexpected, /fixture-rwsem/, 'what is as expected is not explained unasked');
  t.match(await text('fixture-rwsem/**'), /^pass {2}fixture-rwsem/);
  t.equal((await text('**')).match(/^a pass would have been$/gm)?.length, 2);
  await t.rejects(text('gpio-sim/gpio-cdev/t2-read/sysfs_unbin'), {
    code: 'USAGE',
    hint: /did you mean gpio-sim\/gpio-cdev\/t2-read\/sysfs_unbind/,
  });
  await t.rejects(text('fixture-wrong-errno/**'), { code: 'USAGE' }, 'that one has not finished');
  await t.rejects(text('**', 'other'), { message: 'no case of the run has finished on other' });
});

t.test('a run of which everything is as expected', async (t) => {
  const results = await resultsOf(t.testdir(), ['pass', 'fail']);
  await t.rejects(explainText('latest', undefined, { results }, SCREEN), {
    message: 'every case was as expected: name the one to explain',
  });
});
