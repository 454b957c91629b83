/** Runs cases on this machine, as many at a time as it has room for. */
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { abortCause, monotonicMs, WeightedSemaphore } from '../base/index.ts';
import { type CaseEnvironment, runCase } from '../case/index.ts';
import type { RunCase, RunWriter } from '../results/index.ts';
import type { Case } from '../suite/index.ts';
import { judgeConsole, type VerdictRecord } from '../verdict/index.ts';

/** A case on a variant that is ready for it. */
export interface Job {
  readonly environment: CaseEnvironment;
  readonly case: Case;
}

/** Told as cases begin and end. */
export interface JobListener {
  caseStarted(name: string, variant: string): void;
  caseEnded(report: { readonly case: RunCase; readonly verdict: VerdictRecord }): void;
}

/** QEMU's own memory beside the guest's. */
const QEMU_OVERHEAD_MIB = 200;
/** Share of the free memory that guests may have. */
const MEMORY_SHARE = 0.8;

/**
 * Runs all jobs, judges and stores each as it ends.
 * @param parallel how many guests at a time; the number of CPUs when absent
 * @throws what the signal was aborted with (cases that ended are stored); the first failure of the store
 */
export async function runJobs(
  jobs: readonly Job[],
  writer: RunWriter,
  listener: JobListener,
  parallel: number | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const cpus = parallel ?? availableParallelism();
  const semaphore = new WeightedSemaphore({
    cpus,
    memoryMiB: Math.floor((freemem() / 2 ** 20) * MEMORY_SHARE),
  });
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, stop, failed.signal);
  const results = await Promise.allSettled(
    jobs.map(async (job) => {
      const { machine } = job.environment;
      const weight = { cpus: machine.cpus, memoryMiB: machine.memoryMiB + QEMU_OVERHEAD_MIB };
      const release = await semaphore.acquire(weight, stop);
      try {
        await runJob(job, writer, listener, stop);
      } catch (error) {
        // The first failure ends the others: what they would say comes second.
        failed.abort(error);
        throw error;
      } finally {
        release();
      }
    }),
  );
  if (signal?.aborted) throw abortCause(signal);
  if (failed.signal.aborted) throw failed.signal.reason;
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}

async function runJob(
  job: Job,
  writer: RunWriter,
  listener: JobListener,
  signal: AbortSignal,
): Promise<void> {
  const { environment, case: testCase } = job;
  listener.caseStarted(testCase.name, environment.variant);
  const startedMs = monotonicMs();
  const directory = await writer.openCase(environment.variant, testCase.name);
  const { record, events } = await runCase(environment, testCase, directory, signal);
  // Judged from what is on disk, as `replay` does it.
  const console_ = await readFile(join(directory, 'console.log')).catch(() => Buffer.alloc(0));
  const verdict = judgeConsole(record, events, console_);
  const durationMs = monotonicMs() - startedMs;
  listener.caseEnded({ case: await writer.writeCase({ record, events, verdict, durationMs }), verdict });
}
