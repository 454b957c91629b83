/** Who waits for whom: from a stuck thread to what it waits for, to the thread that holds that, and on. Pure. */
import { type Evidence, heldCall } from './evidence.ts';
import { type HeldLock, heldLocks } from './held-locks.ts';
import { LOCK_DOMAINS, type LockDomain } from './lock-domains.ts';
import { tellingObservation, waitingPlace } from './stack.ts';
import { functionsOf, type Thread, threadName, threadsOf } from './threads.ts';

/** A thread that holds what another waits for, and how that is known. */
export interface Holder {
  readonly thread: Thread;
  /** `stack`: a function on its stack holds it; `open-file`: it has the device open; `lockdep`: the kernel says so. */
  readonly by: 'stack' | 'open-file' | 'lockdep';
  /** The function, or the file. */
  readonly what: string;
  /** The kernel's own word, where a report has its list of locks. */
  readonly lockdep: HeldLock | null;
}

/** One thread of the chain. */
export interface ChainLink {
  readonly thread: Thread;
  /** The function it sleeps in, and how; as {@link waitingPlace}. */
  readonly where: string;
  readonly how: string;
  /** What that waits for; null when the table has no line for it. */
  readonly domain: LockDomain | null;
  readonly holders: readonly Holder[];
}

/** The remover first. */
export interface BlockingChain {
  readonly links: readonly ChainLink[];
  /** The thread that the last link leads back to: nothing but a signal or nothing at all ends that. */
  readonly cycle: Thread | null;
}

/** What a task with this stack (innermost first) waits for. */
export function lockDomainOf(functions: readonly string[], where: string): LockDomain | null {
  const fits = ({ waiter, with: beside }: LockDomain): boolean =>
    (waiter === null || waiter === where) && (beside === undefined || functions.includes(beside));
  return LOCK_DOMAINS.find(fits) ?? null;
}

/** From the thread that removes to whoever it waits for in the end; null when nobody removes. */
export function blockingChain(evidence: Evidence): BlockingChain | null {
  const threads = threadsOf(evidence);
  const remover = threads.find(({ role }) => role === 'remover');
  if (remover === undefined) return null;
  const locks = heldLocks(evidence.splats);
  const links: ChainLink[] = [];
  let cycle: Thread | null = null;
  for (let thread: Thread | undefined = remover; thread !== undefined; ) {
    const link = linkOf(evidence, thread, threads, locks);
    links.push(link);
    const next: Thread | undefined = link.holders[0]?.thread;
    const seen = links.find((one) => one.thread === next);
    if (seen !== undefined) cycle = seen.thread;
    thread = seen === undefined ? next : undefined;
  }
  return { links, cycle };
}

function linkOf(
  evidence: Evidence,
  thread: Thread,
  threads: readonly Thread[],
  locks: readonly HeldLock[],
): ChainLink {
  const functions = functionsOf(thread);
  const { where, how } = waitingPlace(thread.observations);
  // What sleeps for an event of the device waits for nobody in particular.
  const domain = functions.length === 0 ? null : lockDomainOf(functions, where);
  const holders = domain === null ? [] : holdersOf(evidence, domain, thread, threads, locks);
  return { thread, where, how, domain, holders };
}

function holdersOf(
  evidence: Evidence,
  domain: LockDomain,
  waiter: Thread,
  threads: readonly Thread[],
  locks: readonly HeldLock[],
): readonly Holder[] {
  const holders: Holder[] = [];
  for (const thread of threads) {
    const functions = functionsOf(thread);
    const inside = functions.find((name) => domain.holders.includes(name));
    const lock = locks.find(({ lock, tid }) => lock === domain.domain && tid === thread.tid) ?? null;
    const waitsItself = thread === waiter;
    if (inside !== undefined && (!waitsItself || isInsideOwnSection(domain, functions, inside)))
      holders.push({ thread, by: 'stack', what: inside, lockdep: lock });
    // The waiter of a lock is in lockdep's list as well (kernel/locking/lockdep.c lock_acquire()).
    else if (lock !== null && !waitsItself)
      holders.push({ thread, by: 'lockdep', what: lock.at, lockdep: lock });
  }
  const opener = openerOf(evidence, domain, threads);
  if (opener !== null && !holders.some((one) => one.thread === opener.thread)) holders.push(opener);
  return holders;
}

/**
 * Whether the waiter called from inside of a read-side section of what it waits for. Only of SRCU: the callers of a
 * function that takes a lock are those that want it, and no holders.
 */
function isInsideOwnSection(
  { kind, waiter }: LockDomain,
  functions: readonly string[],
  holder: string,
): boolean {
  return kind === 'srcu' && waiter !== null && functions.indexOf(holder) > functions.indexOf(waiter);
}

/** The hold program, if its open file is what keeps the removal. */
function openerOf(
  { record, calls }: Evidence,
  domain: LockDomain,
  threads: readonly Thread[],
): Holder | null {
  if (record.case.kind !== 'removal' || !domain.openFilesOf.includes(record.case.deviceClass)) return null;
  const opened = calls.some(
    ({ source, phase, result }) => source === 'hold' && phase === 'open' && result !== null && !result.errno,
  );
  const thread = threads.find(({ role }) => role === 'user');
  if (!opened || thread === undefined) return null;
  return { thread, by: 'open-file', what: record.device ?? 'the device', lockdep: null };
}

/** The chain in lines for people, two for each link. */
export function chainLines(evidence: Evidence, chain: BlockingChain): readonly string[] {
  const lines: string[] = [];
  for (const [index, { thread, where, how, domain, holders }] of chain.links.entries()) {
    const who = index === 0 ? `remover ${threadName(thread)}` : threadName(thread);
    if (thread.observations.length === 0 && domain === null) continue;
    if (domain === null) {
      lines.push(`${who} sleeps in ${where} (${how})${index === 0 ? '' : wakes(evidence, thread)}`);
      continue;
    }
    lines.push(`${who} sleeps in ${where} (${how}): waits for ${domain.domain} (${domain.kind})`);
    if (holders.length === 0)
      lines.push(`  held by ${domain.heldBy}; none of the threads that were looked at`);
    for (const holder of holders) lines.push(`  ${holderLine(domain, holder)}`);
  }
  if (chain.cycle !== null) lines.push(`${threadName(chain.cycle)} waits for itself: nothing can end that`);
  return lines;
}

function holderLine({ domain }: LockDomain, { thread, by, what, lockdep }: Holder): string {
  const kernel =
    lockdep === null ? '' : `; the kernel lists the lock too (console.log:${lockdep.reportLine})`;
  switch (by) {
    case 'stack':
      return `${domain} is held by ${threadName(thread)}, inside ${what}()${kernel}`;
    case 'open-file':
      return `${domain} is held by ${threadName(thread)}, which has ${what} open`;
    case 'lockdep':
      return `${domain} is held by ${threadName(thread)}, taken in ${what}() (the kernel's list of locks, console.log:${lockdep?.reportLine})`;
  }
}

/** What the last of the chain waits for: nobody of the case, but an event that does not come. */
function wakes(evidence: Evidence, thread: Thread): string {
  const held = heldCall(evidence);
  const state = tellingObservation(thread.observations)?.state ?? '';
  if (thread.role !== 'user' || held === undefined || held.tid !== thread.tid) return '';
  const call = `its ${held.label}`;
  if (state === 'S') return `, ${call} waits for an event of the device or a signal`;
  return state === 'D' ? `, ${call} can't be interrupted` : '';
}
