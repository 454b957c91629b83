/** Each oracle on recorded cases that were changed a little. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ReturnEvent, WorkloadEvent } from './events.ts';
import { judgeConsole } from './judge.ts';
import type { CaseRecord, HealthSample } from './record.ts';
import { caseRecordSchema, workloadEventSchema } from './schema.ts';
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
  const lines = read('events.jsonl').trimEnd().split('\n');
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

const SECOND = 1e9;

t.test('the remover', async (t) => {
  const asked = load('pass').record.removal?.askedNs ?? 0;
  const slow = after('pass', (r) => patch(r, 'removal', { returnedNs: asked + 13 * SECOND }));
  t.equal(line(slow), 'hang: removal stuck in ? (not looked at)');
  t.same(slow.timings.removal, { ns: 13 * SECOND });
  // On the bound is in time.
  const just = after('pass', (r) => patch(r, 'removal', { returnedNs: asked + 12 * SECOND }));
  t.notOk(just.findings.some((finding) => finding.oracle === 'remover-stuck'));
  const stuck = after('hang', () => undefined);
  t.equal(stuck.title, 'removal stuck in gpiochip_remove (D, __synchronize_srcu)');
  t.ok('censoredAboveNs' in (stuck.timings.removal ?? {}));
  t.ok(stuck.altTitles.includes('INFO: task hung in synchronize_srcu'));
  // The guest's clock may lag a little behind the host's timer.
  const hungAsked = load('hang').record.removal?.askedNs ?? 0;
  const lag = (share: number): VerdictRecord =>
    after('hang', (r) => {
      r.console = '';
      drop(r, (event) => event.ev === 'command' && event.name === 'interrupt');
      patch(r, 'removal', { endedAtNs: hungAsked + share * 12 * SECOND });
    });
  t.equal(lag(0.99).verdict, 'hang');
  t.equal(lag(0.9).verdict, 'error');
  const never = after('hang', (r) =>
    patch(r, 'removal', { endedBy: 'never', returnedNs: null, endedAtNs: hungAsked + 20 * SECOND }),
  );
  t.equal(never.verdict, 'hang');
  t.same(never.timings.removal, { censoredAboveNs: 20 * SECOND });
});

t.test('the lower bound of a wait ends where unplug acted, not where it noticed the end', async (t) => {
  const recorded = load('hang-until-close');
  const { removal } = after('hang-until-close', (r) =>
    patch(r, 'removal', { endedAtNs: (r.record.removal?.endedAtNs ?? 0) + 5 * SECOND }),
  ).timings;
  const command = recorded.events.find((event) => event.ev === 'command' && event.name === 'close');
  t.same(removal, {
    censoredAboveNs: (command?.ev === 'command' ? command.t : 0) - (recorded.record.removal?.askedNs ?? 0),
  });
});

t.test('the user', async (t) => {
  t.match(
    line(after('user-stuck', () => undefined)),
    /^hang: user stuck in read in unplug_fixture_read \(S\)/,
  );
  const late = after('pass', (r) => {
    const endNs = (r.record.removal?.returnedNs ?? 0) + 6 * SECOND;
    giveBack(r, ({ phase }) => phase === 'held', { endNs });
  });
  t.match(line(late), /^hang: user stuck in read/);
  const blocked = after('pass', (r) => {
    drop(r, (event) => event.ev === 'return' && event.phase === 'close');
    r.events = r.events.map((event) =>
      event.ev === 'done' && event.name === 'close' ? { ...event, completed: false } : event,
    );
  });
  t.equal(line(blocked), 'hang: close after the removal does not return');
});

t.test('the contract', async (t) => {
  const reopened = after('pass', (r) =>
    giveBack(r, ({ op, phase }) => op === 'open' && phase === 'after', { ret: 4, errno: null }),
  );
  t.equal(line(reopened), 'fail: open after removal: 4, allowed is ENOENT, ENODEV or ENXIO');
  const close = after('pass', (r) => giveBack(r, ({ op }) => op === 'close', { ret: -1, errno: 'EIO' }));
  t.equal(line(close), 'fail: close closing the held device: EIO, allowed is success');
  const bits = after('pass', (r) =>
    giveBack(r, ({ op, phase }) => op === 'poll' && phase === 'after', { revents: ['POLLHUP'] }),
  );
  t.equal(line(bits), 'fail: poll after removal: POLLHUP, allowed is POLLERR|POLLHUP');
  const more = after('pass', (r) =>
    giveBack(r, ({ op, phase }) => op === 'poll' && phase === 'after', {
      revents: ['POLLIN', 'POLLERR', 'POLLHUP'],
    }),
  );
  t.equal(more.verdict, 'pass');
  const sigbus = after('pass', (r) =>
    giveBack(r, ({ op, phase }) => op === 'mmap' && phase === 'after', { errno: 'SIGBUS' }),
  );
  t.equal(sigbus.verdict, 'pass');
  const held = after('pass', (r) => giveBack(r, ({ phase }) => phase === 'held', { errno: 'EINTR' }));
  t.equal(line(held), 'fail: read pending at the removal: EINTR, allowed is ENODEV');
  // A device that is still half there owes nothing yet.
  t.notOk(
    after('hang-until-close', () => undefined).findings.some((finding) => finding.oracle === 'contract'),
  );
});

t.test('health', async (t) => {
  const health = (values: Partial<HealthSample>): VerdictRecord =>
    after('pass', (r) =>
      patch(r, 'health', { after: { ...(r.record.health?.after as HealthSample), ...values } }),
    );
  t.equal(line(health({ forked: false })), 'hang: the guest can no longer start a process');
  t.equal(
    line(after('pass', (r) => patch(r, 'health', { after: null, failure: 'no answer within 30 s' }))),
    'hang: the guest no longer answers: no answer within 30 s',
  );
  // Taint alone is recorded and no failure.
  const tainted = health({ tainted: 4096 + 2 ** 20 });
  t.equal(tainted.verdict, 'pass');
  t.equal(tainted.oracles.find(({ oracle }) => oracle === 'health')?.note, 'taint 4096 → 1052672');
});
