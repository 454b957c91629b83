/** Runs one of the kernel's own selftests in the guest. */
import { GuestError, monotonicMs, within } from '../base/index.ts';
import { type GuestProcess, type GuestShell, guestPaths, runInGuest } from '../guest/index.ts';
import type { TimeLimits } from '../machine/index.ts';
import type { SelftestCase } from '../suite/index.ts';
import type { EndedBy, Observation, TestsRecord, TestTask } from '../verdict/index.ts';
import type { EventLog } from './event-log.ts';
import { type GuestProcessStat, LIST_PROCESSES, parseStat, processTree } from './guest-processes.ts';
import { observeTasks } from './guest-program.ts';

/** Looks at each process of a program that hangs: two tell waiting from working. */
const LOOKS = 2;
const TASKS_MAX = 8;
/** The program's first line, printed for us by the shell that becomes it. */
const PID_MARK = 'unplug-pid';

/** What a selftest is run with. */
export interface SelftestContext {
  readonly shell: GuestShell;
  readonly log: EventLog;
  readonly time: TimeLimits;
  /** Settles when the guest is gone. */
  readonly gone: Promise<unknown>;
  readonly signal: AbortSignal | undefined;
}

/** The command line, for the guest's shell. Names are checked by the suite's schema: no quoting is needed. */
export function selftestCommand({ collection, program }: SelftestCase): string {
  return `cd ${guestPaths.selftests}/${collection} && ./${program}`;
}

/** The same for a shell that prints its process id, and then becomes the program. */
export function startLine({ collection, program }: SelftestCase): string {
  return [
    `cd ${guestPaths.selftests}/${collection}`,
    `echo ${PID_MARK} $$`,
    `export PATH=$PATH:${guestPaths.selftestTools}`,
    `exec ./${program} </dev/null 2>&1`,
  ].join(' && ');
}

/** How long a selftest may take, in milliseconds of host time. */
export function selftestLimitMs({ timeoutMs }: SelftestCase, { selftestMs }: TimeLimits): number {
  return timeoutMs ?? selftestMs;
}

/**
 * Runs the program to its end, or to its bound: then looks at what it is stuck in and kills it.
 * @throws GuestError when it can't be started or the guest is lost; what the signal was aborted with
 */
export async function runSelftest(testCase: SelftestCase, context: SelftestContext): Promise<TestsRecord> {
  const { shell, log, time, gone, signal } = context;
  const asked = selftestCommand(testCase);
  const limitMs = selftestLimitMs(testCase, time);
  const prepared = await runInGuest(shell, `${guestPaths.selftestTools}/prepare`, time.plugMs, signal);
  if (prepared.code !== 0)
    throw new GuestError('the guest could not be made ready for selftests', { detail: prepared.stderr });
  const startedMs = monotonicMs();
  const process = await shell.start(startLine(testCase));
  const pid = programId(process);
  log.recordOutput(process, PID_MARK);
  const ended = await within(
    Promise.race([process.exited, gone.then(() => undefined)]).then((code) => ({ code })),
    limitMs,
    signal,
  );
  signal?.throwIfAborted();
  const durationMs = Math.round(monotonicMs() - startedMs);
  const record = (exitCode: number | null, endedBy: EndedBy, tasks: readonly TestTask[]): TestsRecord => ({
    output: 'events.jsonl',
    asked,
    limitMs,
    durationMs,
    exitCode,
    endedBy,
    tasks,
  });
  if (ended !== undefined) {
    if (ended.code === undefined) throw new GuestError(`the guest was lost while ${testCase.program} ran`);
    return record(ended.code, 'itself', []);
  }
  const root = await within(pid, 1, signal);
  const { tree, tasks } = await lookAt(context, root);
  await runInGuest(
    shell,
    `kill -9 ${tree.map((one) => one.pid).join(' ')} 2>/dev/null; true`,
    time.observeMs,
    signal,
  );
  const killed = await within(
    process.exited.then(() => true),
    time.releasedMs,
    signal,
  );
  return record(null, killed === true ? 'kill' : 'never', tasks);
}

/** The process id that the shell printed before it became the program. */
function programId(process: GuestProcess): Promise<number> {
  return new Promise((resolve) => {
    process.onLine((line) => {
      const [, number] = new RegExp(`^${PID_MARK} (\\d+)$`).exec(line) ?? [];
      if (number !== undefined) resolve(Number(number));
    });
  });
}

/** Processes of the program, and what they wait in. */
async function lookAt(
  { shell, log, time, signal }: SelftestContext,
  root: number | undefined,
): Promise<{ readonly tree: readonly GuestProcessStat[]; readonly tasks: readonly TestTask[] }> {
  if (root === undefined) return { tree: [], tasks: [] };
  const list = await runInGuest(shell, LIST_PROCESSES, time.observeMs, signal);
  const stats = list.stdout.split('\n').flatMap((line) => parseStat(line) ?? []);
  const tree = processTree(stats, root);
  const tasks: TestTask[] = [];
  for (const { pid, comm } of tree.slice(0, TASKS_MAX)) {
    const observations: Observation[] = [];
    for (let look = 0; look < LOOKS; look++) {
      for (const { tid: _, ...observation } of await observeTasks(shell, log, [pid], time.observeMs))
        observations.push(observation);
    }
    tasks.push({ pid, comm, observations });
  }
  return { tree, tasks };
}
