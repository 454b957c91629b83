/** What happened in a case, in order: holds, calls, the removal's instants, looks, kernel reports. Pure. */
import { dedupKey, type Splat } from '../oops/index.ts';
import type { ReturnEvent, WorkloadEvent } from './events.ts';
import { type Call, type Evidence, outcomeText } from './evidence.ts';
import type { Observation } from './record.ts';
import { waitingPlace } from './stack.ts';

/** Who did something. */
export type Actor = 'hold' | 'removal' | 'kernel' | 'unplug' | 'look';

/** One line of the timeline. */
export interface TimelineEntry {
  /** From the removal's call, negative before it; from the first event when no removal was asked for. */
  readonly ns: number;
  /** The console's clock is not that of the events: some tenths of a second may lie between them. */
  readonly approximate: boolean;
  readonly actor: Actor;
  readonly text: string;
}

/** Commands that end a wait; the others only ask for the next step. */
const ENDING: Readonly<Record<string, string>> = {
  interrupt: 'interrupts the user',
  close: 'has the device closed',
};

/** The timeline of a case. */
export function timelineOf(evidence: Evidence): readonly TimelineEntry[] {
  const { record, events, splats } = evidence;
  const { removal } = record;
  const first = events.find((event) => 't' in event && event.source === 'hold');
  const origin = removal?.askedNs ?? (first !== undefined && 't' in first ? first.t : 0);
  const entries: TimelineEntry[] = [];
  const add = (atNs: number, actor: Actor, text: string, approximate = false): void => {
    entries.push({ ns: atNs - origin, approximate, actor, text });
  };
  addCalls(evidence, add);
  for (const event of events) addEvent(event, add);
  addRaced(events, add);
  if (removal !== null) {
    const { action, pid, askedNs, returnedNs, guestSawGoneNs, hostSawGoneMs, errno, endedBy } = removal;
    add(askedNs, 'removal', `asked: ${action}${pid === null ? '' : ` (pid ${pid})`}`);
    if (guestSawGoneNs !== null) add(guestSawGoneNs, 'removal', 'the guest saw the device go');
    const host = hostSawGoneMs === null ? null : guestNs(events, hostSawGoneMs);
    if (host !== null) add(host, 'removal', 'QEMU said that the device is gone (DEVICE_DELETED)', true);
    if (returnedNs !== null) {
      const how = errno === null ? '' : ` with ${errno}`;
      const after = endedBy === 'itself' ? '' : `, only after unplug acted (${endedBy})`;
      add(returnedNs, 'removal', `returned${how}${after}`);
    }
    if (endedBy === 'never' && removal.endedAtNs !== null)
      add(removal.endedAtNs, 'unplug', 'gives up waiting for the removal');
    addLooks('remover', removal.observations, add);
  }
  if (record.user !== null) addLooks('user', record.user.observations, add);
  for (const { splat, count } of byCause(splats)) {
    if (splat.timeS === undefined) continue;
    const more = count === 1 ? '' : `, ${count} of this cause`;
    const phases = splat.lifecycle === undefined ? '' : `; ${splat.lifecycle.key}`;
    const place = `console.log:${splat.startLine}-${splat.endLine}`;
    add(splat.timeS * 1e9, 'kernel', `${splat.title} (${place}${more})${phases}`, true);
  }
  // Equal instants stay in the order in which they were found: a call stands before what it led to.
  return entries.sort((a, b) => a.ns - b.ns);
}

type Add = (atNs: number, actor: Actor, text: string, approximate?: boolean) => void;

interface Group {
  readonly phase: Call['phase'];
  readonly atNs: number;
  readonly parts: string[];
}

/** Calls that follow one another in one phase are one line; one that never came back has its own. */
function addCalls({ record, calls, events }: Evidence, add: Add): void {
  let group: Group | undefined;
  const flush = (): void => {
    if (group !== undefined) add(group.atNs, 'hold', groupText(group, record.device));
    group = undefined;
  };
  for (const call of calls) {
    if (call.source !== 'hold') continue;
    const made = events[call.callLine - 1];
    const atNs = call.result?.startNs ?? (made !== undefined && 't' in made ? made.t : 0);
    if (call.phase === 'held') {
      flush();
      add(
        made !== undefined && 't' in made ? made.t : atNs,
        'hold',
        `${call.label} begins, thread ${call.tid}`,
      );
      if (call.result !== null)
        add(call.result.endNs, 'hold', `the pending ${call.label} returns: ${outcomeText(call.result)}`);
      continue;
    }
    if (call.result === null) {
      flush();
      add(atNs, 'hold', `${WORDS[call.phase]}: ${call.label} does not return`);
      continue;
    }
    if (group === undefined || group.phase !== call.phase || isSplit(events, group.atNs, atNs)) {
      flush();
      group = { phase: call.phase, atNs, parts: [] };
    }
    group.parts.push(partOf(call, call.result));
  }
  flush();
}

/** A call in a few words: what was as one would think is left out, and `ioctl` goes without saying. */
function partOf({ label, op, phase }: Call, result: ReturnEvent): string {
  const name = op === 'ioctl' && label !== 'ioctl' ? label.slice('ioctl '.length) : label;
  const outcome = outcomeText(result);
  const isUsual = !result.errno && (phase === 'before' || phase === 'open' || phase === 'close');
  return isUsual || outcome === '' ? name : `${name} ${outcome}`;
}

/** A call that says nothing beyond its phase (`opens: open`) is left out. */
function groupText({ phase, parts }: Group, device: string | null): string {
  const telling = parts.filter((part) => part !== phase);
  const what = phase === 'open' && device !== null ? ` ${device}` : '';
  return `${WORDS[phase]}${what}${telling.length === 0 ? '' : `: ${merged(telling)}`}`;
}

const WORDS: Readonly<Record<Call['phase'], string>> = {
  open: 'opens',
  before: 'works',
  held: 'pending',
  after: 'used again',
  close: 'closes',
  removal: 'removes',
};

/** Whether a command stands between two calls: then they belong to two steps. */
function isSplit(events: readonly WorkloadEvent[], fromNs: number, toNs: number): boolean {
  return events.some((event) => event.ev === 'command' && event.t > fromNs && event.t <= toNs);
}

/** `a x 3` in place of `a, a, a`. */
function merged(parts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts].map(([part, count]) => (count === 1 ? part : `${part} (${count} times)`)).join(', ');
}

/** Calls that raced with the removal are counted by the guest, not told one by one. */
function addRaced(events: readonly WorkloadEvent[], add: Add): void {
  const raced = events.filter((event) => event.ev === 'raced');
  const last = raced.at(-1);
  if (last === undefined) return;
  const parts = raced.map(({ op, errno, count }) => `${op} ${errno ?? 'success'} ×${count}`);
  add(last.t, 'hold', `raced with the removal: ${parts.join(', ')}`);
}

function addEvent(event: WorkloadEvent, add: Add): void {
  switch (event.ev) {
    case 'held': {
      const where = event.wchan === '' ? '' : ` in ${event.wchan}`;
      const state = event.state === '-' || event.state === '' ? 'nothing pending' : `${event.state}${where}`;
      add(event.t, 'hold', `held: thread ${event.tid}, ${state}`);
      return;
    }
    case 'command': {
      const what = ENDING[event.name];
      if (event.source === 'hold' && what !== undefined) add(event.t, 'unplug', what);
      return;
    }
    case 'done':
      if (event.completed === false) add(event.t, 'hold', `gives up waiting for '${event.name}'`);
      return;
    case 'fault':
      add(event.t, 'hold', `fault: ${event.what}${event.errno ? ` (${event.errno})` : ''}`);
      return;
    default:
      return;
  }
}

/** The first look and every one that shows something else; the last tells how long that went on. */
function addLooks(who: string, observations: readonly Observation[], add: Add): void {
  let before: string | undefined;
  for (const look of observations) {
    const { where, how } = waitingPlace([look]);
    const text = look.state === '-' ? 'gone' : `${how} in ${where}`;
    if (text !== before) add(look.atNs, 'look', `${who}: ${text}`);
    before = text;
  }
}

/** A moment of the host as one of the guest, by the event that the host read last before it. */
function guestNs(events: readonly WorkloadEvent[], hostMs: number): number | null {
  const near = events.findLast((event) => 't' in event && event.hostMs <= hostMs);
  return near !== undefined && 't' in near ? near.t + (hostMs - near.hostMs) * 1e6 : null;
}

/** One line for all reports of one cause: with kasan_multi_shot one gives dozens. */
function byCause(splats: readonly Splat[]): readonly { readonly splat: Splat; readonly count: number }[] {
  const groups = new Map<string, Splat[]>();
  for (const splat of splats) {
    const key = dedupKey(splat);
    groups.set(key, [...(groups.get(key) ?? []), splat]);
  }
  return [...groups.values()].map((group) => ({ splat: group[0] as Splat, count: group.length }));
}
