/** The kernel's own list of who holds which lock, which lockdep adds to a report of a hung task. */
import type { Splat } from '../oops/index.ts';

/** One line of the list. */
export interface HeldLock {
  readonly comm: string;
  readonly tid: number;
  /** The lock's class as lockdep names it, without the `&` of the initialiser: `gdev->srcu`. */
  readonly lock: string;
  /** Where it was taken; a helper's name when that was inlined there. */
  readonly at: string;
  /** Line of console.log where the report begins that has the list. */
  readonly reportLine: number;
}

/** kernel/locking/lockdep.c lockdep_print_held_locks(): `1 lock held by hold-read/62:` */
const HOLDER = /^\s*\d+ locks? held by (.+)\/(\d+):?\s*$/;
/** kernel/locking/lockdep.c print_lock(): ` #0: ffff888007 (&gdev->srcu){.+.+}-{0:0}, at: srcu_read_lock+0x39/0x4b` */
const LOCK = /^\s*#\d+: [0-9a-f]+ \((.+)\)\{[^}]*\}-\{[^}]*\}, at: ([^\s+]+)/;

/** All locks that any report lists, each holder and lock once, the first report's. */
export function heldLocks(splats: readonly Splat[]): readonly HeldLock[] {
  const found = new Map<string, HeldLock>();
  for (const { text, startLine } of splats) {
    let holder: { comm: string; tid: number } | undefined;
    for (const line of text.split('\n')) {
      const who = HOLDER.exec(line);
      if (who !== null) {
        holder = { comm: who[1] as string, tid: Number(who[2]) };
        continue;
      }
      const what = LOCK.exec(line);
      if (what === null || holder === undefined) {
        if (line.trim() !== '') holder = undefined;
        continue;
      }
      // A second instance of a class is shown as `#2`, a subclass as `/1`: the class is what counts.
      const lock = (what[1] as string).replace(/^&/, '').replace(/[#/]\d+$/, '');
      const key = `${holder.tid} ${lock}`;
      if (!found.has(key)) found.set(key, { ...holder, lock, at: what[2] as string, reportLine: startLine });
    }
  }
  return [...found.values()];
}
