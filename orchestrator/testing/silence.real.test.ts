/** Guests that fall silent in the middle of a case: each is named for what it is. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CleanupStack, repositoryRoot, tryCommand } from '../base/index.ts';
import { runCase } from '../case/index.ts';
import type { RunningMachine } from '../machine/index.ts';
import { latestRun, readRun } from '../results/index.ts';
import { judgeConsole, type VerdictRecord } from '../verdict/index.ts';
import { PASSING_CASE, prepareBaseline, temporaryFolder } from './baseline.ts';
import { userEnvironment } from './user-environment.ts';

/** Runs the passing case and does something to the machine once the device is plugged. */
async function disturbed(t: Test, disturb: (machine: RunningMachine) => void): Promise<VerdictRecord> {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const directory = await temporaryFolder(t);
  const { record, events } = await runCase(environment, PASSING_CASE, directory, {
    onMachine: (machine) => {
      machine.console.onLine((line) => {
        if (line.includes('unplug_fixture: ready')) disturb(machine);
      });
    },
  });
  return judgeConsole(record, events, await readFile(join(directory, 'console.log')));
}

t.test('CPUs that stand still with interrupts off are a hang, with the place', async (t) => {
  const results = await temporaryFolder(t);
  const run = await tryCommand({
    argv: [
      join(repositoryRoot, 'unplug'),
      ...['run', 'orchestrator/testing/suites/frozen.yaml', '--results', results],
    ],
    cwd: repositoryRoot,
    env: userEnvironment(),
  });
  t.equal(run.code, 0, run.stderr);
  const record = await readRun(join(results, (await latestRun(results)) ?? ''));
  t.same(
    record.cases.map(({ verdict, title }) => [verdict, title]),
    [
      ['hang', 'CPU 0 spins with interrupts off in spin_shut'],
      ['hang', 'CPU 0 is halted with interrupts off in halt_shut'],
    ],
  );
});

t.test('a QEMU that is stopped is an error of the host', async (t) => {
  const verdict = await disturbed(t, ({ pid }) => process.kill(pid, 'SIGSTOP'));
  t.equal(verdict.verdict, 'error');
  t.match(verdict.title, /QEMU .*stopped/);
});

t.test('a QEMU that is killed is an error of the host', async (t) => {
  const verdict = await disturbed(t, ({ pid }) => process.kill(pid, 'SIGKILL'));
  t.equal(verdict.verdict, 'error');
  t.match(verdict.title, /QEMU ended.*SIGKILL/);
});

t.test('a guest whose agent is killed lives, and that is said', async (t) => {
  const verdict = await disturbed(
    t,
    ({ control }) => void control.ask('/bin/busybox killall -9 agent', 10_000),
  );
  t.equal(verdict.verdict, 'error');
  t.match(verdict.title, /the agent/);
  t.match(JSON.stringify(verdict.findings), /agent does not run/);
});
