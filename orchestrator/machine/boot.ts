/** From a machine's description to a guest that has booted. */
import { type BootFailure, CleanupStack, type SupervisedProcess, within } from '../base/index.ts';
import type { ConsoleRecorder } from './console.ts';
import type { TimeLimits } from './limits.ts';
import { type RunningMachine, runningMachine } from './running.ts';
import type { MachineMemory, MachineSpec } from './spec.ts';
import { startQemu } from './start.ts';

/** What guest/init writes to the kernel log when everything is up. */
export const READY_MARK = 'unplug: guest ready';
const PANIC_MARK = 'Kernel panic - not syncing';

/** How to boot. */
export interface BootOptions {
  readonly limits: TimeLimits;
  /** Anonymous when absent. */
  readonly memory?: MachineMemory;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts QEMU and waits until the guest says that it is ready.
 * @param consolePath where the console is recorded
 * @throws BootError told apart by `failure`, with the last console lines; what `signal` was aborted with
 */
export async function bootMachine(
  spec: MachineSpec,
  consolePath: string,
  { limits, memory = { kind: 'anonymous' }, signal }: BootOptions,
): Promise<RunningMachine> {
  await using cleanup = new CleanupStack();
  const { qemu, watched } = await startQemu(
    { spec, memory, consolePath, limits, signal },
    (process, recorder) => watchBoot(process, recorder, limits),
  );
  cleanup.use('machine', qemu);
  const result = await within(watched, limits.readyMs, signal);
  if (result === undefined) throw qemu.failure('no-ready', `no "${READY_MARK}" on the console in time`);
  if (result.failure !== undefined) {
    if (result.failure === 'panic') await within(qemu.exited, limits.panicDrainMs, signal);
    throw qemu.failure(result.failure, result.message);
  }
  const owned = cleanup.move();
  return {
    ...runningMachine(qemu, 'boot'),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

interface BootOutcome {
  readonly failure?: BootFailure;
  readonly message: string;
}

/** Settles at the ready mark, at a panic, at QEMU's end, or when nothing at all came in time. */
function watchBoot(
  qemu: SupervisedProcess,
  recorder: ConsoleRecorder,
  limits: TimeLimits,
): Promise<BootOutcome> {
  return new Promise((resolve) => {
    const finish = (outcome: BootOutcome): void => {
      stopWatching();
      clearTimeout(silence);
      resolve(outcome);
    };
    const stopWatching = recorder.onLine((line) => {
      if (line.includes(READY_MARK)) finish({ message: 'ready' });
      else if (line.includes(PANIC_MARK))
        finish({ failure: 'panic', message: `the kernel panicked: ${line.trim()}` });
    });
    const silence = setTimeout(() => {
      if (recorder.bytes === 0)
        finish({ failure: 'no-console', message: 'nothing at all came on the console' });
    }, limits.firstByteMs);
    void qemu.exited.then((status) => {
      const how = status.signal === null ? `exit code ${status.code}` : status.signal;
      finish({ failure: 'qemu-ended', message: `QEMU ended before the guest was ready (${how})` });
    });
  });
}
