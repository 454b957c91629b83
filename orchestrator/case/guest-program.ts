/** Starting the guest's own programs, and asking the small ones a question. */
import { GuestError } from '../base/index.ts';
import { type GuestProcess, type GuestShell, guestPaths } from '../guest/index.ts';
import type { EventSource, HealthSample, Observation, WorkloadEvent } from '../verdict/index.ts';
import { END_MARK_RECORD } from './console-mark.ts';
import type { EventLog } from './event-log.ts';

/** Starts a program whose events go to the log. */
export async function startProgram(
  shell: GuestShell,
  log: EventLog,
  source: EventSource,
  program: string,
  args: readonly (string | number)[],
): Promise<GuestProcess> {
  const process = await shell.start([`${guestPaths.programs}/${program}`, ...args.map(String)]);
  log.record(process, source);
  return process;
}

/** One task as the `observe` program saw it. */
export interface TaskLook extends Observation {
  readonly tid: number;
}

/**
 * One look at all tasks of processes, by one start of `observe`. Tasks that are gone are left out.
 * @param whoms pids, and `--workers` for all threads of the kernel in D
 * @throws GuestError when it did not answer within `limitMs`
 */
export async function observeTasks(
  shell: GuestShell,
  log: EventLog,
  whoms: readonly (number | '--workers')[],
  limitMs: number,
): Promise<TaskLook[]> {
  const from = log.events.length;
  const process = await startProgram(shell, log, 'observe', 'observe', whoms);
  await finished(process, limitMs);
  const looks: TaskLook[] = [];
  for (const event of log.events.slice(from)) {
    if (event.ev !== 'task' || event.source !== 'observe') continue;
    const task = event as unknown as {
      t: number;
      tid: number;
      state?: string;
      wchan?: string;
      stack?: string[];
      gone?: true;
    };
    if (task.gone) continue;
    looks.push({
      tid: task.tid,
      atNs: task.t,
      state: task.state ?? '-',
      wchan: task.wchan ?? '',
      stack: task.stack ?? [],
    });
  }
  return looks;
}

/**
 * Asks the `health` program, and has the guest print the mark of the case's end after it.
 * @throws GuestError when it did not answer within `limitMs` or answered nonsense
 */
export async function askHealth(shell: GuestShell, log: EventLog, limitMs: number): Promise<HealthSample> {
  const from = log.events.length;
  const process = await startProgram(shell, log, 'health', 'health', ['--mark', END_MARK_RECORD]);
  await finished(process, limitMs);
  return healthOf(log.events.slice(from), process.stderr());
}

/** The health program's answer among events. @param words what else it said @throws GuestError when there is none */
export function healthOf(events: readonly WorkloadEvent[], words = ''): HealthSample {
  const event = events.find((candidate) => candidate.ev === 'health');
  if (event === undefined) throw new GuestError('the health program gave no answer', { detail: words });
  const sample = event as unknown as { forked: boolean; tainted: number | null; lockdep: boolean | null };
  return { forked: sample.forked, tainted: sample.tainted ?? null, lockdep: sample.lockdep ?? null };
}

async function finished(process: GuestProcess, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs);
  });
  const end = await Promise.race([process.exited, late]);
  clearTimeout(timer);
  if (end === 0) return;
  const how =
    end === 'late'
      ? `did not end within ${limitMs / 1000} s`
      : end === undefined
        ? 'lost its connection'
        : `ended with ${end}`;
  throw new GuestError(`in the guest, '${process.command}' ${how}`, { detail: process.stderr() });
}
