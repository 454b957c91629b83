/**
 * Oracle: a user of the device is still blocked after the device is gone. In S no kernel detector sees that
 * (kernel/hung_task.c looks at D only), so it is up to us.
 */
import { formatMeasured } from '../timing/index.ts';
import {
  callEvidence,
  type Evidence,
  heldCall,
  judged,
  notJudged,
  type OracleResult,
  removalWorked,
} from './evidence.ts';
import { waitingEvidence, waitingPlace } from './stack.ts';
import type { Finding } from './verdict.ts';
import { endText, judgeWait, limitText, userWait, waitDuration } from './waits.ts';

/** Judges the call that was pending, by `limits.userMs` after the removal's end, and calls made later that never returned. */
export function userStuckOracle(evidence: Evidence): OracleResult {
  const late = lateCalls(evidence);
  const pending = pendingCall(evidence);
  return { ...pending, findings: [...pending.findings, ...late], judged: pending.judged || late.length > 0 };
}

function pendingCall(evidence: Evidence): OracleResult {
  const { record } = evidence;
  const { user, removal, limits } = record;
  if (user === null) return notJudged('there is no word of the user');
  if (!user.blocking) return judged([], 'no call was pending');
  if (!removalWorked(record))
    return notJudged('the removal had not ended by itself, so the device was not gone');
  if (user.endedBy === null) return notJudged('the record does not say how the pending call ended');
  const call = heldCall(evidence);
  const wait = userWait(evidence, user, user.endedBy, removal?.returnedNs ?? 0);
  switch (judgeWait(wait, limits.userMs)) {
    case 'in-time':
      return judged([]);
    case 'cut-short':
      return notJudged(`unplug ended the user's wait before the bound of ${limitText(limits.userMs)}`);
    case 'stuck': {
      const { where, how } = waitingPlace(user.observations);
      const duration = waitDuration(wait);
      return judged([
        {
          oracle: 'user-stuck',
          verdict: 'hang',
          summary: `user stuck in ${call?.op ?? 'a call'} in ${where} (${how}) though the device is gone`,
          evidence: [
            `waited ${duration === null ? '?' : formatMeasured(duration)} after the removal, the bound is ${limitText(limits.userMs)}; ${endText(wait, 'it')}`,
            ...waitingEvidence(`user, thread ${user.tid}`, user.observations),
            ...(call === undefined ? [] : [callEvidence(call)]),
          ],
        },
      ]);
    }
  }
}

/** Calls of the aftermath that the hold program gave up waiting for (`done` with `completed: false`). */
function lateCalls(evidence: Evidence): readonly Finding[] {
  const { record, events, calls } = evidence;
  if (record.removal === null) return [];
  const gaveUp = events.some(
    (event) => event.ev === 'done' && event.source === 'hold' && event.completed === false,
  );
  if (!gaveUp) return [];
  return calls
    .filter(
      (call) =>
        call.source === 'hold' && call.result === null && (call.phase === 'after' || call.phase === 'close'),
    )
    .map((call) => ({
      oracle: 'user-stuck',
      verdict: 'hang',
      summary: `${call.label} after the removal does not return`,
      evidence: [callEvidence(call)],
    }));
}
