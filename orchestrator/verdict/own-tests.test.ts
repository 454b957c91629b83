/** Recorded cases of the kernel's own tests, changed a little: nothing that went wrong may look like a pass. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { WorkloadEvent } from './events.ts';
import { judgeConsole } from './judge.ts';
import type { CaseRecord, HealthSample } from './record.ts';
import { caseRecordSchema, workloadEventSchema } from './schema.ts';

const DATA = join(import.meta.dirname, 'testdata');
const read = (name: string, file: string): string => readFileSync(join(DATA, name, file), 'utf8');
const KASAN = read('crash', 'console.log');

interface Recorded {
  record: CaseRecord;
  events: WorkloadEvent[];
  console: string;
}

/** `fail: title`, of a recorded case after a change. */
function after(name: string, change: (recorded: Recorded) => void): string {
  const lines = read(name, 'events.jsonl')
    .split('\n')
    .filter((line) => line !== '');
  const recorded: Recorded = {
    record: caseRecordSchema.parse(JSON.parse(read(name, 'record.json'))),
    events: lines.map((line) => workloadEventSchema.parse(JSON.parse(line))),
    console: read(name, 'console.log'),
  };
  change(recorded);
  const { verdict, title } = judgeConsole(recorded.record, recorded.events, recorded.console);
  return title === '' ? verdict : `${verdict}: ${title}`;
}

const health = (recorded: Recorded, sample: Partial<HealthSample>): void => {
  const old = recorded.record.health;
  if (!old?.after) throw new Error('no health');
  recorded.record = { ...recorded.record, health: { ...old, after: { ...old.after, ...sample } } };
};
const exits = (recorded: Recorded, exitCode: number | null): void => {
  const { tests } = recorded.record;
  if (tests === null) throw new Error('no tests');
  recorded.record = { ...recorded.record, tests: { ...tests, exitCode } };
};
const prints = (recorded: Recorded, ...texts: readonly string[]): void => {
  const others = recorded.events.filter((event) => event.ev !== 'output');
  const output = texts.map((text): WorkloadEvent => ({ ev: 'output', source: 'selftest', hostMs: 1, text }));
  recorded.events = [...others, ...output];
};
const INFRA = { code: 'GUEST', message: 'SSH connection lost', phase: 'collect' } as const;

t.test('KUnit', async (t) => {
  const expected: readonly [string, string, (recorded: Recorded) => void][] = [
    // TAINT_TEST, and what else is no report's doing.
    ['pass', 'pass-kunit', (r) => health(r, { tainted: 2 ** 18 + 2 ** 12 + 2 ** 2 })],
    [
      'error: the kernel tainted itself (W: warning) and no report of it was found',
      'pass-kunit',
      (r) => health(r, { tainted: 2 ** 18 + 2 ** 9 }),
    ],
    [
      'error: lockdep went off and no kernel report explains it',
      'pass-kunit',
      (r) => health(r, { lockdep: false }),
    ],
    ['pass', 'pass-kunit', (r) => health(r, { lockdep: null })],
    ['hang: the guest can no longer start a process', 'pass-kunit', (r) => health(r, { forked: false })],
    [
      'error: health after the case is not known',
      'pass-kunit',
      (r) => (r.record = { ...r.record, health: null }),
    ],
    ['error: there is no console', 'pass-kunit', (r) => (r.record = { ...r.record, console: null })],
    [
      'error: GUEST in phase collect: SSH connection lost',
      'pass-kunit',
      (r) => (r.record = { ...r.record, infra: INFRA }),
    ],
    ['error: KUnit printed nothing on the console', 'pass-kunit', (r) => (r.console = 'kunit: disabled\n')],
    [
      'error: KUnit ran no suite revocable_test',
      'pass-kunit',
      (r) => (r.console = r.console.replaceAll('revocable_test\n', 'other_test\n')),
    ],
    [
      'crash: KASAN: slab-use-after-free Read in unplug_fixture_read',
      'skip-kunit',
      (r) => (r.console = KASAN + r.console),
    ],
    [
      'crash: KASAN: slab-use-after-free Read in unplug_fixture_read',
      'hang-kunit-boot',
      (r) => (r.console += KASAN),
    ],
    [
      'error: BOOT in phase boot: kunit/revocable_test: no "unplug: guest ready" on the console in time (after 2 min 0 s)',
      'hang-kunit-boot',
      (r) => (r.console = 'Linux version 6.12\n'),
    ],
    [
      'fail: revocable_test.revocable_test_basic: not ok',
      'fail-kunit',
      (r) => (r.console = r.console.replace('not ok 1 revocable_test\n', 'ok 1 revocable_test\n')),
    ],
  ];
  for (const [wanted, name, change] of expected) t.equal(after(name, change), wanted);
});

t.test('selftests', async (t) => {
  const ktap = ['TAP version 13', '1..2', 'ok 1 a', 'ok 2 b # SKIP no chip'];
  const expected: readonly [string, string, (recorded: Recorded) => void][] = [
    ['fail: gpio-cdev-uaf.sh: exit code 3', 'pass-selftest', (r) => exits(r, 3)],
    ['pass', 'pass-selftest', (r) => exits(r, 2)],
    ['error: how the program ended is not known', 'pass-selftest', (r) => exits(r, null)],
    ['skip: no reason given', 'skip-selftest', (r) => prints(r)],
    ['pass', 'pass-selftest', (r) => prints(r, ...ktap)],
    [
      'fail: gpio-cdev-uaf.sh ended with exit code 139',
      'pass-selftest',
      (r) => {
        prints(r, ...ktap);
        exits(r, 139);
      },
    ],
    ['error: KTAP ends after 1 of 2', 'pass-selftest', (r) => prints(r, ...ktap.slice(0, 3))],
    ['skip: no chip', 'pass-selftest', (r) => prints(r, 'TAP version 13', '1..1', 'ok 1 b # SKIP no chip')],
    ['skip: not here', 'pass-selftest', (r) => prints(r, 'TAP version 13', '1..0 # SKIP not here')],
    [
      'error: KTAP ends after 0 of 1',
      'pass-selftest',
      (r) => prints(r, 'TAP version 13', '1..1', 'Bail out! no'),
    ],
    [
      'crash: KASAN: slab-use-after-free Read in unplug_fixture_read',
      'skip-selftest',
      (r) => (r.console += KASAN),
    ],
    [
      'crash: KASAN: slab-use-after-free Read in unplug_fixture_read',
      'hang-selftest',
      (r) => (r.console += KASAN),
    ],
    [
      'hang: gpio-cdev-uaf.sh: a task stuck in ? (not looked at)',
      'hang-selftest',
      (r) => {
        const { tests } = r.record;
        if (tests !== null) r.record = { ...r.record, tests: { ...tests, endedBy: 'never', tasks: [] } };
      },
    ],
    ['error: no tests were recorded', 'pass-selftest', (r) => (r.record = { ...r.record, tests: null })],
  ];
  for (const [wanted, name, change] of expected) t.equal(after(name, change), wanted);
});

t.test('records of before there were other cases are removals', async (t) => {
  const old = JSON.parse(read('pass', 'record.json'));
  t.notOk('kind' in old.case || 'tests' in old);
  t.match(caseRecordSchema.parse(old), { case: { kind: 'removal' }, tests: null });
  t.throws(() => caseRecordSchema.parse({ ...old, case: { ...old.case, kind: 'other' } }));
});
