/** The scheduler with cases that are over at once, or when the test says so; no machine is made. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { type HostCapacity, InfraError, Interrupted } from '../base/index.ts';
import type { CaseEnvironment, runCase } from '../case/index.ts';
import { durationKey, type RunCase, RunWriter, readCase, readRun } from '../results/index.ts';
import type { Case } from '../suite/index.ts';
import type { Job } from './job.ts';
import { type JobListener, type RunJobsOptions, runJobs } from './local.ts';

type Runner = typeof runCase;

const LIMITS = { removalMs: 12_000, userMs: 5000 };
const ROOMY: HostCapacity = { cpus: 4, memoryMiB: 100_000 };
const GUEST = { memoryMiB: 512, cpus: 1 };
/** What four guests take with QEMU's own; 80 % of it is enough for three. */
const FOR_THREE_MIB = 4 * (512 + 200);

const { record, events } = await readCase(join(import.meta.dirname, '..', 'verdict', 'testdata', 'pass'));

function jobOf(name: string, profile = 'sanitize', variant = 'baseline'): Job {
  const environment = { suite: 'quick', variant, profile, machine: GUEST, limits: LIMITS };
  return {
    // The scheduler looks at these alone; the rest is for the real runner.
    environment: environment as unknown as CaseEnvironment,
    case: { ...(record.case as Case), name },
    expectation: undefined,
  };
}

/** A case that passes, once `during` is over. */
function runner(during: (name: string, ...args: Parameters<Runner>) => Promise<void> | void): Runner {
  return async (...args) => {
    const [environment, testCase] = args;
    await during(testCase.name, ...args);
    return { record: { ...record, case: testCase, variant: environment.variant }, events };
  };
}

/** Keeps nothing. */
const store: Pick<RunWriter, 'openCase' | 'writeCase'> = {
  openCase: async (variant, name) => join('/nonexistent', variant, name),
  writeCase: async ({ verdict }) =>
    ({ name: verdict.case, variant: verdict.variant, verdict: verdict.verdict }) as RunCase,
};

/** Notes what it is told: `started a`, `done a`, `ended a`. */
function listenerOf(log: string[]): JobListener {
  return {
    caseStarted: (name) => void log.push(`started ${name}`),
    caseDone: ({ case: one }) => void log.push(`done ${one.name}`),
    caseEnded: ({ case: one }) => void log.push(`ended ${one.name}`),
  };
}

const of = (log: readonly string[], what: string): readonly string[] =>
  log.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));

/** Runs jobs without a machine. @returns what the listener was told */
async function told(
  jobs: readonly Job[],
  run: Runner,
  options: Partial<RunJobsOptions> = {},
): Promise<readonly string[]> {
  const log: string[] = [];
  await runJobs(jobs, store, listenerOf(log), { capacity: ROOMY, runCase: run, ...options });
  return log;
}

t.test('the longest begin first, all are told at once and reported in the order of the suite', async (t) => {
  const durations = new Map([
    [durationKey('baseline', 'a'), 10],
    [durationKey('baseline', 'b'), 30],
    [durationKey('baseline', 'c'), 20],
  ]);
  const log = await told(
    ['a', 'b', 'c'].map((name) => jobOf(name)),
    runner(() => turn()),
    { durations, parallel: 1 },
  );
  t.same(of(log, 'started'), ['b', 'c', 'a']);
  t.same(of(log, 'done'), ['b', 'c', 'a']);
  t.same(of(log, 'ended'), ['a', 'b', 'c']);
  t.same(log.slice(-4), ['done a', 'ended a', 'ended b', 'ended c'], 'as soon as all before it have ended');
});

t.test('as many at a time as there are CPUs, or as -j says', async (t) => {
  let running = 0;
  let most = 0;
  const count = runner(async () => {
    most = Math.max(most, ++running);
    await turn();
    running--;
  });
  const jobs = Array.from({ length: 20 }, (_, index) => jobOf(`case-${index}`));
  await told(jobs, count);
  t.equal(most, 4);
  most = 0;
  await told(jobs, count, { parallel: 7 });
  t.equal(most, 7);
});

t.test(
  'a case that only waits lets another begin, and goes on before those that have not begun',
  async (t) => {
    const steps: string[] = [];
    const log = await told(
      ['waits', 'other', 'third'].map((name) => jobOf(name)),
      runner(async (name, _environment, _case, _directory, options) => {
        steps.push(`${name} begins`);
        if (name === 'waits') {
          options?.cpu?.yieldCpus();
          while (!steps.includes('other begins')) await turn();
          steps.push('waits asks');
          await options?.cpu?.resumeCpus(options.signal);
          steps.push('waits goes on');
        } else {
          while (name === 'other' && !steps.includes('waits asks')) await turn();
          await turn();
          steps.push(`${name} is over`);
        }
      }),
      { parallel: 1 },
    );
    t.same(steps, [
      'waits begins',
      'other begins',
      'waits asks',
      'other is over',
      'waits goes on',
      'third begins',
      'third is over',
    ]);
    t.same(of(log, 'ended'), ['waits', 'other', 'third']);
  },
);

t.test('timing cases run alone, after all others, also while they only wait', async (t) => {
  const running = new Set<string>();
  const beside: string[] = [];
  const jobs = [
    jobOf('t1', 'timing', 'timed'),
    jobOf('t2', 'timing', 'timed'),
    ...['a', 'b', 'c', 'd', 'e'].map((name) => jobOf(name)),
  ];
  const log = await told(
    jobs,
    runner(async (name, _environment, _case, _directory, options) => {
      running.add(name);
      options?.cpu?.yieldCpus();
      for (let count = 0; count < 5; count++) {
        await turn();
        if (name.startsWith('t')) beside.push(...[...running].filter((other) => other !== name));
      }
      await options?.cpu?.resumeCpus(options.signal);
      running.delete(name);
    }),
  );
  t.same(beside, []);
  t.same(of(log, 'started').slice(-2), ['t1', 't2']);
  t.equal(of(log, 'done').slice(0, 5).sort().join(''), 'abcde', 'all others were over');
  t.same(of(log, 'ended'), ['t1', 't2', 'a', 'b', 'c', 'd', 'e']);
});

t.test('200 at once with memory for 3: never more than 3, and all are run', async (t) => {
  let running = 0;
  let most = 0;
  const jobs = Array.from({ length: 200 }, (_, index) => jobOf(`case-${index}`));
  const log = await told(
    jobs,
    runner(async (_name, _environment, _case, _directory, options) => {
      most = Math.max(most, ++running);
      options?.cpu?.yieldCpus();
      await turn();
      await options?.cpu?.resumeCpus(options.signal);
      running--;
    }),
    { capacity: { cpus: 64, memoryMiB: FOR_THREE_MIB } },
  );
  t.equal(most, 3);
  t.same(
    of(log, 'ended'),
    jobs.map((job) => job.case.name),
  );
});

t.test('with too little memory for one, one at a time', async (t) => {
  let running = 0;
  let most = 0;
  const run = runner(async () => {
    most = Math.max(most, ++running);
    await turn();
    running--;
  });
  const jobs = ['a', 'b', 'c'].map((name) => jobOf(name));
  const log = await told(jobs, run, { capacity: { cpus: 4, memoryMiB: 0 } });
  t.equal(most, 1);
  t.equal(of(log, 'ended').length, 3);
});

t.test('an interrupted run keeps what ended, and tells it in order', async (t) => {
  const names = ['fixture/a', 'fixture/b', 'fixture/c', 'fixture/d'];
  const jobs = names.map((name) => jobOf(name));
  const writer = await RunWriter.create(join(t.testdir(), 'results'), {
    suite: { name: 'quick', file: 'suites/quick.yaml' },
    variants: [],
    accelerator: null,
    cases: jobs.map((job) => ({ case: job.case, variant: 'baseline', expectation: undefined })),
    notApplicable: [],
  });
  const abort = new AbortController();
  const log: string[] = [];
  const run = runner(async (name, _environment, _case, _directory, options) => {
    // The first never ends by itself, the third is not over yet when the interrupt comes.
    if (name === 'fixture/a' || name === 'fixture/c')
      await new Promise((_, reject) =>
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
      );
  });
  const listener: JobListener = {
    ...listenerOf(log),
    caseDone: ({ case: one }) => {
      log.push(`done ${one.name}`);
      if (of(log, 'done').length === 2) abort.abort(new Interrupted('interrupted by SIGINT'));
    },
  };
  const ended = runJobs(jobs, writer, listener, { capacity: ROOMY, runCase: run, signal: abort.signal });
  await t.rejects(ended, { code: 'INTERRUPTED', message: 'interrupted by SIGINT' });
  t.same(of(log, 'ended'), ['fixture/b', 'fixture/d']);
  const stored = await readRun(writer.directory);
  t.same(
    stored.cases.map(({ verdict }) => verdict),
    [null, 'pass', null, 'pass'],
  );
});

t.test('the first failure of the store ends the others and is what is thrown', async (t) => {
  const log: string[] = [];
  const broken: typeof store = {
    ...store,
    writeCase: async (output) => {
      if (output.verdict.case === 'b') throw new InfraError('no space left on device');
      return store.writeCase(output);
    },
  };
  const run = runner(async (name, _environment, _case, _directory, options) => {
    if (name !== 'a') return;
    await new Promise((_, reject) =>
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
    );
  });
  const jobs = ['a', 'c', 'b', 'd', 'e', 'f'].map((name) => jobOf(name));
  const ended = runJobs(jobs, broken, listenerOf(log), { runCase: run, capacity: ROOMY, parallel: 3 });
  await t.rejects(ended, { code: 'INFRA', message: 'no space left on device' });
  t.equal(of(log, 'ended')[0], 'c', 'what ended before is told');
  t.notOk(log.includes('started f'), 'the rest did not begin');
});
