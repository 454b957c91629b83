/** Brings the user of a device into the state that the case is about. */
import { GuestError } from '../base/index.ts';
import type { GuestShell } from '../guest/index.ts';
import type { TimeLimits } from '../machine/index.ts';
import type { RemovalCase } from '../suite/index.ts';
import type { WorkloadEvent } from '../verdict/index.ts';
import type { EventLog } from './event-log.ts';
import { startProgram } from './guest-program.ts';
import type { HeldUser } from './removal.ts';

/** With kasan_multi_shot a call may print for seconds before it returns: it is slow then, and not stuck. */
const CALL_SHARE = 0.4;

/** The state of a thread that no call was seen of (guest/workloads/lib/hold.c, send_held()). */
const NOTHING_PENDING = '-';

/** What a hold is started with. */
export interface HoldContext {
  readonly shell: GuestShell;
  readonly log: EventLog;
  /** The node to hold, e.g. `/dev/gpiochip0`. */
  readonly device: string;
  readonly time: TimeLimits;
  /** Settles when the guest is gone. */
  readonly gone: Promise<unknown>;
  readonly signal: AbortSignal | undefined;
}

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
  { shell, log, device, time, gone, signal }: HoldContext,
): Promise<HeldUser> {
  // Below what the host waits for an answer: then the program itself can say that it gave up.
  const callLimitMs = Math.round(time.commandMs * CALL_SHARE);
  const program = holdProgram(testCase.hold);
  const process = await startProgram(shell, log, 'hold', program, [
    '--class',
    testCase.deviceClass,
    '--dev',
    device,
    ...Object.entries(testCase.parameters ?? {}).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...['--interrupt-timeout-ms', callLimitMs, '--command-timeout-ms', callLimitMs],
  ]);
  const held = await log.waitFor(
    (event): event is WorkloadEvent & { ev: 'held' } => event.ev === 'held',
    time.heldMs,
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
  return { process, pid: start.pid, tid: held.tid, blocking: held.state !== NOTHING_PENDING };
}
