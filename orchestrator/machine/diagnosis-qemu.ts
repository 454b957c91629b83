/** Is it QEMU that is at fault, or its host? */
import type { ExitStatus } from '../base/index.ts';
import { type DiagnosisContext, diagnosis } from './diagnosis-context.ts';
import type { Diagnosis } from './diagnosis-types.ts';
import {
  fullDisk,
  type HostCondition,
  hostText,
  oomKillsSince,
  sampleHost,
  sampleOomKills,
} from './host-condition.ts';
import { isStopped, processState, threadStates, threadText } from './process-state.ts';

const STDERR_LINES = 10;
const CONSOLE_LINES = 3;

/** QEMU has ended. */
export async function qemuEnded(context: DiagnosisContext): Promise<Diagnosis | undefined> {
  const { machine, limits } = context;
  const stderr = await context.wait(machine.ended, limits.endedMs);
  if (stderr === undefined) return undefined;
  // Settled by what settled `ended`; the limit is for a promise that was not made of the same process.
  const status =
    machine.exited === undefined ? undefined : await context.wait(machine.exited, limits.endedMs);
  const kills =
    machine.oomKillsAtStart === undefined
      ? []
      : oomKillsSince(machine.oomKillsAtStart, await sampleOomKills());
  const host = await sampleHost(machine.paths ?? []);
  const said = stderr.trim().split('\n').slice(0, STDERR_LINES);
  return diagnosis('qemu-ended', endSummary(status, said[0] ?? '', kills, host), [
    ...said.filter((line) => line !== '').map((line) => `stderr: ${line}`),
    ...kills,
    hostText(host),
    ...consoleTail(context),
  ]);
}

/**
 * How QEMU ended, in one line.
 * @param said the first line of what it said
 * @param oomKills what {@link oomKillsSince} gave
 */
export function endSummary(
  status: ExitStatus | undefined,
  said: string,
  oomKills: readonly string[],
  host: HostCondition,
): string {
  const words = said === '' ? '' : `: ${said}`;
  if (status === undefined) return `QEMU ended${words}`;
  const { code, signal } = status;
  if (signal === 'SIGKILL' && oomKills.length > 0)
    return "QEMU was killed by the host's out-of-memory killer";
  if (signal === 'SIGBUS') {
    // A page of a mapped file that the file system has no room for (mm/filemap.c, mm/shmem.c: VM_FAULT_SIGBUS).
    const full = fullDisk(host);
    if (full !== undefined) return `QEMU ended by SIGBUS: no space is left at ${full}`;
  }
  if (signal !== null) return `QEMU ended by ${signal}${words}`;
  if (code === 0 && said === '')
    return 'QEMU ended with exit code 0: the guest restarted or switched itself off';
  return `QEMU ended with exit code ${code}${words}`;
}

/** Something on the host has stopped QEMU: then it answers nothing, and needs not be asked. */
export async function qemuStopped(context: DiagnosisContext): Promise<Diagnosis | undefined> {
  const { pid } = context.machine;
  const state = await processState(pid);
  if (state === undefined || !isStopped(state)) return undefined;
  const how = state.state === 'T' ? 'stopped by a signal (SIGSTOP?)' : 'stopped by a debugger';
  const threads = await threadStates(pid);
  return diagnosis('qemu-stopped', `QEMU is ${how}`, [
    `/proc/${pid}/stat: state ${state.state}`,
    ...threads.map(threadText),
  ]);
}

/** QEMU did not answer a command. It may have ended or been stopped meanwhile, which says more. */
export async function qemuStuck(context: DiagnosisContext, command: string): Promise<Diagnosis> {
  context.throwIfAborted();
  const better = (await qemuEnded(context)) ?? (await qemuStopped(context));
  if (better !== undefined) return better;
  const { pid, paths } = context.machine;
  const [threads, host] = [await threadStates(pid), await sampleHost(paths ?? [])];
  return diagnosis('qemu-stuck', `QEMU runs, but does not answer ${command}`, [
    `no answer to ${command} within ${context.limits.qmpMs} ms`,
    ...threads.map(threadText),
    hostText(host),
    ...consoleTail(context),
  ]);
}

/** What the states of a machine that does not run mean (QEMU qapi/run-state.json, RunState). */
const PAUSED: Readonly<Record<string, string>> = {
  'internal-error': 'an error of QEMU or KVM while it ran guest code',
  'io-error': 'a device of the guest could not write or read on the host',
  'guest-panicked': 'the guest told that it panicked',
  paused: 'someone told QEMU to stop the guest',
  shutdown: 'the guest switched itself off',
  suspended: 'the guest suspended itself',
  watchdog: "the guest's watchdog fired",
  inmigrate: 'its state was never restored',
  postmigrate: 'its state was saved',
  prelaunch: 'it was never started',
};

/** QEMU does not run the guest; or it does not answer. Undefined when it runs. */
export async function qemuPaused(context: DiagnosisContext): Promise<Diagnosis | undefined> {
  const answer = await context.qmp.ask('query-status');
  // A connection that is gone says no more than silence.
  if (answer.kind !== 'returned') return qemuStuck(context, 'query-status');
  const status = String((answer.value as { status?: unknown } | null)?.status);
  if (status === 'running') return undefined;
  const registers = await context.qmp.monitor('info registers -a');
  const why = PAUSED[status];
  return diagnosis('paused', `QEMU does not run the guest: ${status}${why === undefined ? '' : `, ${why}`}`, [
    `query-status: ${JSON.stringify(answer.value)}`,
    hostText(await sampleHost(context.machine.paths ?? [])),
    ...(registers ?? '')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => /^CPU#|^[ER]?(?:IP|AX|SP)=/.test(line)),
    ...consoleTail(context),
  ]);
}

/** The last lines of the console, as evidence. */
export function consoleTail({ machine }: DiagnosisContext): readonly string[] {
  return machine.console
    .lastLines(CONSOLE_LINES)
    .filter((line) => line.trim() !== '')
    .map((line) => `console: ${line}`);
}
