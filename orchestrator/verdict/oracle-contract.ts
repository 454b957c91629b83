/** Oracle: did userspace see what it must see: error names, poll bits, a close that works? */

import { judgeCameBack } from './came-back.ts';
import { OPENED_ONCE } from './contract-further.ts';
import { type Allowed, allowedText, type ContractLine, contractFor } from './contract-table.ts';
import type { ReturnEvent } from './events.ts';
import {
  type Call,
  callEvidence,
  type Evidence,
  heldCall,
  judged,
  notJudged,
  type OracleResult,
  outcomeText,
  removalWorked,
  unloadRefused,
  works,
} from './evidence.ts';
import { isRace, judgeRaced } from './raced.ts';
import type { EndedBy } from './record.ts';
import type { Finding } from './verdict.ts';

/** Judges the pending call, the use after the removal, and every close, by the contract table. */
export function contractOracle(evidence: Evidence): OracleResult {
  const { record, calls } = evidence;
  if (record.removal === null || record.case.kind !== 'removal') return notJudged('no removal was asked for');
  const { deviceClass, contract } = record.case;
  const { removal } = record;
  const findings: Finding[] = [];
  const notes: string[] = [];
  const check = (call: Call, when: 'held' | 'after', during: string): void => {
    if (call.result === null) return; // The stuck-oracles' business.
    const line = contractFor(deviceClass, when, call.op, contract);
    if (line === undefined) notes.push(`no contract for ${call.op} on ${deviceClass}`);
    else if (!fits(line.allowed, call.result)) findings.push(broken(line, call, call.result, during));
  };

  findings.push(...judgeCameBack(evidence));
  if (isRace(record.case.hold)) {
    if (!evidence.events.some(({ ev }) => ev === 'raced'))
      return notJudged('the racing calls were not counted');
    const raced = judgeRaced(evidence.events, deviceClass, contract);
    findings.push(...raced.findings);
    notes.push(...raced.notes);
  }
  const closes = calls.filter((call) => call.source === 'hold' && call.op === 'close');
  for (const call of closes)
    check(call, 'after', call.phase === 'close' ? 'closing the held device' : 'after removal');
  if (removalWorked(record)) {
    const goneNs = removal.returnedNs ?? 0;
    const held = heldCall(evidence);
    if (held !== undefined && record.user?.endedBy === 'itself')
      check(held, 'held', 'pending at the removal');
    for (const call of calls) {
      if (call.source !== 'hold' || call.phase !== 'after' || call.op === 'close') continue;
      if (call.result !== null && call.result.startNs < goneNs)
        notes.push(`${call.label} began before the removal ended`);
      else check(call, 'after', 'after removal');
    }
  } else if (unloadRefused(record)) {
    notes.push(`the driver was not unloaded while its device is held (${removal.errno}), as it should be`);
    findings.push(...stillWorks(deviceClass, calls, record.user?.endedBy ?? null));
  } else {
    notes.push('the use afterwards was not judged: the removal had not ended by itself');
  }
  const note = notes.length === 0 ? null : [...new Set(notes)].join('; ');
  if (!removalWorked(record) && !unloadRefused(record) && closes.length === 0)
    return notJudged(note ?? 'nothing was called after the removal');
  return judged(findings, note);
}

/** What a refused removal must not have changed. */
function stillWorks(deviceClass: string, calls: readonly Call[], pendingEndedBy: EndedBy | null): Finding[] {
  const once = OPENED_ONCE.some((one) => one.deviceClass === deviceClass);
  return calls.flatMap((call): Finding[] => {
    const { source, phase, op, label, result } = call;
    const counts = phase === 'after' || (phase === 'held' && pendingEndedBy === 'itself');
    if (source !== 'hold' || !counts || op === 'close' || result === null || works(result)) return [];
    if (once && op === 'open' && result.errno === 'EBUSY') return [];
    const summary = `${label} gave ${outcomeText(result)} though the removal was refused`;
    return [{ oracle: 'contract', verdict: 'fail', summary, evidence: [callEvidence(call)] }];
  });
}

function fits(allowed: Allowed, result: ReturnEvent): boolean {
  if (result.errno) return allowed.errnos?.includes(result.errno) === true;
  if (allowed.revents !== undefined) {
    return allowed.revents.every((bit) => result.revents?.includes(bit));
  }
  return allowed.success === true && result.ret >= 0;
}

function broken(line: ContractLine, call: Call, result: ReturnEvent, during: string): Finding {
  return {
    oracle: 'contract',
    verdict: 'fail',
    summary: `${call.label} ${during}: ${outcomeText(result)}, allowed is ${allowedText(line.allowed)}`,
    evidence: [callEvidence(call), `contract: ${line.source}`],
  };
}
