import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { durationKey, RUN_FILE, type RunCase, type RunRecord, readDurations } from './index.ts';

const CASE = 'gpio-sim/gpio-cdev/t2-read/sysfs_unbind';

type Finished = Partial<Pick<RunCase, 'name' | 'variant' | 'verdict' | 'durationMs'>>;

function runOf(id: string, cases: readonly Finished[]): RunRecord {
  return {
    schemaVersion: 1,
    id,
    status: 'interrupted',
    suite: { name: 'quick', file: 'suites/quick.yaml' },
    variants: [],
    accelerator: null,
    startedAt: '2026-11-21T03:15:00.000Z',
    endedAt: null,
    durationMs: null,
    exitCode: null,
    failure: null,
    spent: [],
    cases: cases.map((one) => ({
      name: CASE,
      variant: 'baseline',
      directory: 'cases/baseline/x',
      verdict: 'pass',
      title: '',
      assessment: null,
      expectation: null,
      removal: null,
      userSaw: null,
      tests: null,
      reproduce: '',
      durationMs: null,
      ...one,
    })),
    notApplicable: [],
  };
}

/** The `number`th run of a day. */
const runId = (number: number): string => `20261121-${String(number).padStart(6, '0')}-quick-ab12`;

function put(results: string, number: number, content: RunRecord | string): void {
  mkdirSync(join(results, runId(number)), { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(results, runId(number), RUN_FILE), text);
}

t.test('the newest duration wins; what did not finish has none', async (t) => {
  const results = t.testdir();
  put(results, 1, runOf(runId(1), [{ durationMs: 1000 }, { name: 'a', durationMs: 5 }]));
  put(results, 2, runOf(runId(2), [{ durationMs: 2000 }, { variant: 'fixed', durationMs: 7 }]));
  put(
    results,
    3,
    runOf(runId(3), [
      { verdict: null },
      { name: 'a', verdict: 'error', durationMs: 90_000 },
      { name: 'b', verdict: 'hang', durationMs: 18_000 },
    ]),
  );
  t.same(
    await readDurations(results),
    new Map([
      [durationKey('baseline', 'b'), 18_000],
      [durationKey('baseline', CASE), 2000],
      [durationKey('fixed', CASE), 7],
      [durationKey('baseline', 'a'), 5],
    ]),
  );
});

t.test('only the newest runs are read', async (t) => {
  const results = t.testdir();
  put(results, 1, runOf(runId(1), [{ name: 'old', durationMs: 1 }]));
  for (let number = 2; number <= 21; number++)
    put(results, number, runOf(runId(number), [{ name: `case ${number}`, durationMs: number }]));
  const durations = await readDurations(results);
  t.equal(durations.size, 20);
  t.notOk(durations.has(durationKey('baseline', 'old')));
  t.equal((await readDurations(results, 1)).size, 1);
});

t.test('what is damaged, foreign or missing is passed over', async (t) => {
  const results = t.testdir({ 'README.md': 'x', notes: { [RUN_FILE]: '{}' } });
  put(results, 1, runOf(runId(1), [{ durationMs: 1000 }]));
  put(results, 2, '{"schemaVersion": 1, "id": "cut o');
  put(results, 3, JSON.stringify({ ...runOf(runId(3), [{ durationMs: 3 }]), schemaVersion: 99 }));
  put(results, 4, 'null');
  mkdirSync(join(results, runId(5), RUN_FILE), { recursive: true });
  t.same(await readDurations(results), new Map([[durationKey('baseline', CASE), 1000]]));
  t.same(await readDurations(join(results, 'nowhere')), new Map());
  t.same(await readDurations(join(results, 'README.md')), new Map(), 'no folder at all');
});
