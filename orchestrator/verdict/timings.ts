/** Durations of a case by the guest's clock. */
import type { Measured } from '../timing/index.ts';
import type { CallPhase } from './events.ts';
import type { Evidence } from './evidence.ts';
import type { Timings } from './verdict.ts';
import { removalWait, waitDuration } from './waits.ts';

/** Taken from the first call of each kind that worked; of a removal that unplug ended, a lower bound. */
export function timingsOf(evidence: Evidence): Timings {
  const { removal } = evidence.record;
  const first = (phase: CallPhase, op: string): Measured | null => {
    const call = evidence.calls.find(
      (one) =>
        one.source === 'hold' &&
        one.phase === phase &&
        one.op === op &&
        one.result !== null &&
        (!one.result.errno || one.result.errno === 'EAGAIN'),
    );
    return call?.result ? { ns: Math.max(0, call.result.endNs - call.result.startNs) } : null;
  };
  return {
    open: first('open', 'open'),
    ioctl: first('before', 'ioctl'),
    read: first('before', 'read'),
    poll: first('before', 'poll'),
    close: first('close', 'close'),
    removal: removal === null ? null : waitDuration(removalWait(evidence, removal)),
  };
}
