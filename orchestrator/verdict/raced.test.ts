import t from 'tap';
import type { RacedEvent } from './events.ts';
import { isRace, judgeRaced } from './raced.ts';

const raced = (op: string, errno: string | undefined, count = 7): RacedEvent => ({
  ev: 'raced',
  source: 'hold',
  hostMs: 1,
  t: 1,
  op,
  count,
  ...(errno === undefined ? {} : { errno }),
});

t.test('what a contract allows of a call during or after the removal may come while it goes', async (t) => {
  const events = [
    raced('open', undefined),
    raced('open', 'ENOENT'),
    raced('open', 'EBUSY'),
    raced('ioctl', 'ENODEV'),
    raced('read', 'EAGAIN'),
    raced('read', 'ENODEV'),
    raced('close', undefined),
  ];
  t.same(judgeRaced(events, 'gpio-cdev'), { findings: [], notes: [] });
});

t.test('any other error breaks it, and is told with its line and how often it came', async (t) => {
  const { findings } = judgeRaced([raced('open', 'ENOENT'), raced('ioctl', 'EFAULT', 3)], 'gpio-cdev');
  t.match(findings, [
    {
      oracle: 'contract',
      verdict: 'fail',
      summary: 'ioctl racing with the removal: EFAULT, allowed is success, ENODEV',
      evidence: ['events.jsonl:2 ioctl: EFAULT, 3 times'],
    },
  ]);
  t.equal(findings.length, 1);
  t.equal(judgeRaced([raced('close', 'EIO')], 'gpio-cdev').findings.length, 1, 'a close always works');
});

t.test("a suite's own contract goes before the table", async (t) => {
  const own = [{ when: 'after', op: 'ioctl', allow: { errnos: ['ESHUTDOWN'] }, source: 'a series' }] as const;
  t.same(judgeRaced([raced('ioctl', 'ESHUTDOWN')], 'gpio-cdev', own).findings, []);
  t.equal(judgeRaced([raced('ioctl', 'ENODEV')], 'gpio-cdev', own).findings.length, 1);
});

t.test('an operation that has no contract is noted', async (t) => {
  t.same(judgeRaced([raced('ioctl', 'EIO')], 'no-such-class'), {
    findings: [],
    notes: ['no contract for ioctl on no-such-class'],
  });
});

t.test('races by name', async (t) => {
  t.same(['t0-idle', 't5-open', 't6-dup', 't7-close'].map(isRace), [false, true, false, true]);
});
