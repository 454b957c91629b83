/** What the host's kernel says of QEMU's process. */
import { readdir, readFile } from 'node:fs/promises';

/** A thread by its line in /proc. */
export interface ThreadState {
  readonly id: number;
  readonly name: string;
  /** One letter (proc(5)): R, S, D, T (stopped by a signal), t (by a debugger), Z, X. */
  readonly state: string;
}

/** Reads one line of /proc/PID/stat (fs/proc/array.c do_task_stat()); a name may hold blanks and brackets. */
export function parseThreadState(line: string): ThreadState | undefined {
  const [open, close] = [line.indexOf('('), line.lastIndexOf(')')];
  const id = Number(line.slice(0, open));
  const state = line.slice(close + 1).trim()[0];
  if (open < 1 || close < open || !Number.isInteger(id) || state === undefined) return undefined;
  return { id, name: line.slice(open + 1, close), state };
}

/** The state of a process, or undefined when there is none any more. */
export async function processState(pid: number): Promise<ThreadState | undefined> {
  return stateIn(`/proc/${pid}/stat`);
}

/** The states of all threads of a process; none when it is gone. */
export async function threadStates(pid: number): Promise<readonly ThreadState[]> {
  const ids = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = await Promise.all(ids.map((id) => stateIn(`/proc/${pid}/task/${id}/stat`)));
  return states.filter((state) => state !== undefined);
}

/** Whether a signal (SIGSTOP, SIGTSTP) or a debugger has stopped it. */
export function isStopped({ state }: ThreadState): boolean {
  return state === 'T' || state === 't';
}

/** `thread 1234 qemu-system-x86: R` */
export function threadText({ id, name, state }: ThreadState): string {
  return `thread ${id} ${name}: ${state}`;
}

async function stateIn(path: string): Promise<ThreadState | undefined> {
  const line = await readFile(path, 'utf8').catch(() => undefined);
  return line === undefined ? undefined : parseThreadState(line);
}
