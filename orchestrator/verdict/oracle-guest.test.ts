/** What becomes of recorded cases whose guest did not answer any more. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { WorkloadEvent } from './events.ts';
import { judgeConsole } from './judge.ts';
import type { CaseRecord, DiagnosisKind, DiagnosisRecord } from './record.ts';
import { caseRecordSchema, workloadEventSchema } from './schema.ts';
import type { VerdictRecord } from './verdict.ts';

const DATA = join(import.meta.dirname, 'testdata');
const read = (name: string, file: string): string => readFileSync(join(DATA, name, file), 'utf8');
const KASAN = read('crash', 'console.log');

interface Recorded {
  record: CaseRecord;
  events: WorkloadEvent[];
  console: string;
}

function load(name: string): Recorded {
  const lines = read(name, 'events.jsonl').trimEnd().split('\n');
  return {
    record: caseRecordSchema.parse(JSON.parse(read(name, 'record.json'))),
    events: lines.filter((line) => line !== '').map((line) => workloadEventSchema.parse(JSON.parse(line))),
    console: read(name, 'console.log'),
  };
}

/** The verdict of a recorded case after a change of its record and with another console. */
function after(name: string, change: Partial<CaseRecord>, console?: string): VerdictRecord {
  const recorded = load(name);
  return judgeConsole({ ...recorded.record, ...change }, recorded.events, console ?? recorded.console);
}

const line = ({ verdict, title }: VerdictRecord): string => `${verdict}: ${title}`;

const diagnosed = (kind: DiagnosisKind, nmiStartByte: number | null = null): DiagnosisRecord => ({
  kind,
  summary: `it is ${kind}`,
  evidence: ['a line'],
  nmiStartByte,
});

const KINDS: Readonly<Record<DiagnosisKind, 'hang' | 'error'>> = {
  'frozen-spinning': 'hang',
  'frozen-halted': 'hang',
  'no-userspace': 'hang',
  'server-dead': 'error',
  'qemu-ended': 'error',
  'qemu-stopped': 'error',
  'qemu-stuck': 'error',
  paused: 'error',
};
const KINDS_LIST = Object.keys(KINDS) as DiagnosisKind[];
const INFRA = { code: 'GUEST', message: 'SSH connection lost', phase: 'remove' } as const;

t.test('each kind is the kernel’s hang or an error; none is a pass, and none hides a crash', async (t) => {
  for (const kind of KINDS_LIST) {
    const diagnosis = diagnosed(kind);
    const plain = `${KINDS[kind]}: it is ${kind}`;
    for (const infra of [INFRA, null]) {
      t.equal(line(after('pass', { diagnosis, infra })), plain);
      const lost = { ...load('pass').record.console, complete: false } as CaseRecord['console'];
      t.equal(line(after('pass', { diagnosis, infra, console: lost })), plain);
      t.equal(
        line(after('pass', { diagnosis, infra }, KASAN)),
        'crash: KASAN: slab-use-after-free Read in unplug_fixture_read',
      );
    }
  }
});

t.test('what failed because of it is a note, not a finding', async (t) => {
  const verdict = after('pass', { diagnosis: diagnosed('frozen-halted'), infra: INFRA });
  t.same(
    verdict.findings.map(({ oracle }) => oracle),
    ['guest'],
  );
  t.match(verdict.oracles[1], {
    oracle: 'evidence',
    note: /^follows from the state of the guest: GUEST in phase remove: SSH connection lost/,
  });
  const { health } = load('pass').record;
  const silent = { ...health, before: health?.before ?? null, after: null, failure: 'no answer' };
  const first = after('pass', { diagnosis: diagnosed('frozen-halted'), health: silent });
  t.equal(line(first), 'hang: it is frozen-halted');
  t.same(
    first.findings.map(({ oracle }) => oracle),
    ['guest', 'health'],
  );
});

t.test('an end of QEMU that the kernel itself announced', async (t) => {
  const panic = [
    '[    1.0][    T1] running\n',
    '[    6.1][  T160] Kernel panic - not syncing: Fatal exception\n',
    '[    6.2][  T160] Kernel Offset: disabled\n',
  ].join('');
  const ended = { diagnosis: diagnosed('qemu-ended'), infra: INFRA };
  t.equal(after('pass', ended, panic).verdict, 'crash');
  t.equal(after('pass', ended).verdict, 'error');
  // A task that hangs explains why nothing answers any more.
  const hung = after('pass', ended, read('hang', 'console.log'));
  t.equal(hung.verdict, 'hang');
  t.match(hung.oracles[0]?.note, /^explained by the kernel's report: qemu-ended/);
});

t.test('what the kernel says to our NMI is no finding; what it said before is', async (t) => {
  const { record, events, console } = load('hang-frozen-spinning');
  const start = record.diagnosis?.nmiStartByte ?? 0;
  t.equal(console.slice(start).includes('Kernel panic'), true);
  t.same(judgeConsole(record, events, console).splats, []);
  t.same(
    judgeConsole(record, events, Buffer.from(console)),
    judgeConsole(record, events, console),
    'bytes and text are the same',
  );
  const uncut = { ...record, diagnosis: { ...(record.diagnosis as DiagnosisRecord), nmiStartByte: null } };
  t.match(line(judgeConsole(uncut, events, console)), /^crash: /, 'without the cut it would be one');
  const diagnosis = diagnosed('frozen-spinning', Buffer.byteLength(KASAN));
  const both = judgeConsole({ ...record, diagnosis }, events, KASAN + console.slice(start));
  t.equal(line(both), 'crash: KASAN: slab-use-after-free Read in unplug_fixture_read');
  t.same(
    both.findings.map(({ oracle }) => oracle),
    ['splat', 'guest'],
  );
  t.equal(both.splats.length, 1);
});

t.test('the kernel’s own tests', async (t) => {
  const diagnosis = diagnosed('frozen-spinning');
  t.equal(line(after('hang-selftest', { diagnosis })), 'hang: it is frozen-spinning');
  t.equal(line(after('pass-selftest', { diagnosis, infra: INFRA })), 'hang: it is frozen-spinning');
  t.equal(line(after('pass-kunit', { diagnosis: diagnosed('qemu-stopped') })), 'error: it is qemu-stopped');
  // Results behind the NMI are no results.
  const cut = after('pass-kunit', { diagnosis: diagnosed('frozen-spinning', 0) });
  t.equal(cut.tests?.total, 0);
});

t.test('records and verdicts of before there were diagnoses', async (t) => {
  const old = JSON.parse(read('pass', 'record.json')) as Record<string, unknown>;
  t.notOk('diagnosis' in old);
  t.equal(caseRecordSchema.parse(old).diagnosis, null);
  t.throws(() => caseRecordSchema.parse({ ...old, diagnosis: { ...diagnosed('paused'), kind: 'odd' } }));
  const { events, console } = load('pass');
  const record = { ...load('pass').record, diagnosis: null };
  t.notOk(judgeConsole(record, events, console).oracles.some(({ oracle }) => oracle === 'guest'));
});
