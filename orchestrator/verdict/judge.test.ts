/**
 * Cases as they lie on disk with their verdicts, and what becomes of them when evidence is changed or taken away. The
 * cases in testdata were written after what the guest programs print; their crash and hang consoles are those of
 * orchestrator/oops/testdata.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ReturnEvent, WorkloadEvent } from './events.ts';
import { judgeConsole, serialiseVerdict } from './judge.ts';
import type { CaseRecord, HealthSample } from './record.ts';
import { caseRecordSchema, guestLineToEvent, workloadEventSchema } from './schema.ts';
import type { VerdictRecord } from './verdict.ts';

const DATA = join(import.meta.dirname, 'testdata');

/** A recorded case, open for changes. */
interface Recorded {
  record: CaseRecord;
  events: WorkloadEvent[];
  console: string;
}

function load(name: string): Recorded {
  const read = (file: string): string => readFileSync(join(DATA, name, file), 'utf8');
  const lines = read('events.jsonl')
    .split('\n')
    .filter((line) => line !== '');
  return {
    record: caseRecordSchema.parse(JSON.parse(read('record.json'))),
    events: lines.map((line) => workloadEventSchema.parse(JSON.parse(line))),
    console: read('console.log'),
  };
}

/** The verdict of a recorded case after a change; the evidence itself must not be changed by judging. */
function after(name: string, change: (recorded: Recorded) => void): VerdictRecord {
  const recorded = load(name);
  change(recorded);
  const before = JSON.stringify(recorded);
  const verdict = judgeConsole(recorded.record, recorded.events, recorded.console);
  if (JSON.stringify(recorded) !== before) throw new Error('judging changed the evidence');
  return verdict;
}

/** `hang: removal stuck in …`, for short tables. */
function line({ verdict, title }: VerdictRecord): string {
  return title === '' ? verdict : `${verdict}: ${title}`;
}

const patch = <K extends 'removal' | 'user' | 'health' | 'console'>(
  recorded: Recorded,
  key: K,
  values: Partial<NonNullable<CaseRecord[K]>>,
): void => {
  const old = recorded.record[key];
  if (old === null) throw new Error(`the record has no ${key}`);
  recorded.record = { ...recorded.record, [key]: { ...old, ...values } };
};

/** Changes the return of the first call that fits. */
const giveBack = (
  recorded: Recorded,
  fits: (event: ReturnEvent) => boolean,
  values: Partial<ReturnEvent>,
): void => {
  const index = recorded.events.findIndex((event) => event.ev === 'return' && fits(event));
  const old = recorded.events[index];
  if (old?.ev !== 'return') throw new Error('no such return');
  recorded.events[index] = { ...old, ...values };
};

const drop = (recorded: Recorded, fits: (event: WorkloadEvent) => boolean): void => {
  const left = recorded.events.filter((event) => !fits(event));
  if (left.length === recorded.events.length) throw new Error('nothing to drop');
  recorded.events = left;
};

const isCall = (event: WorkloadEvent, phase: string): boolean =>
  (event.ev === 'call' || event.ev === 'return') && event.source === 'hold' && event.phase === phase;

const KASAN = readFileSync(join(DATA, 'crash', 'console.log'), 'utf8');
const INFRA = { code: 'GUEST', message: 'SSH connection lost\nlast words', phase: 'aftermath' } as const;
const SECOND = 1e9;

for (const name of readdirSync(DATA)) {
  t.test(`recorded case ${name}; UPDATE_GOLDEN=1 writes its verdict anew`, async (t) => {
    const verdict = after(name, () => undefined);
    const text = serialiseVerdict(verdict);
    const golden = join(DATA, name, 'verdict.json');
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    t.equal(text, readFileSync(golden, 'utf8'));
    t.equal(verdict.verdict, name === 'user-stuck' ? 'hang' : name.split('-')[0]);
  });
}

t.test('what can not be judged is an error, never a pass', async (t) => {
  const asked = load('pass').record.removal?.askedNs ?? 0;
  const changes: readonly [string, (recorded: Recorded) => void][] = [
    ['GUEST in phase aftermath: SSH connection lost', (r) => (r.record = { ...r.record, infra: INFRA })],
    ['there is no console', (r) => (r.record = { ...r.record, console: null })],
    [
      'the console is not complete: a report may have been missed',
      (r) => patch(r, 'console', { complete: false }),
    ],
    ['no removal was recorded', (r) => (r.record = { ...r.record, removal: null })],
    ['there is no word of the user', (r) => (r.record = { ...r.record, user: null })],
    ['health before the case is not known', (r) => (r.record = { ...r.record, health: null })],
    ['health after the case is not known', (r) => patch(r, 'health', { after: null })],
    ['the held state was never observed', (r) => drop(r, (event) => event.ev === 'held')],
    [
      'the removal was asked for before the held state was observed',
      (r) => (r.events = r.events.map((event) => (event.ev === 'held' ? { ...event, t: asked + 1 } : event))),
    ],
    ['the device was never used before the removal', (r) => drop(r, (event) => isCall(event, 'before'))],
    [
      'the device did not work before the removal: ioctl UNPLUG_FIXTURE_INFO gave EIO',
      (r) => giveBack(r, ({ op, phase }) => op === 'ioctl' && phase === 'before', { ret: -1, errno: 'EIO' }),
    ],
    [
      'the device did not work before the removal: poll gave POLLHUP',
      (r) =>
        giveBack(r, ({ op, phase }) => op === 'poll' && phase === 'before', { ret: 1, revents: ['POLLHUP'] }),
    ],
    [
      'program hold printed something that is no event',
      (r) => r.events.push(guestLineToEvent('{"t":1', 'hold', 1)),
    ],
    [
      'program remove reports a fault: fcntl O_NONBLOCK (EBADF)',
      (r) =>
        r.events.push({
          ev: 'fault',
          source: 'remove',
          hostMs: 1,
          t: 1e12,
          what: 'fcntl O_NONBLOCK',
          errno: 'EBADF',
        }),
    ],
    [
      'events of program hold are out of order',
      (r) => r.events.push({ ev: 'end', source: 'hold', hostMs: 1, t: 1, code: 0 }),
    ],
    [
      'the removal was refused with EBUSY: nothing was taken away',
      (r) => patch(r, 'removal', { errno: 'EBUSY' }),
    ],
    ['when the removal returned is not known', (r) => patch(r, 'removal', { returnedNs: null })],
    [
      "unplug ended the removal's wait before the bound of 12 s",
      (r) => patch(r, 'removal', { endedBy: 'kill', endedAtNs: asked + 3 * SECOND }),
    ],
    [
      'no use after the removal was recorded: ioctl, read, poll, mmap',
      (r) => drop(r, (event) => isCall(event, 'after') && 'op' in event && event.op !== 'open'),
    ],
    ['the held device was never closed', (r) => drop(r, (event) => isCall(event, 'close'))],
    [
      'the pending read had returned before the removal was asked for: ENODEV',
      (r) => giveBack(r, ({ phase }) => phase === 'held', { endNs: asked - 1 }),
    ],
    ['how the pending call ended is not known', (r) => patch(r, 'user', { endedBy: null })],
    [
      "unplug ended the user's wait before the bound of 5 s",
      (r) => patch(r, 'user', { endedBy: 'kill', endedAtNs: (r.record.removal?.returnedNs ?? 0) + SECOND }),
    ],
    [
      'a call returned that was never made',
      (r) => drop(r, (event) => event.ev === 'call' && event.phase === 'close'),
    ],
    [
      'the removal returned, but nobody saw the device go',
      (r) =>
        (r.events = r.events.map((event) =>
          event.ev === 'return' && event.phase === 'after'
            ? { ...event, ret: 0, errno: null, revents: null }
            : event,
        )),
    ],
    [
      'the guest could not start a process before the case',
      (r) => patch(r, 'health', { before: { ...(r.record.health?.before as HealthSample), forked: false } }),
    ],
    [
      'lockdep was off before the case: what is clean under it proves nothing',
      (r) => patch(r, 'health', { before: { ...(r.record.health?.before as HealthSample), lockdep: false } }),
    ],
    [
      'lockdep went off and no kernel report explains it',
      (r) => patch(r, 'health', { after: { ...(r.record.health?.after as HealthSample), lockdep: false } }),
    ],
    [
      'the kernel tainted itself (W: warning) and no report of it was found',
      (r) =>
        patch(r, 'health', { after: { ...(r.record.health?.after as HealthSample), tainted: 4096 + 512 } }),
    ],
  ];
  for (const [title, change] of changes) t.equal(line(after('pass', change)), `error: ${title}`);
  for (const [title, change] of changes) {
    // The same on a case that fails: a part that is missing may hide something worse.
    if (/^(?:health|lockdep|there is no console|the console)/.test(title))
      t.equal(after('fail', change).verdict, 'error', title);
  }
});

t.test('a crash is never hidden', async (t) => {
  const crash = 'crash: KASAN: slab-use-after-free Read in unplug_fixture_read';
  t.equal(line(after('crash', (r) => (r.record = { ...r.record, infra: INFRA }))), crash);
  t.equal(line(after('crash', (r) => patch(r, 'console', { complete: false }))), crash);
  t.equal(line(after('crash', (r) => (r.events = []))), crash);
  t.equal(line(after('hang', (r) => (r.console += KASAN))), crash);
  t.equal(line(after('fail', (r) => (r.console += KASAN))), crash);
  // A report before the removal counts too, and lockdep that went off because of one is no error.
  const early = after('pass', (r) => {
    r.console = KASAN;
    patch(r, 'console', { removalStartByte: KASAN.length + 1 });
    patch(r, 'health', { after: { forked: true, tainted: 4096 + 32, lockdep: false } });
  });
  t.equal(line(early), crash);
  t.equal(early.splats[0]?.when, 'before-removal');
  t.same(
    early.findings.map((finding) => finding.oracle),
    ['splat'],
  );
});

t.test('our own trouble that a hung kernel explains is a hang', async (t) => {
  const verdict = after('hang', (r) => (r.record = { ...r.record, infra: INFRA }));
  t.equal(verdict.verdict, 'hang');
  t.match(verdict.oracles[0]?.note, /SSH connection lost/);
});

t.test('equal reports are one finding', async (t) => {
  const verdict = after('crash', (r) => (r.console = KASAN + KASAN + KASAN));
  t.same(
    verdict.splats.map((splat) => splat.count),
    [3],
  );
  t.match(verdict.findings[0]?.evidence[0], /and 2 more of the same title/);
});

t.test('a skip is a skip', async (t) => {
  const skipped = after('pass', (r) => {
    r.record = {
      ...r.record,
      skip: { reason: 'the kernel lacks CONFIG_X' },
      console: null,
      removal: null,
      user: null,
      health: null,
    };
    r.events = [];
    r.console = '';
  });
  t.equal(line(skipped), 'skip: the kernel lacks CONFIG_X');
});

t.test('with any event of a call taken away, or all after some point, a case does not pass', async (t) => {
  const { events } = load('pass');
  const matters = (event: WorkloadEvent): boolean =>
    event.source === 'hold' && ['call', 'return', 'held'].includes(event.ev);
  const lastReturn = events.findLastIndex((event) => event.ev === 'return' && event.source === 'hold');
  for (const index of events.keys()) {
    if (matters(events[index] as WorkloadEvent)) {
      t.not(
        after('pass', (r) => void r.events.splice(index, 1)).verdict,
        'pass',
        `without event ${index + 1}`,
      );
    }
    t.not(
      after('fail', (r) => void r.events.splice(index, 1)).verdict,
      'pass',
      `fail without event ${index + 1}`,
    );
    if (index <= lastReturn)
      t.not(after('pass', (r) => void r.events.splice(index)).verdict, 'pass', `up to ${index}`);
  }
});

t.test('a return that is not that of its call', async (t) => {
  const other = after('pass', (r) => giveBack(r, ({ phase }) => phase === 'close', { op: 'read' }));
  t.equal(line(other), 'error: a call returned that was never made');
});
