/**
 * A case that passes, with its record and events changed one field at a time: where evidence goes missing or says
 * something else, it does not pass. What may change without that is listed here, with the reason.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { WorkloadEvent } from './events.ts';
import { judgeConsole } from './judge.ts';
import { caseRecordSchema, guestLineToEvent, workloadEventSchema } from './schema.ts';
import type { VerdictRecord } from './verdict.ts';

const FOLDER = join(import.meta.dirname, 'testdata', 'pass');
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const RECORD = JSON.parse(read('record.json')) as Json;
const EVENTS = read('events.jsonl').trim().split('\n');
const CONSOLE = read('console.log');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = readonly (string | number)[];

/** `unreadable`: the store refuses such a file, and says where. */
function verdictOf(record: unknown, lines: readonly string[]): VerdictRecord | 'unreadable' {
  const parsed = caseRecordSchema.safeParse(record);
  const events = lines.map((line) => workloadEventSchema.safeParse(JSON.parse(line)));
  if (!parsed.success || events.some(({ success }) => !success)) return 'unreadable';
  return judgeConsole(
    parsed.data,
    events.map(({ data }) => data as WorkloadEvent),
    CONSOLE,
  );
}

const passes = (record: unknown, lines: readonly string[]): boolean => {
  const verdict = verdictOf(record, lines);
  return verdict !== 'unreadable' && verdict.verdict === 'pass';
};

/** Paths to all values, those that hold others too. */
function pathsOf(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [
    ...(path.length === 0 ? [] : [path]),
    ...inner.flatMap(([key, one]) => pathsOf(one as Json, [...path, key])),
  ];
}

/** A copy with one value changed; `undefined` takes it away. */
function changed(value: Json, [key, ...rest]: Path, change: (old: Json) => Json | undefined): Json {
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, Json>;
  const old = copy[key as string] as Json;
  const next = rest.length === 0 ? change(old) : changed(old, rest, change);
  if (next === undefined) delete copy[key as string];
  else copy[key as string] = next;
  return copy as Json;
}

const NOTHING = [() => undefined, () => null, (old: Json) => (Array.isArray(old) ? [] : old)] as const;

/** About the machine and the run, or words for the reader: no oracle asks for it. */
const NO_EVIDENCE =
  /^(?:suite|variant|kernel|profile|accelerator|machine|startedAt|device|phases|tests|diagnosis|skip|infra)\b|^case\.name$|^removal\.(?:mechanism|action|hostSawGoneMs|guestSawGoneNs|observations|errno|endedAtNs)$|^user\.(?:pid|tid|observations|endedAtNs)$|^health\.failure$|^health\.(?:before|after)\.(?:tainted|lockdep)$|^console\.bytes$|^console\.removalStartByte$|^removal\.pid$/;

t.test('unchanged it passes', async (t) => {
  t.ok(passes(RECORD, EVENTS));
});

t.test('with any part of the record that is evidence gone, it does not pass', async (t) => {
  let count = 0;
  for (const path of pathsOf(RECORD)) {
    const name = path.join('.');
    if (NO_EVIDENCE.test(name)) continue;
    for (const change of NOTHING) {
      const record = changed(RECORD, path, change);
      if (JSON.stringify(record) === JSON.stringify(RECORD)) continue;
      count++;
      t.notOk(passes(record, EVENTS), `${name} ${JSON.stringify(change(null) ?? 'gone')}`);
    }
  }
  t.ok(count > 20);
});

t.test('what the record says instead decides as well', async (t) => {
  for (const [path, value] of [
    [['removal', 'endedBy'], 'kill'],
    [['removal', 'endedBy'], 'never'],
    [['removal', 'errno'], 'EBUSY'],
    [['removal', 'returnedNs'], 1e15],
    [['removal', 'askedNs'], 1],
    [['user', 'endedBy'], 'interrupt'],
    [['user', 'endedBy'], 'never'],
    [['console', 'complete'], false],
    [['health', 'failure'], 'no answer within 10 s'],
    [['health', 'before', 'forked'], false],
    [['health', 'before', 'lockdep'], false],
    [['health', 'after', 'forked'], false],
    [['health', 'after', 'lockdep'], false],
    [['health', 'after', 'tainted'], 4096 + 128],
    [['limits', 'removalMs'], 1],
    [['infra'], { code: 'GUEST', message: 'x', phase: 'hold' }],
    [['skip'], { reason: 'x' }],
  ] as const)
    t.notOk(
      passes(
        changed(RECORD, path, () => value as Json),
        EVENTS,
      ),
      `${path.join('.')}: ${JSON.stringify(value)}`,
    );
});

t.test('without any line of the hold or the remover, it does not pass', async (t) => {
  for (const [index, line] of EVENTS.entries()) {
    const { source, ev } = JSON.parse(line) as { source: string; ev: string };
    if (source !== 'hold' && source !== 'remove') continue;
    // The removal's own calls are in the record.
    if (source === 'remove' && ev === 'call') continue;
    const without = EVENTS.filter((_, at) => at !== index);
    if (source === 'remove' && ev === 'return') continue;
    t.notOk(passes(RECORD, without), `line ${index + 1}, ${source} ${ev}`);
  }
});

t.test('a program that dies: all after some line is gone', async (t) => {
  for (const source of ['hold', 'remove']) {
    const own = EVENTS.flatMap((line, index) => (JSON.parse(line).source === source ? [index] : []));
    for (const from of own) {
      const left = EVENTS.filter((line, index) => index < from || JSON.parse(line).source !== source);
      t.notOk(passes(RECORD, left), `${source} dies before line ${from + 1}`);
    }
  }
  const ended = EVENTS.map((line) => {
    const event = JSON.parse(line);
    return event.ev === 'end' && event.source === 'hold' ? JSON.stringify({ ...event, code: 139 }) : line;
  });
  const verdict = verdictOf(RECORD, ended);
  t.match(verdict, { verdict: 'error', title: 'program hold ended with 139' });
});

t.test('lines in another order', async (t) => {
  for (const [index, line] of EVENTS.entries()) {
    const event = JSON.parse(line) as { source: string; ev: string };
    const next = EVENTS[index + 1] === undefined ? undefined : JSON.parse(EVENTS[index + 1] as string);
    if (event.source !== 'hold' || next?.source !== 'hold') continue;
    const swapped = [...EVENTS];
    swapped[index] = EVENTS[index + 1] as string;
    swapped[index + 1] = line;
    t.notOk(passes(RECORD, swapped), `lines ${index + 1} and ${index + 2}`);
  }
});

t.test('garbage of any kind between the lines', async (t) => {
  for (const text of [
    '',
    '{',
    'null',
    '{"ev":"return"}',
    '\u0000',
    'x'.repeat(5000),
    '[]',
    '{"ev":"held","t":1}',
  ]) {
    const event = guestLineToEvent(text, 'hold', 1);
    t.equal(event.ev, 'garbage');
    const parsed = caseRecordSchema.parse(RECORD);
    const events = EVENTS.map((line) => workloadEventSchema.parse(JSON.parse(line)));
    const verdict = judgeConsole(parsed, [...events, event], CONSOLE);
    t.match(verdict, { verdict: 'error', title: 'program hold printed something that is no event' });
  }
});

t.test('an event whose fields are gone or other', async (t) => {
  let count = 0;
  for (const [index, line] of EVENTS.entries()) {
    const event = JSON.parse(line) as { [key: string]: Json };
    if (
      event['source'] !== 'hold' ||
      !['call', 'return', 'held', 'done', 'command'].includes(String(event['ev']))
    )
      continue;
    for (const key of Object.keys(event)) {
      // Kept for the reader, or asked for only where unplug acted; errno of a read that was to find nothing.
      if (
        [
          'hostMs',
          'fd',
          'syscall',
          'name',
          'state',
          'wchan',
          'returned',
          'completed',
          'blockedReturned',
          'tid',
        ].includes(key)
      )
        continue;
      const isCheck = (key === 'errno' || key === 'revents') && event['phase'] === 'before';
      if (isCheck || (key === 'ret' && event['errno'] !== undefined)) continue;
      const { [key]: _gone, ...rest } = event;
      const lines = [...EVENTS];
      lines[index] = JSON.stringify(rest);
      count++;
      t.notOk(passes(RECORD, lines), `line ${index + 1} without ${key}`);
    }
  }
  t.ok(count > 100);
});
