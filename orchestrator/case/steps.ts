/** The steps of a case between a machine that is up and its end. */
import { type Adapter, adapterFor, type PlugFacts, type RemovalName } from '../adapter/index.ts';
import {
  type CleanupStack,
  type CpuLease,
  InfraError,
  messageOf,
  UnplugError,
  within,
} from '../base/index.ts';
import type { GuestShell } from '../guest/index.ts';
import type { RunningMachine } from '../machine/index.ts';
import type { KunitCase, RemovalCase, SelftestCase } from '../suite/index.ts';
import type { HealthRecord } from '../verdict/index.ts';
import { bringBack, comeBackOf } from './come-back.ts';
import type { CaseEnvironment } from './environment.ts';
import type { EventLog } from './event-log.ts';
import { askHealth } from './guest-program.ts';
import { startHold } from './hold.ts';
import { startMoment } from './moment.ts';
import { emulated, type PluggedAdapter, plugHost } from './plug-host.ts';
import type { Progress } from './progress.ts';
import { type RemovalContext, RemovalWatch, sendCommand } from './removal.ts';
import { runSelftest } from './selftest.ts';
import { setUpGuest } from './set-up.ts';

/** What the steps of one case work with. */
export interface StepContext {
  readonly environment: CaseEnvironment;
  readonly machine: RunningMachine;
  readonly shell: GuestShell;
  readonly log: EventLog;
  readonly progress: Progress;
  /** The folder of the case. */
  readonly directory: string;
  /** What is given back at the end of the case, in reverse order. */
  readonly cleanup: CleanupStack;
  /** Given back while the case only waits. */
  readonly cpu: CpuLease | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onPlugged?: ((plugged: PluggedAdapter) => void) | undefined;
}

/**
 * A device is plugged, held, taken away and used once more.
 * @throws GuestError, InfraError: what was seen until then is in `progress`; what the signal was aborted with
 */
export async function removalSteps(testCase: RemovalCase, context: StepContext): Promise<void> {
  const { environment, machine, shell, log, progress, signal } = context;
  const adapter = adapterFor(testCase);
  if (adapter === undefined) throw new InfraError(`no adapter '${testCase.adapter}'`);

  progress.begin('plug');
  const setUp = await setUpGuest(environment, adapter, machine, shell, log, signal);
  const { host } = adapter;
  const plugged = host === undefined ? undefined : await plugHost({ ...adapter, host }, context);
  if (plugged !== undefined) context.onPlugged?.(plugged);
  const facts = plugged?.facts ?? setUp.facts;
  if (facts === null) throw new InfraError(`${adapter.name} said nothing of its device`);
  progress.device = facts.device;
  progress.facts = facts;
  progress.health = { before: setUp.health, after: null, failure: null };
  // When somebody ends the process that is the device, there is nothing to wait for.
  const died = new AbortController();
  void plugged?.device.broken?.then((failure) => died.abort(failure));
  const either = signal === undefined ? died.signal : AbortSignal.any([signal, died.signal]);
  try {
    await takeAway(testCase, { ...context, signal: either }, { adapter, facts, plugged });
  } catch (error) {
    throw (await plugged?.device.failure?.()) ?? error;
  }
  // What was seen of a device whose process somebody killed says nothing of the kernel.
  const failure = await plugged?.device.failure?.();
  if (failure !== undefined) throw failure;
  await collect(context, progress.health);
}

/** What was plugged. */
interface Plugged {
  readonly adapter: Adapter;
  readonly facts: PlugFacts;
  /** Undefined for what the guest's kernel makes by itself. */
  readonly plugged: PluggedAdapter | undefined;
}

/** From the hold to the end of its user. */
async function takeAway(
  testCase: RemovalCase,
  context: StepContext,
  { adapter, facts, plugged }: Plugged,
): Promise<void> {
  const { environment, machine, shell, log, progress, cpu, signal } = context;
  const time = machine.limits;
  const gone = Promise.race([machine.ended, shell.closed]);
  progress.begin('hold');
  const user = await startHold(testCase, { shell, log, device: facts.device, time, gone, signal });

  progress.begin('remove');
  const actionFor = adapter.removals[testCase.removal as RemovalName];
  if (actionFor === undefined) throw new InfraError(`${adapter.name} has no removal '${testCase.removal}'`);
  progress.removalStartByte = machine.console.bytes;
  const { limits } = environment;
  using _moment = startMoment(testCase, plugged && emulated(plugged));
  const removal: RemovalContext = {
    shell,
    log,
    user,
    limits,
    time,
    plugged: plugged?.device,
    cpu,
    gone,
    signal,
  };
  const watch = await RemovalWatch.begin(removal, testCase.removal as RemovalName, actionFor(facts));
  try {
    await watch.watch();

    progress.begin('aftermath');
    // Uses after a removal that has ended are the contract; before it has, they say how far it came.
    await sendCommand(removal, 'after');
    let closed = false;
    await watch.release(async () => {
      closed = true;
      await sendCommand(removal, 'close');
    });
    await watch.ended();
    const comeBack = comeBackOf(testCase);
    if (comeBack !== undefined && !closed && watch.removed) {
      // The name is another device's then: it can't be asked whether it is gone.
      await bringBack(comeBack, testCase, context, { adapter, facts });
      await sendCommand(removal, 'after');
    } else await sendCommand(removal, 'reopen');
    if (!closed) await sendCommand(removal, 'close');
    user.process.send('quit');
    // It can't end while a thread of it is stuck in the kernel: then that is known, and nothing to wait for.
    await within(user.process.exited, time.quitMs, signal);
  } finally {
    const { removal: record, user: held } = watch.finish();
    progress.removal = record;
    progress.user = held;
  }
}

/** The kernel's own tests. KUnit's are over when the machine has booted. */
export async function testSteps(testCase: KunitCase | SelftestCase, context: StepContext): Promise<void> {
  const { environment, machine, shell, log, progress, signal } = context;
  let before: HealthRecord['before'] = null;
  if (testCase.kind === 'selftest') {
    progress.begin('test');
    before = (await setUpGuest(environment, undefined, machine, shell, log, signal)).health;
    const gone = Promise.race([machine.ended, shell.closed]);
    progress.tests = await runSelftest(testCase, { shell, log, time: machine.limits, gone, signal });
  }
  await collect(context, { before, after: null, failure: null });
}

/** A last look. That the guest no longer answers is a finding about the kernel, and no failure of ours. */
async function collect({ machine, shell, log, progress }: StepContext, health: HealthRecord): Promise<void> {
  progress.begin('collect');
  try {
    progress.health = { ...health, after: await askHealth(shell, log, machine.limits.healthMs) };
  } catch (error) {
    progress.health = { ...health, failure: describeError(error) };
  }
}

/** The message of an error with what it knows beyond that. */
export function describeError(error: unknown): string {
  const detail = error instanceof UnplugError ? error.detail?.trim() : undefined;
  return detail ? `${messageOf(error)}\n${detail}` : messageOf(error);
}
