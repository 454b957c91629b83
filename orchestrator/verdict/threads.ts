/** Threads of a case as far as they were looked at. */
import type { Evidence } from './evidence.ts';
import type { Observation } from './record.ts';
import { functionOf, tellingObservation } from './stack.ts';

/** What a thread is to the case. */
export type ThreadRole = 'remover' | 'user' | 'other';

/** A thread of the guest. */
export interface Thread {
  readonly role: ThreadRole;
  /** Null where only its thread id is known. */
  readonly pid: number | null;
  readonly tid: number | null;
  /** As in /proc/PID/comm; null when nobody noted it. */
  readonly comm: string | null;
  readonly observations: readonly Observation[];
}

/** The remover, the user's blocked thread, then the others that the observing program looked at. */
export function threadsOf({ record, events }: Evidence): readonly Thread[] {
  const threads: Thread[] = [];
  const looks = new Map<number, { pid: number; comm: string; observations: Observation[] }>();
  for (const event of events) {
    if (event.ev !== 'task') continue;
    const task = taskOf(event);
    if (task === undefined) continue;
    const known = looks.get(task.tid) ?? { pid: task.pid, comm: task.comm, observations: [] };
    known.observations.push(task.observation);
    looks.set(task.tid, known);
  }
  const { removal, user } = record;
  if (removal !== null) {
    const { pid, observations } = removal;
    const comm = pid === null ? null : (looks.get(pid)?.comm ?? null);
    threads.push({ role: 'remover', pid, tid: pid, comm, observations });
  }
  if (user !== null) {
    const { pid, tid, observations } = user;
    threads.push({ role: 'user', pid, tid, comm: looks.get(tid)?.comm ?? null, observations });
  }
  for (const [tid, { pid, comm, observations }] of looks) {
    if (threads.some((one) => one.tid === tid)) continue;
    threads.push({ role: pid === user?.pid ? 'user' : 'other', pid, tid, comm, observations });
  }
  return threads;
}

/** Functions of the thread's telling stack, innermost first; none when no look has a stack. */
export function functionsOf({ observations }: Pick<Thread, 'observations'>): readonly string[] {
  return tellingObservation(observations)?.stack.map(functionOf) ?? [];
}

/** `remove-write, pid 63`, `hold-read, pid 61 thread 62` */
export function threadName({ role, pid, tid, comm }: Thread): string {
  const name = comm ?? role;
  if (pid === null) return tid === null ? name : `${name}, thread ${tid}`;
  return tid === null || tid === pid ? `${name}, pid ${pid}` : `${name}, pid ${pid} thread ${tid}`;
}

interface Task {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly observation: Observation;
}

/** A `task` event's fields: it is kept as evidence, so nothing has checked them. */
function taskOf(event: object): Task | undefined {
  const { t, pid, tid, comm, state, wchan, stack } = event as Readonly<Record<string, unknown>>;
  if (typeof t !== 'number' || typeof pid !== 'number' || typeof tid !== 'number') return undefined;
  const frames = Array.isArray(stack) ? stack.filter((frame) => typeof frame === 'string') : [];
  return {
    pid,
    tid,
    comm: typeof comm === 'string' ? comm : '?',
    observation: {
      atNs: t,
      state: typeof state === 'string' ? state : '',
      wchan: typeof wchan === 'string' ? wchan : '',
      stack: frames,
    },
  };
}
