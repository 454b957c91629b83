/**
 * Real boots of a real kernel, built when the cache has it not: one case of each verdict through the command line, and
 * a boot that fails.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Parser } from 'tap-parser';
import { CleanupStack, monotonicMs, repositoryRoot, tryCommand } from '../base/index.ts';
import { runCase } from '../case/index.ts';
import { bootMachine } from '../machine/index.ts';
import { latestRun, readRun, readVerdict } from '../results/index.ts';
import { judgeConsole } from '../verdict/index.ts';
import { PASSING_CASE, prepareBaseline, temporaryFolder } from './baseline.ts';
import { userEnvironment } from './user-environment.ts';

const SUITE = 'orchestrator/testing/suites/verdicts.yaml';
t.test('one case of each verdict that a kernel can earn, and the same again by replay', async (t) => {
  const results = await temporaryFolder(t);
  const unplug = join(repositoryRoot, 'unplug');
  const run = await tryCommand({
    argv: [unplug, 'run', SUITE, '--results', results],
    cwd: repositoryRoot,
    env: userEnvironment(),
  });
  t.equal(run.code, 0, run.stderr);
  const tap = Parser.parse(run.stdout.toString());
  t.equal(tap.filter(([event]) => event === 'extra').length, 0, 'nothing but TAP');
  let summary: { ok: boolean; count: number } | undefined;
  const parser = new Parser((outcome) => {
    summary = outcome;
  });
  parser.end(run.stdout.toString());
  t.equal(summary?.ok, true, 'tap-parser accepts it');

  const id = await latestRun(results);
  const record = await readRun(join(results, id ?? ''));
  const verdicts = Object.fromEntries(record.cases.map((one) => [one.name.split('/')[0], one.verdict]));
  t.same(verdicts, {
    'fixture-rwsem': 'pass',
    'fixture-wrong-errno': 'fail',
    'fixture-naive': 'crash',
    i801: 'hang',
  });
  const naive = record.cases.find(({ name }) => name.startsWith('fixture-naive/'));
  t.match(naive?.title, /^KASAN: slab-use-after-free /);
  const i801 = record.cases.find(({ name }) => name.startsWith('i801/'));
  const hang = await readVerdict(join(results, id ?? '', i801?.directory ?? ''));
  t.match(
    JSON.stringify(hang.findings),
    /i2c_del_adapter/,
    'the stack of the stuck removal is in the evidence',
  );
  t.match(i801?.removal, { censoredAboveNs: Number }, 'a wait that we ended is no number');

  const replay = await tryCommand({
    argv: [unplug, 'replay', 'latest', '--results', results],
    cwd: repositoryRoot,
    env: userEnvironment(),
  });
  t.equal(replay.code, 0, replay.stdout.toString() + replay.stderr);
  t.match(replay.stdout.toString(), /4 verdicts, 0 changed/);
});

t.test('a kernel without an initramfs: a panic with its line, in under 60 s', async (t) => {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const directory = await temporaryFolder(t);
  const startedMs = monotonicMs();
  await t.rejects(
    bootMachine({ ...environment.machine, name: 'no-initramfs' }, join(directory, 'console.log'), {
      limits: environment.timeLimits,
    }),
    {
      code: 'BOOT',
      failure: 'panic',
      message: /the kernel panicked: .*Kernel panic - not syncing: No working init found/,
    },
  );
  t.ok(monotonicMs() - startedMs < 60_000);
  t.match(
    await readFile(join(directory, 'console.log'), 'latin1'),
    /Kernel panic[\s\S]*<\/TASK>[\s\S]*Kernel Offset/,
    'whole report kept',
  );
});

t.test('an error is ours: QEMU killed in the middle of a case', async (t) => {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const directory = await temporaryFolder(t);
  const running = runCase(environment, PASSING_CASE, directory, {
    onMachine: (machine) => {
      machine.console.onLine((line) => {
        if (line.includes('unplug_fixture: ready')) process.kill(machine.pid, 'SIGKILL');
      });
    },
  });
  const { record, events } = await running;
  const verdict = judgeConsole(record, events, await readFile(join(directory, 'console.log')));
  t.equal(verdict.verdict, 'error');
  t.match(record.infra?.message, /QEMU|connection/);
});

t.test('a case whose adapter the kernel lacks is skipped, with the symbol', async (t) => {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const without = { ...environment, kernel: { ...environment.kernel, hasSymbol: () => false } };
  const { record, events } = await runCase(without, PASSING_CASE, await temporaryFolder(t));
  const verdict = judgeConsole(record, events, '');
  t.equal(verdict.verdict, 'skip');
  t.match(verdict.title, /CONFIG_MODULES/);
});
