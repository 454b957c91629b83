/** Brings the user of a device into the state that the case is about. */
import { GuestError } from '../base/index.ts';
import type { GuestShell } from '../guest/index.ts';
import type { RemovalCase } from '../suite/index.ts';
import type { WorkloadEvent } from '../verdict/index.ts';
import type { EventLog } from './event-log.ts';
import { startProgram } from './guest-program.ts';
import type { HeldUser } from './removal.ts';

const HELD_LIMIT_MS = 60_000;
/** With kasan_multi_shot a call may print for seconds before it returns: it is slow then, and not stuck. */
const HOLD_LIMITS = ['--interrupt-timeout-ms', 12_000, '--command-timeout-ms', 12_000] as const;

/** The program that does a hold: `t2-read` and `t3-read` differ in what is read. */
export function holdProgram(hold: string): string {
  return `hold-${hold.replace(/^t\d+-/, '')}`;
}

/**
 * Starts the hold program and waits until it has observed its held state.
 * @throws GuestError with the program's own words when it does not get there; what the signal was aborted with
 */
export async function startHold(
  testCase: RemovalCase,
  shell: GuestShell,
  log: EventLog,
  device: string,
  gone: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<HeldUser> {
  const program = holdProgram(testCase.hold);
  const process = await startProgram(shell, log, 'hold', program, [
    '--class',
    testCase.deviceClass,
    '--dev',
    device,
    ...HOLD_LIMITS,
  ]);
  const held = await log.waitFor(
    (event): event is WorkloadEvent & { ev: 'held' } => event.ev === 'held',
    HELD_LIMIT_MS,
    Promise.race([gone, process.exited]),
    signal === undefined ? {} : { signal },
  );
  signal?.throwIfAborted();
  const start = log.events.find((event) => event.ev === 'start' && event.source === 'hold');
  if (held === undefined || start?.ev !== 'start') {
    const fault = log.events.find((event) => event.ev === 'fault');
    const why = fault?.ev === 'fault' ? `: ${fault.what}${fault.errno ? ` (${fault.errno})` : ''}` : '';
    throw new GuestError(`${program} did not reach its held state${why}`, { detail: process.stderr() });
  }
  return { process, pid: start.pid, tid: held.tid, blocking: testCase.hold !== 't0-idle' };
}
