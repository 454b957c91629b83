/** One case, from a booted machine to what is kept of it. */
import { join } from 'node:path';
import { adapters, parsePlugFacts, type RemovalName } from '../adapter/index.ts';
import {
  abortCause,
  BootError,
  CleanupStack,
  GuestError,
  InfraError,
  Interrupted,
  messageOf,
  monotonicMs,
  UnplugError,
  wallTime,
  within,
} from '../base/index.ts';
import { GuestShell } from '../guest/index.ts';
import { bootMachine, type RunningMachine } from '../machine/index.ts';
import type { Case, KunitCase, RemovalCase, SelftestCase } from '../suite/index.ts';
import {
  type CaseRecord,
  type ConsoleRecord,
  type HealthRecord,
  type HealthSample,
  type Phase,
  type PhaseName,
  RECORD_SCHEMA_VERSION,
  type RemovalRecord,
  type TestsRecord,
  type UserRecord,
  type WorkloadEvent,
} from '../verdict/index.ts';
import { completeConsole } from './console-mark.ts';
import type { CaseEnvironment } from './environment.ts';
import { EventLog } from './event-log.ts';
import { askHealth } from './guest-program.ts';
import { startHold } from './hold.ts';
import { kunitParameters, kunitRecord } from './kunit.ts';
import { type RemovalContext, RemovalWatch, sendCommand } from './removal.ts';
import { runSelftest } from './selftest.ts';
import { whySkipped } from './skip.ts';

/** What a case leaves: the record and the events; the console is in the file that was named. */
export interface CaseOutcome {
  readonly record: CaseRecord;
  readonly events: readonly WorkloadEvent[];
}

const PLUG_LIMIT_MS = 60_000;
const HEALTH_LIMIT_MS = 30_000;
const QUIT_LIMIT_MS = 2000;
/** khungtaskd's interval: often enough to report before the bound; every second slows the guest. */
const HUNG_TASK_CHECK_SECS = 3;
const CONSOLE_EXCERPT_LINES = 25;
/** A connection can be lost a moment before QEMU's end is known. */
const QEMU_END_LIMIT_MS = 300;

interface Health {
  before: HealthSample | null;
  after: HealthSample | null;
  failure: string | null;
}

/** What is known so far; whatever happens, the record is made of it. */
interface Progress {
  phases: Phase[];
  phase: PhaseName;
  device: string | null;
  removal: RemovalRecord | null;
  user: UserRecord | null;
  tests: TestsRecord | null;
  health: Health | null;
  removalStartByte: number | null;
  consoleComplete: boolean;
}

/**
 * Runs a case in a machine of its own. A kernel's misbehaviour is in what is returned; so is a failure of ours or of
 * the host (`record.infra`), with whatever was collected before it.
 * @param directory where console.log goes
 * @throws Interrupted (or whatever the signal was aborted with): the case then has no outcome
 */
export async function runCase(
  environment: CaseEnvironment,
  testCase: Case,
  directory: string,
  signal?: AbortSignal,
): Promise<CaseOutcome> {
  const startedMs = monotonicMs();
  const startedAt = wallTime();
  const log = new EventLog(startedMs);
  const progress: Progress = {
    phases: [],
    phase: 'boot',
    device: null,
    removal: null,
    user: null,
    tests: testCase.kind === 'kunit' ? kunitRecord(testCase, 'itself') : null,
    health: null,
    removalStartByte: null,
    consoleComplete: false,
  };
  const record = (rest: Pick<CaseRecord, 'machine' | 'console' | 'infra' | 'skip'>): CaseOutcome => ({
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
      phases: progress.phases,
      removal: progress.removal,
      user: progress.user,
      tests: progress.tests,
      health: progress.health satisfies HealthRecord | null,
      ...rest,
    },
    events: log.events,
  });

  const reason = whySkipped(testCase, environment);
  if (reason !== null) return record({ machine: null, console: null, infra: null, skip: { reason } });

  const machineFacts = environment.machine;
  let console_: ConsoleRecord | null = null;
  let machine: RunningMachine | undefined;
  let failure: unknown;
  try {
    await using cleanup = new CleanupStack();
    const phase = phaseTimer(progress, startedMs);
    phase('boot');
    machine = cleanup.use(
      'machine',
      await boot(environment, testCase, join(directory, 'console.log'), signal),
    );
    const running = machine;
    const shell = cleanup.use('SSH', await connect(running, environment, signal));
    try {
      if (testCase.kind === 'removal')
        await steps(environment, testCase, running, shell, log, progress, phase, signal);
      else await testSteps(environment, testCase, running, shell, log, progress, phase, signal);
    } catch (error) {
      failure = error;
    }
    if (signal?.aborted) throw abortCause(signal);
    // First cause wins: that a program lost its connection is what follows from the end of QEMU.
    if (failure !== undefined) failure = (await endOfQemu(running, failure)) ?? failure;
    progress.consoleComplete = await completeConsole(running, shell);
    phase(undefined);
    await running.stop();
    console_ = {
      bytes: running.console.bytes,
      removalStartByte: progress.removalStartByte,
      complete: progress.consoleComplete,
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
          message: describe(failure),
          phase: progress.phase,
        };
  return record({ machine: machineFacts, console: console_, infra, skip: null });
}

/** The steps of a removal between a booted machine and its end. */
async function steps(
  environment: CaseEnvironment,
  testCase: RemovalCase,
  machine: RunningMachine,
  shell: GuestShell,
  log: EventLog,
  progress: Progress,
  phase: (name: PhaseName) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const gone = Promise.race([machine.ended, shell.closed]);
  const adapter = adapters.find((candidate) => candidate.name === testCase.adapter);
  if (adapter === undefined) throw new InfraError(`no adapter '${testCase.adapter}'`);

  phase('plug');
  const plugged = await shell.run(`set -e\n${adapter.plug}`, PLUG_LIMIT_MS, signal);
  if (plugged.code !== 0) {
    throw new GuestError(`plugging ${adapter.name} failed`, { detail: `${plugged.stdout}${plugged.stderr}` });
  }
  const facts = parsePlugFacts(adapter.name, plugged.stdout);
  progress.device = facts.device;
  progress.health = { before: await askHealth(shell, log, HEALTH_LIMIT_MS), after: null, failure: null };

  phase('hold');
  const user = await startHold(testCase, shell, log, facts.device, gone, signal);

  phase('remove');
  const makeWrite = adapter.removals[testCase.removal as RemovalName];
  if (makeWrite === undefined) throw new InfraError(`${adapter.name} has no removal '${testCase.removal}'`);
  progress.removalStartByte = machine.console.bytes;
  const context: RemovalContext = { shell, log, user, limits: environment.limits, gone, signal };
  const watch = await RemovalWatch.begin(context, testCase.removal as RemovalName, makeWrite(facts));
  try {
    await watch.watch();

    phase('aftermath');
    // Uses after a removal that has ended are the contract; before it has, they say how far it came.
    await sendCommand(context, 'after');
    let closed = false;
    await watch.release(async () => {
      closed = true;
      await sendCommand(context, 'close');
    });
    await sendCommand(context, 'reopen');
    if (!closed) await sendCommand(context, 'close');
    user.process.send('quit');
    // It can't end while a thread of it is stuck in the kernel: then that is known, and nothing to wait for.
    await within(user.process.exited, QUIT_LIMIT_MS, signal);
  } finally {
    const { removal, user: held } = watch.finish();
    progress.removal = removal;
    progress.user = held;
  }

  phase('collect');
  await askHealthAfter(shell, log, progress.health);
}

/** The steps of the kernel's own tests. KUnit's are over when the machine has booted. */
async function testSteps(
  environment: CaseEnvironment,
  testCase: KunitCase | SelftestCase,
  machine: RunningMachine,
  shell: GuestShell,
  log: EventLog,
  progress: Progress,
  phase: (name: PhaseName) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const health: Health = { before: null, after: null, failure: null };
  progress.health = health;
  if (testCase.kind === 'selftest') {
    phase('test');
    health.before = await askHealth(shell, log, HEALTH_LIMIT_MS);
    const gone = Promise.race([machine.ended, shell.closed]);
    const accelerator = environment.accelerator.name;
    progress.tests = await runSelftest(testCase, { shell, log, accelerator, gone, signal });
  }
  phase('collect');
  await askHealthAfter(shell, log, health);
}

/** That the guest no longer answers is a finding about the kernel, and no failure of ours. */
async function askHealthAfter(shell: GuestShell, log: EventLog, health: Health): Promise<void> {
  try {
    health.after = await askHealth(shell, log, HEALTH_LIMIT_MS);
  } catch (error) {
    health.failure = describe(error);
  }
}

async function boot(
  environment: CaseEnvironment,
  testCase: Case,
  consolePath: string,
  signal: AbortSignal | undefined,
): Promise<RunningMachine> {
  return bootMachine(
    {
      name: testCase.name,
      bzImage: environment.kernel.bzImage,
      initramfs: environment.initramfs,
      memoryMiB: environment.machine.memoryMiB,
      cpus: environment.machine.cpus,
      accelerator: environment.accelerator.name,
      kernelParameters: [
        `unplug.hung_task_secs=${environment.hungTaskSecs}`,
        `unplug.hung_task_check_secs=${HUNG_TASK_CHECK_SECS}`,
        ...(testCase.kind === 'kunit' ? kunitParameters(testCase) : []),
      ],
    },
    consolePath,
    signal,
  );
}

/** Opens the shell. @throws BootError with the last console lines: the guest may have said why */
async function connect(
  machine: RunningMachine,
  environment: CaseEnvironment,
  signal: AbortSignal | undefined,
): Promise<GuestShell> {
  try {
    return await GuestShell.connect(
      machine.sshPort,
      environment.keys,
      machine.limits.sshMs,
      machine.ended,
      signal,
    );
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    const lines = machine.console.lastLines(CONSOLE_EXCERPT_LINES).join('\n');
    throw new BootError(error.failure, error.message, {
      cause: error,
      detail: `${error.detail ?? ''}\n${lines}`,
    });
  }
}

/** An error that says so when QEMU ended under a case. A panic does that too: then the report is on the console. */
async function endOfQemu(machine: RunningMachine, failure: unknown): Promise<InfraError | undefined> {
  const stderr = await within(machine.ended, QEMU_END_LIMIT_MS);
  if (stderr === undefined) return undefined;
  return new InfraError('QEMU ended in the middle of the case', {
    cause: failure,
    detail: `${stderr.trim()}\n${messageOf(failure)}`.trim(),
  });
}

function phaseTimer(progress: Progress, startedMs: number): (name: PhaseName | undefined) => void {
  let begunMs = 0;
  let current: PhaseName | undefined;
  return (name) => {
    const nowMs = Math.round(monotonicMs() - startedMs);
    if (current !== undefined) progress.phases.push({ name: current, startMs: begunMs, endMs: nowMs });
    current = name;
    begunMs = nowMs;
    if (name !== undefined) progress.phase = name;
  };
}

function describe(error: unknown): string {
  const detail = error instanceof UnplugError ? error.detail?.trim() : undefined;
  return detail ? `${messageOf(error)}\n${detail}` : messageOf(error);
}
