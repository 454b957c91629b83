/** Chains of recorded cases: testdata/hang-* and crash-waits-for-itself are what guests left (6.12.117, TCG). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseConsole } from '../oops/index.ts';
import { blockingChain, chainLines, lockDomainOf } from './blocking-chain.ts';
import { type Evidence, gatherEvidence } from './evidence.ts';
import { heldLocks } from './held-locks.ts';
import { LOCK_DOMAINS } from './lock-domains.ts';
import { caseRecordSchema, workloadEventSchema } from './schema.ts';

function recorded(name: string): Evidence {
  const read = (file: string): string =>
    readFileSync(join(import.meta.dirname, 'testdata', name, file), 'utf8');
  return gatherEvidence(
    caseRecordSchema.parse(JSON.parse(read('record.json'))),
    read('events.jsonl')
      .trim()
      .split('\n')
      .map((line) => workloadEventSchema.parse(JSON.parse(line))),
    parseConsole(read('console.log')),
  );
}

function lines(evidence: Evidence): readonly string[] {
  const chain = blockingChain(evidence);
  return chain === null ? [] : chainLines(evidence, chain);
}

t.test('a blocked read of a GPIO chip: remover, lock domain, reader', async (t) => {
  t.same(lines(recorded('hang-blocked-read')), [
    'remover remove-write, pid 63 sleeps in gpiochip_remove (D, __synchronize_srcu): waits for gdev->srcu (srcu)',
    '  gdev->srcu is held by hold-read, pid 61 thread 62, inside lineinfo_watch_read(); the kernel lists the lock too (console.log:2)',
    'hold-read, pid 61 thread 62 sleeps in lineinfo_watch_read (S, do_wait_intr), its read waits for an event of the device or a signal',
  ]);
});

t.test("a cable that came off: the hub's worker waits for the reader of a line request", async (t) => {
  t.match(lines(recorded('hang-hub-worker')), [
    /^remover kworker\/\S+usb_hub_wq, pid \d+ sleeps in gpiochip_remove \(D, __synchronize_srcu\): waits for gdev->srcu/,
    /^ {2}gdev->srcu is held by hold-read, pid \d+ thread \d+, inside linereq_read\(\); the kernel lists the lock too/,
    /^hold-read, pid \d+ thread \d+ sleeps in linereq_read \(S, do_wait_intr\), its read waits/,
  ]);
});

t.test('an open file: nobody sleeps in anything, the file is enough', async (t) => {
  t.same(lines(recorded('hang-open-file')), [
    'remover remove-write, pid 61 sleeps in i2c_del_adapter (D): waits for adap->dev_released (completion)',
    '  adap->dev_released is held by user, pid 60, which has /dev/i2c-0 open',
  ]);
});

t.test('a removal from inside of a call that holds what it waits for', async (t) => {
  const evidence = recorded('crash-waits-for-itself');
  t.match(lines(evidence), [
    /^remover \S+, pid \d+ sleeps in device_lock \(D\): waits for dev->mutex \(mutex\)/,
    /^ {2}dev->mutex is held by \S+, pid \d+ thread \d+, inside device_release_driver_internal\(\)/,
    /sleeps in revocable_revoke \(D, __synchronize_srcu\): waits for rev->srcu \(srcu\)/,
    /^ {2}rev->srcu is held by \S+, pid \d+ thread \d+, inside unplug_fixture_ioctl\(\)/,
    /waits for itself: nothing can end that$/,
  ]);
});

t.test('what is not known is not guessed', async (t) => {
  const evidence = recorded('hang-blocked-read');
  const { removal, user } = evidence.record;
  if (removal === null || user === null) throw new Error('recorded without them');
  const events = evidence.events.filter((event) => event.ev !== 'task');
  const without = { ...evidence, events, splats: [] };
  const blind = { ...evidence.record, user: { ...user, observations: [] } };
  t.match(lines({ ...without, record: blind }), [
    /waits for gdev->srcu/,
    /held by whoever is inside a read, poll or ioctl .*; none of the threads that were looked at/,
  ]);
  const unseen = { ...evidence.record, removal: { ...removal, observations: [] } };
  t.same(lines({ ...without, record: unseen }), []);
  t.same(lines({ ...without, record: { ...evidence.record, removal: null } }), []);
  // Only the kernel's list of locks names the reader.
  t.match(lines({ ...evidence, events, record: blind })[1], /held by user, .*taken in srcu_read_lock\(\)/);
});

t.test("the kernel's list of locks", async (t) => {
  const locks = heldLocks(recorded('hang-blocked-read').splats);
  t.same(
    locks.map(({ comm, tid, lock }) => `${comm}/${tid} ${lock}`),
    [
      'khungtaskd/23 rcu_read_lock',
      'hold-read/62 gdev->srcu',
      'remove-write/63 sb_writers',
      'remove-write/63 of->mutex',
      'remove-write/63 dev->mutex',
    ],
  );
});

t.test('the innermost function that waits decides, and what is beside it', async (t) => {
  const chip = ['__synchronize_srcu', 'revocable_revoke', 'gpiochip_remove', 'devm_action_release'];
  t.equal(lockDomainOf(chip, 'revocable_revoke')?.domain, 'rev->srcu');
  t.equal(lockDomainOf(['__synchronize_srcu', 'x_remove'], 'x_remove')?.domain, 'an SRCU domain');
  t.equal(lockDomainOf(['x_remove'], 'x_remove'), null);
  for (const line of LOCK_DOMAINS) t.match(line.source, /\.[ch] \w+\(\)/, `${line.waiter} has a source`);
});
