/**
 * Reports to causes in the life of a device: who freed what in which phase and who used it in which, or who waits for
 * whom. One cause gives many reports with many titles; their key is the same.
 */

import { awaitedLock } from './held-locks.ts';
import type { ConsoleLine } from './lines.ts';
import { isNoise } from './noise.ts';
import { type Phase, phaseOf } from './phases.ts';
import type { SplatType } from './rule.ts';
import type { Stacks } from './stacks.ts';

/** An object that was used after it was freed. */
export type FreedUse = {
  readonly kind: 'freed-use';
  /** The phase in which it was freed, or its freeing was asked for (call_rcu(), a work item). */
  readonly freedIn: Phase;
  readonly usedIn: Phase;
  /** Who made the object, else the cache it is from. */
  readonly object: string;
};

/** A task that waits for ever. */
export type Wait = {
  readonly kind: 'wait';
  /** What the waiting task was doing. */
  readonly waiter: Phase;
  /** `lock &gdev->sem, taken in gpiochip_remove`, or the function that waits. */
  readonly waitsFor: string;
};

/** What a report says of a device's life, where it says enough. */
export type Lifecycle = (FreedUse | Wait) & {
  /** One line, the same for all reports of one cause. */
  readonly key: string;
};

/** kasan/report.c describe_object_addr(): ` which belongs to the cache kmalloc-1k of size 1024`. */
const CACHE = /belongs to the cache (\S+)/;

/** Kinds of report in which the freed stack is what the report is about; elsewhere it is the memory's former user's. */
const FREED = /BUG: K(?:ASAN|FENCE): .*(?:use-after-free|double-free|invalid[- ]free)/;

/** The phases in which what was decided earlier is carried out. */
const DEFERRED: ReadonlySet<Phase> = new Set<Phase>(['irq', 'work', 'thread', 'unknown']);

/** What `frame`, the function in the title, and the stacks of a report say; undefined where that is not enough. */
export function lifecycleOf(
  type: SplatType,
  frame: string | undefined,
  stacks: Stacks,
  lines: readonly Pick<ConsoleLine, 'body'>[],
): Lifecycle | undefined {
  if (type === 'kasan' || type === 'kfence') return freedUse(stacks, lines);
  if (type === 'hang' && frame !== undefined) return wait(frame, stacks, lines);
  return undefined;
}

function freedUse(stacks: Stacks, lines: readonly Pick<ConsoleLine, 'body'>[]): Lifecycle | undefined {
  if (stacks.freed.length === 0 || !lines.some(({ body }) => FREED.test(body))) return undefined;
  const maker = stacks.allocated.find(({ name }) => !isNoise(name))?.name;
  const cache = lines.map(({ body }) => CACHE.exec(body)?.[1]).find((name) => name !== undefined);
  const object = maker ?? cache;
  if (object === undefined) return undefined;
  const freed = phaseOf(stacks.freed);
  const asked = DEFERRED.has(freed) ? phaseOf(stacks.queued) : 'unknown';
  const freedIn = asked === 'unknown' ? freed : asked;
  const usedIn = phaseOf(stacks.own[0] ?? []);
  const key = `freed in ${freedIn}, used in ${usedIn}: object of ${object}`;
  return { kind: 'freed-use', freedIn, usedIn, object, key };
}

function wait(frame: string, stacks: Stacks, lines: readonly Pick<ConsoleLine, 'body'>[]): Lifecycle {
  const waiter = phaseOf(stacks.own[0] ?? []);
  const lock = awaitedLock(lines);
  const waitsFor = lock === undefined ? frame : `lock ${lock.name}, taken in ${lock.at}`;
  return { kind: 'wait', waiter, waitsFor, key: `${waiter} waits for ${waitsFor}` };
}
