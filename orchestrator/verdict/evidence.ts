/** The evidence of a case in the form that the oracles read: calls paired from their events, splats, the record. */
import type { Splat } from '../oops/index.ts';
import type { CallPhase, EventSource, ReturnEvent, WorkloadEvent } from './events.ts';
import type { CaseRecord, EndedBy } from './record.ts';
import type { TestsSeen } from './tests-seen.ts';
import type { Finding } from './verdict.ts';

/** A call that a guest program made. Lines are those of events.jsonl, from 1. */
export interface Call {
  readonly source: EventSource;
  readonly phase: CallPhase;
  readonly op: string;
  /** `read`, `ioctl I2C_SMBUS`. */
  readonly label: string;
  readonly tid: number;
  readonly callLine: number;
  /** Null while it has not come back. */
  readonly result: ReturnEvent | null;
  readonly returnLine: number | null;
}

/** All that a verdict is made from. */
export interface Evidence {
  readonly record: CaseRecord;
  readonly events: readonly WorkloadEvent[];
  readonly splats: readonly Splat[];
  /** In the order in which they were made. */
  readonly calls: readonly Call[];
  /** Lines of returns that belong to no call. */
  readonly strayReturns: readonly number[];
  /** What the kernel's own tests printed; null in a removal. */
  readonly tests: TestsSeen | null;
}

/** What an oracle has to say. */
export interface OracleResult {
  readonly findings: readonly Finding[];
  /** False when there was nothing for it to look at. */
  readonly judged: boolean;
  /** Why it did not judge, or what it left out; null otherwise. */
  readonly note: string | null;
}

/** Something that can call a case bad. Pure. */
export type Oracle = (evidence: Evidence) => OracleResult;

/** An oracle that had nothing to look at. */
export function notJudged(note: string): OracleResult {
  return { findings: [], judged: false, note };
}

/** An oracle that looked. */
export function judged(findings: readonly Finding[], note: string | null = null): OracleResult {
  return { findings, judged: true, note };
}

/** Pairs calls with their returns. */
export function gatherEvidence(
  record: CaseRecord,
  events: readonly WorkloadEvent[],
  splats: readonly Splat[],
  tests: TestsSeen | null = null,
): Evidence {
  const calls: Call[] = [];
  const pending = new Map<string, number>();
  const strayReturns: number[] = [];
  for (const [index, event] of events.entries()) {
    const line = index + 1;
    if (event.ev === 'call') {
      pending.set(`${event.source} ${event.id}`, calls.length);
      const label = event.name === undefined ? event.op : `${event.op} ${event.name}`;
      const { source, phase, op, tid } = event;
      calls.push({ source, phase, op, label, tid, callLine: line, result: null, returnLine: null });
    } else if (event.ev === 'return') {
      const key = `${event.source} ${event.id}`;
      const at = pending.get(key);
      const call = at === undefined ? undefined : calls[at];
      if (at === undefined || call === undefined || call.op !== event.op || call.phase !== event.phase) {
        strayReturns.push(line);
      } else {
        calls[at] = { ...call, result: event, returnLine: line };
        pending.delete(key);
      }
    }
  }
  return { record, events, splats, calls, strayReturns, tests };
}

/** `ENODEV`, `POLLERR|POLLHUP`, `nothing pending` (a poll that found nothing), `success`, `4`. */
export function outcomeText(result: ReturnEvent): string {
  if (result.errno) return result.errno;
  if (result.revents) return result.revents.length === 0 ? 'nothing pending' : result.revents.join('|');
  return result.ret === 0 ? 'success' : String(result.ret);
}

/** `events.jsonl:12 ioctl I2C_SMBUS: ENODEV` */
export function callEvidence(call: Call): string {
  return call.result === null
    ? `events.jsonl:${call.callLine} ${call.label}: has not returned`
    : `events.jsonl:${call.returnLine} ${call.label}: ${outcomeText(call.result)}`;
}

/** The hold's blocking call, if there was one. */
export function heldCall(evidence: Evidence): Call | undefined {
  return evidence.calls.find((call) => call.source === 'hold' && call.phase === 'held');
}

/**
 * When unplug acted to end a wait: what the record says, or the command that did it when the guest noted that earlier.
 * A wait's lower bound must not count time after it.
 */
export function actedNs(
  events: readonly WorkloadEvent[],
  endedBy: EndedBy,
  fromNs: number,
  recordedNs: number | null,
): number | null {
  if (recordedNs === null) return null;
  const command = events.find(
    (event) =>
      event.ev === 'command' && event.source === 'hold' && event.name === endedBy && event.t >= fromNs,
  );
  return command?.ev === 'command' ? Math.min(command.t, recordedNs) : recordedNs;
}

/** Whether the removal came back by itself and said that it worked: only then is the device known to be gone. */
export function removalWorked(record: CaseRecord): boolean {
  const { removal } = record;
  return (
    removal !== null && removal.endedBy === 'itself' && removal.returnedNs !== null && removal.errno === null
  );
}

/** What a held module's unloading is refused with; EAGAIN is the kernel's EWOULDBLOCK (kernel/module/main.c). */
const IN_USE: readonly string[] = ['EAGAIN', 'EBUSY'];

/**
 * Whether the kernel refused to unload the driver of a device that somebody holds (kernel/module/main.c
 * try_stop_module()). That is as it should be: nothing was taken away, and the device must go on working.
 */
export function unloadRefused({ removal }: Pick<CaseRecord, 'removal'>): boolean {
  return removal?.mechanism === 'rmmod' && removal.errno !== null && IN_USE.includes(removal.errno);
}

/** Whether a device that is there can answer so. Nothing to read yet is what it says to a non-blocking read. */
export function works({ op, errno, revents }: Pick<ReturnEvent, 'op' | 'errno' | 'revents'>): boolean {
  if (op === 'poll')
    return !errno && !revents?.some((bit) => bit === 'POLLERR' || bit === 'POLLHUP' || bit === 'POLLNVAL');
  return !errno || (op === 'read' && errno === 'EAGAIN');
}
