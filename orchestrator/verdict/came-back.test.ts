import t from 'tap';
import { cameBack, judgeCameBack, wasUsed } from './came-back.ts';
import type { CallEvent, CameBackEvent, ReturnEvent, WorkloadEvent } from './events.ts';
import { gatherEvidence } from './evidence.ts';
import type { CaseRecord } from './record.ts';

const back = (device: string | null, detail: string | null = null): CameBackEvent => ({
  ev: 'came-back',
  source: 'second',
  hostMs: 1,
  device,
  detail,
});
const common = { source: 'second', hostMs: 1, t: 1 } as const;
const call = (id: number, op: string): CallEvent => ({
  ...common,
  ev: 'call',
  id,
  tid: 1,
  phase: 'before',
  op,
});
const result = (id: number, op: string, errno?: string): ReturnEvent => ({
  ...common,
  ev: 'return',
  id,
  phase: 'before',
  op,
  ret: errno === undefined ? 0 : -1,
  ...(errno === undefined ? {} : { errno }),
  startNs: 1,
  endNs: 2,
});
// The record is not looked at.
const evidence = (...events: WorkloadEvent[]) => gatherEvidence({} as CaseRecord, events, []);

t.test('a device that came back and works is fine', async (t) => {
  t.same(judgeCameBack(evidence(back('/dev/x'), call(1, 'open'), result(1, 'open'))), []);
  t.equal(cameBack(evidence()), undefined);
});

t.test('a program that only began, or died before the close, has not used it', async (t) => {
  const opened = [call(1, 'open'), result(1, 'open')];
  t.notOk(wasUsed(evidence(back('/dev/x'))));
  t.notOk(wasUsed(evidence(back('/dev/x'), ...opened)));
  t.ok(wasUsed(evidence(back('/dev/x'), ...opened, call(2, 'close'), result(2, 'close'))));
  t.ok(wasUsed(evidence(back('/dev/x'), call(1, 'open'), result(1, 'open', 'EIO'))), 'that is a finding');
  t.ok(wasUsed(evidence(back('/dev/x'), call(1, 'open'))), 'so is that');
});

t.test('one that does not come back, does not work or does not answer is found', async (t) => {
  t.match(judgeCameBack(evidence(back(null, 'a\nb: File exists'))), [
    { verdict: 'fail', summary: /does not come back/, evidence: ['a', 'b: File exists'] },
  ]);
  t.match(judgeCameBack(evidence(back('/dev/x'), call(1, 'ioctl'), result(1, 'ioctl', 'ENODEV'))), [
    { verdict: 'fail', summary: 'ioctl on the device that came back gave ENODEV' },
  ]);
  t.match(judgeCameBack(evidence(back('/dev/x'), call(1, 'open'))), [
    { verdict: 'hang', summary: 'open on the device that came back does not return' },
  ]);
});
