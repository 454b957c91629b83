/** QEMU as a process: its console, its control connection and its ports into the guest. */
import type { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import {
  abortCause,
  BootError,
  type BootFailure,
  CleanupStack,
  type ExitStatus,
  formatDurationMs,
  makeTemporaryDirectory,
  monotonicMs,
  type SupervisedProcess,
  startProcess,
} from '../base/index.ts';
import { ConsoleRecorder } from './console.ts';
import type { TimeLimits } from './limits.ts';
import { listenForOne } from './listener.ts';
import { QmpClient } from './qmp.ts';
import { type MachineBeginning, type MachineMemory, type MachineSpec, qemuArguments } from './spec.ts';

const EXCERPT_LINES = 25;

/** What QEMU is started with. */
export interface QemuStart {
  readonly spec: MachineSpec;
  readonly memory: MachineMemory;
  readonly beginning?: MachineBeginning;
  /** Where the console is recorded. */
  readonly consolePath: string;
  /** What the guest printed before, in the machine that this one is a clone of. */
  readonly consoleBefore?: Uint8Array;
  /** Open files that QEMU inherits; the first becomes its descriptor 4. */
  readonly inherit?: readonly number[];
  readonly limits: TimeLimits;
  readonly signal?: AbortSignal | undefined;
}

/** A QEMU that runs, its guest not necessarily. Disposing it ends QEMU and completes the console's log. */
export interface RunningQemu extends AsyncDisposable {
  readonly spec: MachineSpec;
  readonly process: SupervisedProcess;
  readonly console: ConsoleRecorder;
  readonly qmp: QmpClient;
  readonly agent: Socket;
  readonly ssh: Socket;
  readonly control: Socket;
  readonly limits: TimeLimits;
  readonly startedMs: number;
  /** Settles at QEMU's end. */
  readonly exited: Promise<ExitStatus>;
  /** What it said on standard error so far. */
  stderr(): string;
  /** An error that shows the last console lines. */
  failure(failure: BootFailure, message: string): Error;
  /** Ends QEMU at once and completes the console's log. @throws Error when the log could not be written */
  stop(): Promise<void>;
}

/**
 * Starts QEMU and waits for its connections.
 * @param watch called before anything can come on the console: what QEMU prints early must not be missed
 * @throws BootError `qemu-start`; what the signal was aborted with
 */
export async function startQemu<W>(
  start: QemuStart,
  watch: (process: SupervisedProcess, recorder: ConsoleRecorder) => W,
): Promise<{ readonly qemu: RunningQemu; readonly watched: W }> {
  const { spec, memory, consolePath, limits, signal } = start;
  await using cleanup = new CleanupStack();
  const startedMs = monotonicMs();
  const { path: directory } = cleanup.use('machine folder', await makeTemporaryDirectory('qemu'));
  const sockets = {
    console: resolve(consolePath),
    qmp: join(directory, 'qmp'),
    agent: join(directory, 'agent'),
    ssh: join(directory, 'ssh'),
    control: join(directory, 'control'),
  };
  const listeners = {
    qmp: cleanup.use('QMP socket', await listenForOne(sockets.qmp)),
    agent: cleanup.use('agent socket', await listenForOne(sockets.agent)),
    ssh: cleanup.use('SSH socket', await listenForOne(sockets.ssh)),
    control: cleanup.use('control socket', await listenForOne(sockets.control)),
  };
  const recorder = new ConsoleRecorder(consolePath, start.consoleBefore);
  cleanup.defer('console', () => recorder.finish());
  const child = startProcess({
    argv: ['qemu-system-x86_64', ...qemuArguments(spec, memory, sockets, start.beginning)],
    graceMs: 500,
    ...(start.inherit === undefined ? {} : { inherit: start.inherit }),
    ...(signal === undefined ? {} : { signal }),
  });
  child.stdout.resume();
  const stderr = collect(child);
  const stop = once(async () => {
    await child.kill();
    await recorder.finish();
  });
  cleanup.defer('QEMU', stop);
  const failure = (kind: BootFailure, message: string): Error => {
    if (signal?.aborted) return abortCause(signal);
    const took = formatDurationMs(monotonicMs() - startedMs);
    const lines = recorder.lastLines(EXCERPT_LINES).join('\n');
    return new BootError(kind, `${spec.name}: ${message} (after ${took})`, {
      detail: [stderr().trim(), lines].filter((part) => part !== '').join('\n'),
      hint: `the whole console is in ${consolePath}`,
    });
  };
  const watched = watch(child, recorder);
  const connections = Promise.all([
    listeners.qmp.accept(limits.controlMs, signal),
    listeners.agent.accept(limits.controlMs, signal),
    listeners.ssh.accept(limits.controlMs, signal),
    listeners.control.accept(limits.controlMs, signal),
  ]);
  const [qmpSocket, agent, ssh, control] =
    (await Promise.race([connections, child.exited.then(() => undefined)])) ?? [];
  if (qmpSocket === undefined || agent === undefined || ssh === undefined || control === undefined) {
    throw failure('qemu-start', child.ended ? 'QEMU ended at once' : 'QEMU did not open its connections');
  }
  const qmp = new QmpClient(qmpSocket);
  await Promise.race([qmp.negotiate(), child.exited]);
  closeWithGuest(qmp, { agent, ssh, control });
  const owned = cleanup.move();
  const qemu: RunningQemu = {
    spec,
    process: child,
    console: recorder,
    qmp,
    agent,
    ssh,
    control,
    limits,
    startedMs,
    exited: child.exited,
    stderr,
    failure,
    stop,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
  return { qemu, watched };
}

/** When the guest's program on a port is gone, QEMU says so (qapi/char.json VSERPORT_CHANGE) and keeps the socket open. */
function closeWithGuest(qmp: QmpClient, ports: Readonly<Record<string, Socket>>): void {
  qmp.onEvent(({ event, data }) => {
    if (event === 'VSERPORT_CHANGE' && data['open'] === false) ports[String(data['id'])]?.destroy();
  });
}

function collect(child: SupervisedProcess): () => string {
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-8192);
  });
  return () => text;
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action();
    return running;
  };
}
