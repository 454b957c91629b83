import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCommand, UnplugError } from '../base/index.ts';
import type { Case, Expectation } from '../suite/index.ts';
import { judgeConsole } from '../verdict/index.ts';
import {
  caseDirectory,
  findRun,
  isRunId,
  latestRun,
  listRuns,
  newRunId,
  type PlannedCase,
  RunWriter,
  readCase,
  readRun,
  readVerdict,
  replayCase,
  reproduceCommand,
} from './index.ts';

const RECORDED = join(import.meta.dirname, '..', 'verdict', 'testdata');

const EXPECTED_CRASH: Expectation = {
  cases: 'fixture-naive/**',
  verdict: 'crash',
  title: 'KASAN: *',
  variants: null,
  reason: 'it is naive',
  until: 'never',
  location: { file: 's', line: 1, column: 1 },
};

async function planned(name: string, expectation?: Expectation): Promise<PlannedCase> {
  const { record } = await readCase(join(RECORDED, name));
  return { case: record.case as Case, variant: record.variant, expectation };
}

/** A repository with a run of two cases in it; the first is done. */
async function someRun(root: string): Promise<RunWriter> {
  const writer = await RunWriter.create(
    join(root, 'results'),
    {
      suite: { name: 'quick', file: 'suites/quick.yaml' },
      variants: [
        { name: 'baseline', kernelKey: null, release: null, profile: 'sanitize', description: null },
      ],
      accelerator: null,
      cases: [await planned('crash', EXPECTED_CRASH), await planned('pass')],
      notApplicable: [{ name: 'i801/i2c-dev/t1-poll/sysfs_unbind', reason: 'no poll' }],
    },
    root,
  );
  const { record, events, console } = await readCase(join(RECORDED, 'crash'));
  await writer.writeCase({
    record,
    events,
    console,
    verdict: judgeConsole(record, events, console),
    durationMs: 9000.4,
  });
  return writer;
}

async function errorOf(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof UnplugError
        ? `${error.code}: ${error.message}${error.hint ? ` [${error.hint}]` : ''}`
        : String(error),
  );
}

t.test('a run that is going on can be read, with what is done', async (t) => {
  const writer = await someRun(t.testdir());
  const run = await readRun(writer.directory);
  t.same(run, writer.record);
  t.equal(run.status, 'running');
  t.match(run.cases[0], {
    verdict: 'crash',
    title: 'KASAN: slab-use-after-free Read in unplug_fixture_read',
    assessment: 'expected',
    expectation: { reason: 'it is naive' },
    durationMs: 9000,
    reproduce:
      './unplug run suites/quick.yaml --variant baseline --case fixture-naive/fixture/t0-idle/sysfs_unbind',
  });
  t.match(run.cases[1], { verdict: null, assessment: null });
  t.notOk(readdirSync(writer.directory).some((name) => name.includes('.tmp-')));
});

t.test('a finished run is not changed any more', async (t) => {
  const writer = await someRun(t.testdir());
  await writer.update({ accelerator: { name: 'tcg', reason: 'no KVM' } });
  await writer.finish({
    status: 'finished',
    exitCode: 2,
    durationMs: 12_345.6,
    spent: [{ what: 'cases', ms: 9000 }],
  });
  const before = readFileSync(join(writer.directory, 'run.json'), 'utf8');
  t.match(await readRun(writer.directory), {
    status: 'finished',
    exitCode: 2,
    durationMs: 12_346,
    accelerator: { name: 'tcg' },
  });
  await t.rejects(writer.update({ spent: [] }), /finished/);
  const { record, events, console } = await readCase(join(RECORDED, 'pass'));
  const verdict = judgeConsole(record, events, console);
  await t.rejects(writer.writeCase({ record, events, console, verdict, durationMs: 1 }), /finished/);
  t.equal(readFileSync(join(writer.directory, 'run.json'), 'utf8'), before);
});

t.test('cases that end at the same time are all kept', async (t) => {
  const writer = await someRun(t.testdir());
  const { record, events, console } = await readCase(join(RECORDED, 'pass'));
  const verdict = judgeConsole(record, events, console);
  await Promise.all([
    writer.update({ accelerator: { name: 'kvm', reason: '' } }),
    writer.writeCase({ record, events, console, verdict, durationMs: 1 }),
    writer.update({ spent: [{ what: 'boot', ms: 5 }] }),
  ]);
  t.match(await readRun(writer.directory), {
    accelerator: { name: 'kvm' },
    spent: [{ ms: 5 }],
    cases: [{ verdict: 'crash' }, { verdict: 'pass' }],
  });
});

t.test('a case that was not planned', async (t) => {
  const writer = await someRun(t.testdir());
  const { record, events, console } = await readCase(join(RECORDED, 'hang'));
  const verdict = judgeConsole(record, events, console);
  await t.rejects(writer.writeCase({ record, events, console, verdict, durationMs: 1 }), RangeError);
});

t.test('a case folder has all its files, and its verdict is computed again byte for byte', async (t) => {
  const writer = await someRun(t.testdir());
  const directory = join(writer.directory, writer.record.cases[0]?.directory ?? '');
  t.same(readdirSync(directory).sort(), [
    'console.log',
    'events.jsonl',
    'record.json',
    'reproduce.sh',
    'verdict.json',
  ]);
  const stored = await readVerdict(directory);
  const replayed = await replayCase(directory);
  t.ok(replayed.same);
  t.same(replayed.verdict, stored);
  writeFileSync(join(directory, 'console.log'), '');
  t.notOk((await replayCase(directory)).same);
});

t.test("what the kernel's own tests said is stored and read back", async (t) => {
  for (const name of ['pass-kunit', 'fail-selftest-ktap', 'hang-selftest']) {
    const { record, events, console } = await readCase(join(RECORDED, name));
    const root = t.testdir();
    const writer = await RunWriter.create(
      join(root, 'results'),
      {
        suite: { name: 'quick', file: 'suites/quick.yaml' },
        variants: [],
        accelerator: null,
        cases: [await planned(name)],
        notApplicable: [],
      },
      root,
    );
    const verdict = judgeConsole(record, events, console);
    const done = await writer.writeCase({ record, events, console, verdict, durationMs: 1 });
    const directory = join(writer.directory, done.directory);
    t.same((await readCase(directory)).record, record);
    t.same(await readVerdict(directory), verdict);
    t.ok((await replayCase(directory)).same);
    t.same((await readRun(writer.directory)).cases[0]?.tests, done.tests);
    t.same(done.tests === null, name === 'hang-selftest');
  }
});

t.test('reproduce.sh runs the command in the repository, wherever that was moved to', async (t) => {
  const root = t.testdir();
  const home = join(root, 'a checkout');
  mkdirSync(home);
  const writer = await someRun(home);
  const script = join(writer.directory, writer.record.cases[0]?.directory ?? '', 'reproduce.sh');
  t.equal(statSync(script).mode & 0o777, 0o755);
  t.notMatch(readFileSync(script, 'utf8'), root);
  writeFileSync(join(home, 'unplug'), '#!/bin/sh\npwd; printf "%s\\n" "$@"\n', { mode: 0o755 });
  const moved = join(root, "it's moved");
  cpSync(home, moved, { recursive: true });
  rmSync(home, { recursive: true });
  const { stdout } = await runCommand({ argv: [script.replace(home, moved), '--repeat', '2'] });
  t.same(stdout.toString().trimEnd().split('\n'), [
    moved,
    'run',
    'suites/quick.yaml',
    '--variant',
    'baseline',
    '--case',
    'fixture-naive/fixture/t0-idle/sysfs_unbind',
    '--repeat',
    '2',
  ]);
});

t.test('names', async (t) => {
  t.equal(
    newRunId('quick', new Date(Date.UTC(2026, 10, 21, 3, 15, 0)), 'ab12'),
    '20261121-031500-quick-ab12',
  );
  t.ok(isRunId(newRunId('a.b_c-d', new Date())));
  for (const name of ['README.md', '20261121-031500-quick', '20261121-031500--ab12', 'x'])
    t.notOk(isRunId(name), name);
  t.equal(caseDirectory('baseline', 'a/b/c/d'), 'cases/baseline/a/b/c/d');
  for (const [variant, name] of [
    ['..', 'a'],
    ['a', '../b'],
    ['a', 'b//c'],
    ['a', '/b'],
    ['a/b', 'c'],
    ['a', '.'],
  ] as const) {
    t.throws(() => caseDirectory(variant, name), RangeError);
  }
  t.equal(
    reproduceCommand('my suite.yaml', 'v', "a/b's"),
    "./unplug run 'my suite.yaml' --variant v --case 'a/b'\\''s'",
  );
});

t.test('runs are found by name, beginning, path or as the latest', async (t) => {
  const root = t.testdir();
  const results = join(root, 'results');
  t.same(await listRuns(results), []);
  t.equal(await latestRun(results), undefined);
  t.match(await errorOf(findRun(results, 'latest')), /^USAGE: there is no run yet/);
  const { directory } = await someRun(root);
  const id = directory.slice(results.length + 1);
  const older = '20200101-000000-quick-0000';
  cpSync(directory, join(results, older), { recursive: true });
  mkdirSync(join(results, '20990101-000000-quick-ffff'));
  t.same(await listRuns(results), [older, id]);
  t.equal(await latestRun(results), id);
  t.equal(await findRun(results, 'latest'), directory);
  t.equal(await findRun(results, id), directory);
  t.equal(await findRun(results, '2020'), join(results, older));
  t.equal(await findRun(results, directory), directory);
  t.match(await errorOf(findRun(results, '20')), /^USAGE: 20 is the beginning of several runs/);
  t.match(
    await errorOf(findRun(results, '20200101-000000-quick-0001')),
    `USAGE: there is no run 20200101-000000-quick-0001 [did you mean ${older}`,
  );
  t.match(await errorOf(findRun(results, '')), /^USAGE: there is no run/);
});

t.test('what is damaged is said so, with the place', async (t) => {
  const writer = await someRun(t.testdir());
  const directory = join(writer.directory, writer.record.cases[0]?.directory ?? '');
  const damage = async (file: string, change: (text: string) => string): Promise<string> => {
    const path = join(directory, file);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, change(before));
    const message = await errorOf(replayCase(directory));
    writeFileSync(path, before);
    return message.replaceAll(`${directory}/`, '');
  };
  t.match(await damage('record.json', (text) => text.slice(0, 100)), /^INFRA: record\.json is damaged: /);
  t.match(
    await damage('record.json', (text) => text.replace('"schemaVersion": 1', '"schemaVersion": 9')),
    /^INFRA: record\.json was written by another version/,
  );
  t.match(
    await damage('record.json', (text) => text.replace('"askedNs"', '"askedMs"')),
    /^INFRA: record\.json is not what it should be: removal\.askedNs: /,
  );
  t.match(
    await damage('events.jsonl', (text) => text.replace('\n', '\nx\n')),
    /^INFRA: events\.jsonl:2 is damaged/,
  );
  t.match(
    await damage('events.jsonl', (text) => text.replace('"ev":"held"', '"ev":"hold"')),
    /^INFRA: events\.jsonl:\d+ is not what it should be/,
  );
  rmSync(join(directory, 'console.log'));
  t.match(await errorOf(readCase(directory)), /^INFRA: can't read .*console\.log.*interrupted/);
  writeFileSync(join(writer.directory, 'run.json'), '{"schemaVersion": 2}');
  t.match(await errorOf(readRun(writer.directory)), /another version/);
});

t.test('a skipped case without a console can be read and judged again', async (t) => {
  const root = t.testdir();
  const writer = await someRun(root);
  const { record } = await readCase(join(RECORDED, 'pass'));
  const skipped = {
    ...record,
    console: null,
    removal: null,
    user: null,
    health: null,
    skip: { reason: 'no symbol' },
  };
  const verdict = judgeConsole(skipped, [], '');
  const line = await writer.writeCase({ record: skipped, events: [], verdict, durationMs: 1 });
  t.match(line, { verdict: 'skip', assessment: 'expected' });
  t.ok((await replayCase(join(writer.directory, line.directory))).same);
});

t.test('each run of a case has a folder of its own, and none replaces another', async (t) => {
  const root = t.testdir();
  const first = await planned('pass');
  const of = 3;
  const writer = await RunWriter.create(
    join(root, 'results'),
    {
      suite: { name: 'quick', file: 'suites/quick.yaml' },
      variants: [],
      accelerator: null,
      cases: Array.from({ length: of }, (_, index) => ({ ...first, repetition: { number: index + 1, of } })),
      notApplicable: [],
    },
    root,
  );
  const { record, events, console } = await readCase(join(RECORDED, 'pass'));
  const verdict = judgeConsole(record, events, console);
  for (const [number, kind] of [
    [2, 'crash'],
    [1, 'pass'],
    [3, 'pass'],
  ] as const) {
    const one = { ...verdict, verdict: kind };
    await writer.writeCase({ record, events, console, verdict: one, durationMs: number, repetition: number });
  }
  const { cases } = await readRun(writer.directory);
  t.same(
    cases.map((one) => [one.repetition?.number, one.verdict, one.durationMs]),
    [
      [1, 'pass', 1],
      [2, 'crash', 2],
      [3, 'pass', 3],
    ],
  );
  t.equal(new Set(cases.map(({ directory }) => directory)).size, of);
  t.equal((await readVerdict(join(writer.directory, cases[1]?.directory ?? ''))).verdict, 'crash');
  await t.rejects(
    writer.writeCase({ record, events, console, verdict, durationMs: 1, repetition: 4 }),
    RangeError,
  );
});
