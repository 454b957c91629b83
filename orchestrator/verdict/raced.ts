/** What calls gave that raced with the removal: success while the device was there, the contract's errors once not. */
import type { ContractRule } from '../suite/index.ts';
import { contractFor } from './contract-table.ts';
import type { RacedEvent, WorkloadEvent } from './events.ts';
import type { Finding } from './verdict.ts';

/** Holds whose calls are counted, and not told one by one. */
const RACING: ReadonlySet<string> = new Set(['t5-open', 't7-close']);

/** Allowed at any time: nothing to read yet (EAGAIN); a device that only one may open (EBUSY). */
const ANY_TIME: Readonly<Record<string, readonly string[]>> = { read: ['EAGAIN'], open: ['EBUSY'] };

/** Whether a hold is a race. */
export function isRace(hold: string): boolean {
  return RACING.has(hold);
}

/**
 * The results that no contract allows, and the operations that have none.
 * @param own the suite's own contract
 */
export function judgeRaced(
  events: readonly WorkloadEvent[],
  deviceClass: string,
  own: readonly ContractRule[] = [],
): { readonly findings: readonly Finding[]; readonly notes: readonly string[] } {
  const findings: Finding[] = [];
  const notes: string[] = [];
  for (const [index, event] of events.entries()) {
    if (event.ev !== 'raced' || event.source !== 'hold' || !event.errno) continue;
    const allowed = allowedErrnos(deviceClass, event.op, own);
    if (allowed === undefined) notes.push(`no contract for ${event.op} on ${deviceClass}`);
    else if (!allowed.includes(event.errno)) findings.push(broken(event, index + 1, allowed));
  }
  return { findings, notes };
}

function allowedErrnos(
  deviceClass: string,
  op: string,
  own: readonly ContractRule[],
): readonly string[] | undefined {
  const lines = (['held', 'after'] as const).flatMap((when) => contractFor(deviceClass, when, op, own) ?? []);
  if (lines.length === 0) return undefined;
  return [...new Set([...lines.flatMap(({ allowed }) => allowed.errnos ?? []), ...(ANY_TIME[op] ?? [])])];
}

function broken({ op, name, errno, count }: RacedEvent, line: number, allowed: readonly string[]): Finding {
  const label = name === undefined ? op : `${op} ${name}`;
  return {
    oracle: 'contract',
    verdict: 'fail',
    summary: `${label} racing with the removal: ${errno}, allowed is success, ${allowed.join(' or ')}`,
    evidence: [`events.jsonl:${line} ${label}: ${errno}, ${count} times`],
  };
}
