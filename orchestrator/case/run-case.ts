/** One case, from a machine of its own to what is kept of it. */
import { join } from 'node:path';
import {
  abortCause,
  BootError,
  CleanupStack,
  type CpuLease,
  Interrupted,
  monotonicMs,
  UnplugError,
  wallTime,
} from '../base/index.ts';
import { AgentShell } from '../guest/index.ts';
import { type Diagnosis, type RunningMachine, sampleOomKills } from '../machine/index.ts';
import type { Case } from '../suite/index.ts';
import {
  type CaseRecord,
  type ConsoleRecord,
  RECORD_SCHEMA_VERSION,
  type WorkloadEvent,
} from '../verdict/index.ts';
import { bringUp, originOf } from './bring-up.ts';
import { completeConsole, watchForEnd } from './console-mark.ts';
import type { CaseEnvironment } from './environment.ts';
import { EventLog } from './event-log.ts';
import { kunitRecord } from './kunit.ts';
import { environmentFor } from './machine-shape.ts';
import type { PluggedAdapter } from './plug-host.ts';
import { Progress } from './progress.ts';
import { machineEnded, whySilent } from './silence.ts';
import { whySkipped } from './skip.ts';
import { describeError, removalSteps, type StepContext, testSteps } from './steps.ts';

/** What a case leaves: the record and the events; the console is in the file that was named. */
export interface CaseOutcome {
  readonly record: CaseRecord;
  readonly events: readonly WorkloadEvent[];
}

/** How a case is run. */
export interface CaseOptions {
  readonly signal?: AbortSignal | undefined;
  /** The CPU that the case holds; it is given back while the case only waits. */
  readonly cpu?: CpuLease | undefined;
  /** Told when the machine is up: a test may do something to it. */
  readonly onMachine?: (machine: RunningMachine) => void;
  /** Told when the host has plugged the adapter: a test may do something to the process that is the device. */
  readonly onPlugged?: (plugged: PluggedAdapter) => void;
}

/**
 * Runs a case in a machine of its own. A kernel's misbehaviour is in what is returned; so is a failure of ours or of
 * the host (`record.infra`), with whatever was collected before it.
 * @param directory where console.log goes
 * @throws Interrupted (or whatever the signal was aborted with): the case then has no outcome
 */
export async function runCase(
  ofVariant: CaseEnvironment,
  testCase: Case,
  directory: string,
  { signal, cpu, onMachine, onPlugged }: CaseOptions = {},
): Promise<CaseOutcome> {
  const environment = environmentFor(ofVariant, testCase);
  const startedMs = monotonicMs();
  const startedAt = wallTime();
  const log = new EventLog(startedMs);
  const origin = originOf(environment, testCase);
  const progress = new Progress(startedMs, origin);
  if (testCase.kind === 'kunit') progress.tests = kunitRecord(testCase, 'itself');
  const record = (
    rest: Pick<CaseRecord, 'machine' | 'console' | 'diagnosis' | 'infra' | 'skip'>,
  ): CaseOutcome => ({
    record: {
      schemaVersion: RECORD_SCHEMA_VERSION,
      suite: environment.suite,
      case: testCase,
      variant: environment.variant,
      kernel: { key: environment.kernel.key, release: environment.kernel.release },
      profile: environment.profile,
      accelerator: environment.accelerator,
      limits: environment.limits,
      startedAt,
      device: progress.device,
      facts: progress.facts,
      phases: progress.phases,
      removal: progress.removal,
      user: progress.user,
      tests: progress.tests,
      health: progress.health,
      ...rest,
    },
    events: log.events,
  });

  const reason = whySkipped(testCase, environment);
  if (reason !== null)
    return record({ machine: null, console: null, diagnosis: null, infra: null, skip: { reason } });

  let console_: ConsoleRecord | null = null;
  let diagnosis: Diagnosis | null = null;
  let failure: unknown;
  try {
    await using cleanup = new CleanupStack();
    progress.begin(origin);
    const oomKills = await sampleOomKills();
    const machine = cleanup.use(
      'machine',
      await bringUp(environment, testCase, join(directory, 'console.log'), signal),
    );
    onMachine?.(machine);
    const shell = cleanup.use('agent', new AgentShell(machine.agent));
    const end = watchForEnd(machine.console);
    const context: StepContext = {
      ...{ environment, machine, shell, log, progress },
      ...{ directory, cleanup, cpu, signal, onPlugged },
    };
    try {
      if (testCase.kind === 'removal') await removalSteps(testCase, context);
      else await testSteps(testCase, context);
    } catch (error) {
      failure = error;
    }
    if (signal?.aborted) throw abortCause(signal);
    if (failure !== undefined || progress.health?.failure) {
      const oomKillsAtStart = oomKills;
      diagnosis = await whySilent({ environment, machine, shell, directory, oomKillsAtStart, signal });
    }
    // A guest that stands still prints no mark; the end of QEMU is the end of the console.
    const complete =
      diagnosis === null ? await completeConsole(machine, shell, end) : machineEnded(diagnosis);
    progress.end();
    await machine.stop();
    console_ = {
      bytes: machine.console.bytes,
      removalStartByte: progress.removalStartByte,
      complete,
    };
  } catch (error) {
    // First cause wins: what a clean-up says after a failed step is of no interest.
    failure ??= error;
  }
  // KUnit runs before init: a suite that does not end is a boot that does not end.
  if (testCase.kind === 'kunit' && failure instanceof BootError && failure.failure === 'no-ready')
    progress.tests = kunitRecord(testCase, 'never');
  if (signal?.aborted) throw abortCause(signal);
  if (failure instanceof Interrupted) throw failure;
  const infra =
    failure === undefined
      ? null
      : {
          code: failure instanceof UnplugError ? failure.code : 'INTERNAL',
          message: describeError(failure),
          phase: progress.phase,
        };
  const { memoryMiB, cpus } = environment.machine;
  return record({ machine: { memoryMiB, cpus, origin }, console: console_, diagnosis, infra, skip: null });
}
