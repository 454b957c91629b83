/** A driver that can't be unloaded while its device is held: refused, and nothing has changed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { WorkloadEvent } from './events.ts';
import { judgeConsole } from './judge.ts';
import { caseRecordSchema, workloadEventSchema } from './schema.ts';
import type { VerdictRecord } from './verdict.ts';

const DATA = join(import.meta.dirname, 'testdata', 'pass');

/** The recorded removal of an idle device as if it had been a refused rmmod. */
function refused(
  errno: string,
  mechanism: string,
  works: boolean,
  keep: (event: WorkloadEvent) => boolean = () => true,
  change: { readonly deviceClass?: string; readonly reopen?: string } = {},
): VerdictRecord {
  const read = (file: string): string => readFileSync(join(DATA, file), 'utf8');
  const record = caseRecordSchema.parse(JSON.parse(read('record.json')));
  const events = read('events.jsonl')
    .trimEnd()
    .split('\n')
    .map((line): WorkloadEvent => {
      const event = workloadEventSchema.parse(JSON.parse(line));
      if (!works || event.ev !== 'return' || event.source !== 'hold') return event;
      if (event.op === 'open' && event.phase === 'after' && change.reopen !== undefined)
        return { ...event, ret: -1, errno: change.reopen };
      return event.phase === 'after' || event.phase === 'held'
        ? { ...event, ret: 0, errno: undefined, ...(event.op === 'poll' ? { revents: [] } : {}) }
        : event;
    })
    .filter(keep);
  if (record.removal === null) throw new Error('no removal');
  const removal = { ...record.removal, mechanism, errno };
  const { deviceClass } = change;
  const of =
    record.case.kind === 'removal' && deviceClass !== undefined
      ? { ...record.case, deviceClass }
      : record.case;
  return judgeConsole({ ...record, case: of, removal }, events, read('console.log'));
}

t.test('rmmod of a held driver', async (t) => {
  for (const errno of ['EBUSY', 'EAGAIN']) t.equal(refused(errno, 'rmmod', true).verdict, 'pass', errno);
  const broken = refused('EBUSY', 'rmmod', false);
  t.equal(broken.verdict, 'fail');
  t.match(broken.title, /ENODEV though the removal was refused/);
  const unused = refused('EAGAIN', 'rmmod', true, (event) => !('phase' in event) || event.phase !== 'after');
  t.match(unused, { verdict: 'error', title: /no use after the removal was recorded/ }, 'nobody tried it');
  t.match(refused('EBUSY', 'sysfs_unbind', true), { verdict: 'error', title: /refused with EBUSY/ });
  t.match(refused('ENOENT', 'rmmod', true), { verdict: 'error', title: /refused with ENOENT/ });
});

t.test('a second open() of a device that only one may open', async (t) => {
  const reopened = (deviceClass: string, reopen: string): VerdictRecord =>
    refused('EAGAIN', 'rmmod', true, () => true, { deviceClass, reopen });
  for (const deviceClass of ['watchdog', 'iio', 'hid-sensor'])
    t.equal(reopened(deviceClass, 'EBUSY').verdict, 'pass', deviceClass);
  t.equal(reopened('hidraw', 'EBUSY').verdict, 'fail', 'any number may open that');
  t.equal(reopened('watchdog', 'ENODEV').verdict, 'fail', 'it is not gone');
});
