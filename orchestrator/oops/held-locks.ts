/** lockdep's lists of held locks to who holds what somebody waits for. */
import { functionIn, plainName } from './frames.ts';
import type { ConsoleLine } from './lines.ts';

/** A lock that a task holds or is about to take. */
export type HeldLock = {
  readonly task: string;
  readonly address: string;
  /** Of its class: `&gdev->sem`. */
  readonly name: string;
  /** Where it was taken. */
  readonly at: string;
};

/** kernel/locking/lockdep.c lockdep_print_held_locks(): `2 locks held by sh/74:` */
const HOLDER = /^\d+ locks? held by (\S.{0,40}\/\d+)(?::|\b)/;
/** print_lock(): ` #0: ffff888003b5c420 (sb_writers#4){.+.+}-{0:0}, at: ksys_write+0xf1/0x1d0` */
const LOCK = /^ *#\d+: ([0-9a-f]{8,16}) \((.{1,100})\)\{[^}]*\}(?:-\{\d+:\d+\})?, at: (.*)/;
/** kernel/hung_task.c check_hung_task(): `INFO: task sh:74 blocked for more than 60 seconds.` */
const WAITER = /INFO: task (.{1,40}):(\d+) (?:blocked|can't die)/;

/** Every lock in a report's lists. */
export function heldLocks(lines: readonly Pick<ConsoleLine, 'body'>[]): readonly HeldLock[] {
  const locks: HeldLock[] = [];
  let task: string | undefined;
  for (const { body } of lines) {
    const holder = HOLDER.exec(body);
    if (holder) task = holder[1];
    const lock = task === undefined ? null : LOCK.exec(body);
    if (lock === null || task === undefined) continue;
    const [, address = '', name = '', place = ''] = lock;
    locks.push({ task, address, name: name.replace(/#\d+$/, ''), at: plainName(functionIn(place) ?? '?') });
  }
  return locks;
}

/** The lock that the hung task of a report waits for, as its holder has it; undefined where the lists don't say. */
export function awaitedLock(lines: readonly Pick<ConsoleLine, 'body'>[]): HeldLock | undefined {
  const waiter = lines.map(({ body }) => WAITER.exec(body)).find((match) => match !== null);
  if (!waiter) return undefined;
  const task = `${waiter[1]}/${waiter[2]}`;
  const locks = heldLocks(lines);
  // The lock that is being taken is in the list of its taker, behind those it has.
  const wanted = locks.findLast((lock) => lock.task === task);
  return wanted && locks.find(({ address, task: other }) => address === wanted.address && other !== task);
}
