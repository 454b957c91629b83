/**
 * Explanations of recorded cases, as golden files; UPDATE_GOLDEN=1 writes them anew. The cases are those of
 * orchestrator/verdict/testdata; what they mean is asked for here as well, so that a golden file can't go wrong unseen.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RunCase } from '../results/index.ts';
import { caseRecordSchema, explain, workloadEventSchema } from '../verdict/index.ts';
import { renderExplanation } from './explain.ts';

const CASES = join(import.meta.dirname, '..', 'verdict', 'testdata');
const GOLDEN = join(import.meta.dirname, 'testdata', 'explain');
const SCREEN = 60;

function explained(name: string, columns = 120): string {
  const read = (file: string): string => readFileSync(join(CASES, name, file), 'utf8');
  const record = caseRecordSchema.parse(JSON.parse(read('record.json')));
  const events = read('events.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => workloadEventSchema.parse(JSON.parse(line)));
  const explanation = explain(record, events, read('console.log'));
  const { verdict } = explanation;
  const one: RunCase = {
    name: verdict.case,
    variant: verdict.variant,
    directory: `cases/${verdict.variant}/${verdict.case}`,
    verdict: verdict.verdict,
    title: verdict.title,
    assessment: verdict.verdict === 'pass' ? 'expected' : 'unexpected',
    expectation: null,
    removal: verdict.timings.removal,
    userSaw: verdict.userSaw,
    tests: null,
    reproduce: `./unplug run quick --variant ${verdict.variant} --case ${verdict.case}`,
    durationMs: 1,
  };
  return renderExplanation({ record, case: one, folder: `results/RUN/${one.directory}` }, explanation, {
    columns,
  });
}

for (const name of [
  'pass',
  'fail',
  'crash',
  'hang-blocked-read',
  'hang-open-file',
  'hang-hub-worker',
  'hang-frozen-spinning',
  'error-qemu-stopped',
  'fail-kunit',
]) {
  t.test(`golden: ${name}`, async (t) => {
    const text = explained(name);
    const golden = join(GOLDEN, `${name}.txt`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    t.equal(text, readFileSync(golden, 'utf8'));
    t.ok(text.trimEnd().split('\n').length <= SCREEN, 'fits a screen');
    t.ok(
      text.split('\n').every((line) => [...line].length <= 120 && line === line.trimEnd()),
      'no line is wider than it may be, and nothing trails',
    );
  });
}

t.test(
  'a blocked read: remover, where it waits, the reader, the lock domain, and what a pass is',
  async (t) => {
    const text = explained('hang-blocked-read');
    for (const part of [
      /remover remove-write, pid 63 sleeps in gpiochip_remove/,
      /waits for gdev->srcu/,
      /held by hold-read, pid 61 thread 62, inside lineinfo_watch_read/,
      /the pending read returns within 4 s of that: ENODEV/,
      /\.\/unplug run quick --variant baseline --case gpio-sim/,
    ])
      t.match(text.replaceAll(/\n +/g, ' '), part);
  },
);

t.test('a broken contract: the line, and where it is written', async (t) => {
  t.match(explained('fail'), /fail by contract: .* allowed is .*\n {4}contract: .*\n {4}events\.jsonl:\d+/);
});

t.test('a narrow screen loses no word of who waits for whom', async (t) => {
  const narrow = explained('hang-blocked-read', 70);
  t.match(
    narrow.replaceAll(/\n +/g, ' '),
    /gdev->srcu is held by hold-read, pid 61 thread 62, inside lineinfo_watch_read/,
  );
  t.ok(narrow.split('\n').every((line) => [...line].length <= 70));
});
