/** Runs cases on this machine, as many at a time as it has room for. */
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  abortCause,
  type Grant,
  type HostCapacity,
  hostCapacity,
  monotonicMs,
  type Weight,
  WeightedSemaphore,
} from '../base/index.ts';
import { runCase } from '../case/index.ts';
import type { CaseDurations, RunCase, RunWriter } from '../results/index.ts';
import { judgeConsole, type VerdictRecord } from '../verdict/index.ts';
import { InOrder } from './in-order.ts';
import { type Job, runsAlone } from './job.ts';
import { startOrder } from './order.ts';

/** A case that ended, as it is stored. */
export interface JobReport {
  readonly case: RunCase;
  readonly verdict: VerdictRecord;
}

/** Told as cases begin and end. */
export interface JobListener {
  caseStarted(name: string, variant: string): void;
  /** Each case at the moment when it ended and is stored, in any order. */
  caseDone(report: JobReport): void;
  /** Each case in the order of the jobs, once all before it have ended; in a run that stops, what is left then. */
  caseEnded(report: JobReport): void;
}

/** How jobs are run. */
export interface RunJobsOptions {
  /** CPUs that guests may keep busy; those of the machine when absent. A guest that only waits doesn't count. */
  readonly parallel?: number | undefined;
  /** What earlier runs took: the longest begin first. */
  readonly durations?: CaseDurations;
  readonly signal?: AbortSignal | undefined;
  /** What there is; found out when absent. */
  readonly capacity?: HostCapacity;
  /** What runs a case; for tests. */
  readonly runCase?: typeof runCase;
}

/** QEMU's own memory beside the guest's. */
const QEMU_OVERHEAD_MIB = 200;
/** Share of the available memory that guests may have. */
const MEMORY_SHARE = 0.8;
/** Clamped to all that there is, so nothing else gets any memory: it neither runs beside it nor begins while it waits. */
const EVERYTHING: Weight = { cpus: Number.POSITIVE_INFINITY, memoryMiB: Number.POSITIVE_INFINITY };

/**
 * Runs all jobs, judges and stores each as it ends.
 * @throws what the signal was aborted with (cases that ended are stored and told); the first failure of the store
 */
export async function runJobs(
  jobs: readonly Job[],
  store: Pick<RunWriter, 'openCase' | 'writeCase'>,
  listener: JobListener,
  options: RunJobsOptions = {},
): Promise<void> {
  const { signal, durations = new Map(), capacity = hostCapacity() } = options;
  const semaphore = new WeightedSemaphore({
    cpus: options.parallel ?? capacity.cpus,
    // With less memory than a guest needs, one at a time is tried all the same.
    memoryMiB: Math.max(1, Math.floor(capacity.memoryMiB * MEMORY_SHARE)),
  });
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, stop, failed.signal);
  const inOrder = new InOrder<JobReport>((report) => listener.caseEnded(report));
  const results = await Promise.allSettled(
    startOrder(jobs, durations).map(async (place) => {
      const job = jobs[place] as Job;
      const grant = await semaphore.acquire(weightOf(job), stop);
      try {
        listener.caseStarted(job.case.name, job.environment.variant);
        const report = await runJob(job, store, grant, stop, options.runCase ?? runCase);
        listener.caseDone(report);
        inOrder.put(place, report);
      } catch (error) {
        // The first failure ends the others: what they would say comes second.
        failed.abort(error);
        throw error;
      } finally {
        grant.release();
      }
    }),
  );
  inOrder.flush();
  if (signal?.aborted) throw abortCause(signal);
  if (failed.signal.aborted) throw failed.signal.reason;
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}

function weightOf(job: Job): Weight {
  const { cpus, memoryMiB } = job.environment.machine;
  return runsAlone(job) ? EVERYTHING : { cpus, memoryMiB: memoryMiB + QEMU_OVERHEAD_MIB };
}

async function runJob(
  { environment, case: testCase, repetition }: Job,
  store: Pick<RunWriter, 'openCase' | 'writeCase'>,
  cpu: Grant,
  signal: AbortSignal,
  run: typeof runCase,
): Promise<JobReport> {
  const startedMs = monotonicMs();
  const directory = await store.openCase(environment.variant, testCase.name, repetition?.number);
  const { record, events } = await run(environment, testCase, directory, { signal, cpu });
  // Judged from what is on disk, as `replay` does it.
  const console_ = await readFile(join(directory, 'console.log')).catch(() => Buffer.alloc(0));
  const verdict = judgeConsole(record, events, console_);
  const durationMs = monotonicMs() - startedMs;
  const output = { record, events, verdict, durationMs, repetition: repetition?.number };
  return { case: await store.writeCase(output), verdict };
}
