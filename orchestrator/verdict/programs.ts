/** Whether the guest's programs did all that they should: a program that died has not said what it would have said. */
import type { EventSource, WorkloadEvent } from './events.ts';
import { type Evidence, removalWorked, unloadRefused } from './evidence.ts';

/** Summary, then evidence lines. */
type Missing = readonly [string, ...string[]];

/** What the hold's and the remover's events lack. Nothing is asked of programs that the kernel kept from ending. */
export function programTroubles({ record, events }: Evidence): readonly Missing[] {
  const over = removalWorked(record) || unloadRefused(record);
  const gaveUp = events.some((event) => event.ev === 'done' && event.completed === false);
  if (!over || gaveUp) return [];
  const missing: Missing[] = [...lifeOf('hold', events), ...unanswered(events)];
  // A removal from outside may need no program in the guest.
  const isThere = events.some((event) => event.source === 'remove');
  if (isThere || record.removal?.pid !== null) missing.push(...lifeOf('remove', events));
  return missing;
}

/** Each program says that it begins, and that it has come to its end with nothing left to do. */
function lifeOf(source: EventSource, events: readonly WorkloadEvent[]): readonly Missing[] {
  const own = events.map((event, index) => ({ event, index })).filter(({ event }) => event.source === source);
  const start = own.find(({ event }) => event.ev === 'start');
  const end = own.find(({ event }) => event.ev === 'end');
  const last = own.at(-1);
  const at = last === undefined ? [] : [`events.jsonl:${last.index + 1} ${last.event.ev} is the last of it`];
  if (start === undefined) return [[`program ${source} never said that it began`, ...at]];
  if (end?.event.ev !== 'end') return [[`program ${source} died: it never came to its end`, ...at]];
  const place = `events.jsonl:${end.index + 1}`;
  if (end.event.code !== 0) return [[`program ${source} ended with ${end.event.code}`, place]];
  return end === last ? [] : [[`program ${source} went on after its end`, ...at]];
}

/** Commands of the hold and the answers to them, which come in the same order. */
function unanswered(events: readonly WorkloadEvent[]): readonly Missing[] {
  const missing: Missing[] = [];
  const open = new Map<string, number>();
  for (const [index, event] of events.entries()) {
    if (event.source !== 'hold') continue;
    if (event.ev === 'command') open.set(event.name, index + 1);
    else if (event.ev === 'done' && !open.delete(event.name))
      missing.push([
        `program hold answered '${event.name}', which it was never told`,
        `events.jsonl:${index + 1}`,
      ]);
  }
  for (const [name, line] of open)
    missing.push([`program hold never said that it did '${name}'`, `events.jsonl:${line}`]);
  return missing;
}
