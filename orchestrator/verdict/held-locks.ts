/** The kernel's own list of who holds which lock, which lockdep adds to a report of a hung task. */
import { listedLocks, type Splat } from '../oops/index.ts';

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

/** All locks that any report lists, each holder and lock once, the first report's. */
export function heldLocks(splats: readonly Splat[]): readonly HeldLock[] {
  const found = new Map<string, HeldLock>();
  for (const { text, startLine } of splats) {
    for (const { task, name, at } of listedLocks(text.split('\n').map((body) => ({ body })))) {
      const slash = task.lastIndexOf('/');
      // A subclass is shown as `/1` behind the class: the class is what counts.
      const lock = name.replace(/^&/, '').replace(/\/\d+$/, '');
      const tid = Number(task.slice(slash + 1));
      const key = `${tid} ${lock}`;
      const comm = task.slice(0, slash);
      if (!found.has(key)) found.set(key, { comm, tid, lock, at, reportLine: startLine });
    }
  }
  return [...found.values()];
}
