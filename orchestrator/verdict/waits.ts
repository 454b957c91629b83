/** How long a task waited against a bound, and who ended the wait. Shared by the two stuck-oracles. */
import { formatNs, type Measured } from '../timing/index.ts';
import { actedNs, type Evidence, heldCall } from './evidence.ts';
import type { EndedBy, RemovalRecord, UserRecord } from './record.ts';

/**
 * unplug's own timer runs on the host, the bound counts on the guest's clock, and an emulated guest's clock may drift:
 * a wait that unplug ended this little before the bound counts as having reached it.
 */
const CLOCK_TOLERANCE = 0.02;

/** A wait on the guest's clock. */
export interface Wait {
  readonly fromNs: number;
  /** When what was waited for came; null when it did not. */
  readonly untilNs: number | null;
  readonly endedBy: EndedBy;
  /** When unplug acted to end it or gave up. */
  readonly endedAtNs: number | null;
}

/** `in-time`, `stuck`, or `cut-short`: unplug ended it before the bound, so nothing can be said. */
export type WaitJudgement = 'in-time' | 'stuck' | 'cut-short';

/** The duration, censored where unplug ended the wait; null when the record does not say. */
export function waitDuration(wait: Wait): Measured | null {
  if (wait.endedBy === 'itself')
    return wait.untilNs === null ? null : { ns: Math.max(0, wait.untilNs - wait.fromNs) };
  return wait.endedAtNs === null ? null : { censoredAboveNs: Math.max(0, wait.endedAtNs - wait.fromNs) };
}

/** Judges a wait against a bound in milliseconds. */
export function judgeWait(wait: Wait, limitMs: number): WaitJudgement {
  const duration = waitDuration(wait);
  if (duration === null) return 'cut-short';
  if ('ns' in duration) return duration.ns <= limitMs * 1e6 ? 'in-time' : 'stuck';
  return duration.censoredAboveNs >= limitMs * 1e6 * (1 - CLOCK_TOLERANCE) ? 'stuck' : 'cut-short';
}

/** How the wait ended, as a clause. */
export function endText(wait: Wait, what: string): string {
  switch (wait.endedBy) {
    case 'itself':
      return `${what} ended by itself`;
    case 'interrupt':
      return `${what} ended when unplug interrupted the user`;
    case 'close':
      return `${what} ended when unplug closed the device`;
    case 'kill':
      return `${what} ended when unplug killed the user`;
    case 'never':
      return `${what} had not ended when unplug gave up`;
  }
}

/** `12 s` for 12000 */
export function limitText(limitMs: number): string {
  return formatNs(limitMs * 1e6);
}

/** The removal as a wait: from asking to the return of the removing call. */
export function removalWait({ events }: Evidence, removal: RemovalRecord): Wait {
  const { askedNs: fromNs, returnedNs: untilNs, endedBy } = removal;
  return { fromNs, untilNs, endedBy, endedAtNs: actedNs(events, endedBy, fromNs, removal.endedAtNs) };
}

/** The pending call as a wait: from the removal's end to the call's return. */
export function userWait(evidence: Evidence, user: UserRecord, endedBy: EndedBy, removedNs: number): Wait {
  return {
    fromNs: removedNs,
    untilNs: heldCall(evidence)?.result?.endNs ?? null,
    endedBy,
    endedAtNs: actedNs(evidence.events, endedBy, removedNs, user.endedAtNs),
  };
}
