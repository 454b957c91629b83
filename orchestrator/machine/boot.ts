/** From a machine's description to a running guest. */
import { join } from 'node:path';
import {
  abortCause,
  BootError,
  type BootFailure,
  CleanupStack,
  formatDurationMs,
  makeTemporaryDirectory,
  monotonicMs,
  type SupervisedProcess,
  startProcess,
  within,
} from '../base/index.ts';
import { ConsoleRecorder } from './console.ts';
import { type MachineLimits, machineLimits } from './limits.ts';
import { listenForQmp, type QmpClient } from './qmp.ts';
import { type MachineSpec, qemuArguments } from './spec.ts';

/** What guest/init writes to the kernel log when everything is up. */
export const READY_MARK = 'unplug: guest ready';
const PANIC_MARK = 'Kernel panic - not syncing';
const EXCERPT_LINES = 25;

/** A guest that has booted. Disposing it ends QEMU and closes the console's log. */
export interface RunningMachine extends AsyncDisposable {
  readonly spec: MachineSpec;
  readonly pid: number;
  readonly console: ConsoleRecorder;
  readonly qmp: QmpClient;
  /** The loopback port that reaches the guest's SSH server. */
  readonly sshPort: number;
  /** From QEMU's start to the guest's ready mark. */
  readonly bootMs: number;
  readonly limits: MachineLimits;
  /** Settles when QEMU ended, with what it said on its standard error. */
  readonly ended: Promise<string>;
  /** Ends QEMU at once and completes the console's log. @throws Error when the log could not be written */
  stop(): Promise<void>;
}

/**
 * Starts QEMU and waits until the guest says that it is ready.
 * @param consolePath where the console is recorded
 * @throws BootError told apart by `failure`, with the last console lines; what `signal` was aborted with
 */
export async function bootMachine(
  spec: MachineSpec,
  consolePath: string,
  signal?: AbortSignal,
): Promise<RunningMachine> {
  await using cleanup = new CleanupStack();
  const limits = machineLimits(spec.accelerator);
  const startedMs = monotonicMs();
  const { path: directory } = cleanup.use('machine folder', await makeTemporaryDirectory('qemu'));
  const listener = cleanup.use('QMP socket', await listenForQmp(join(directory, 'qmp')));
  const qemu = startProcess({
    argv: ['qemu-system-x86_64', ...qemuArguments(spec, join(directory, 'qmp'))],
    graceMs: 500,
    ...(signal === undefined ? {} : { signal }),
  });
  const stderr = collect(qemu);
  const recorder = new ConsoleRecorder(qemu.stdout, consolePath);
  const stop = once(async () => {
    await qemu.kill();
    await recorder.finish();
  });
  cleanup.defer('QEMU', stop);
  const failed = (failure: BootFailure, message: string): Error => {
    if (signal?.aborted) return abortCause(signal);
    const took = formatDurationMs(monotonicMs() - startedMs);
    const lines = recorder.lastLines(EXCERPT_LINES).join('\n');
    return new BootError(failure, `${spec.name}: ${message} (after ${took})`, {
      detail: [stderr().trim(), lines].filter((part) => part !== '').join('\n'),
      hint: `the whole console is in ${consolePath}`,
    });
  };

  // Watch from the first byte on: what QEMU prints before its control connection must not be missed.
  const outcome = watchBoot(qemu, recorder, limits);
  const qmp = await Promise.race([
    listener.accept(limits.controlMs, signal),
    qemu.exited.then(() => undefined),
  ]);
  if (qmp === undefined) {
    throw failed(
      'qemu-start',
      qemu.ended ? 'QEMU ended at once' : 'QEMU did not open its control connection',
    );
  }
  cleanup.defer('QMP connection', () => qmp.close());
  const result = await within(outcome, limits.readyMs, signal);
  if (result === undefined) throw failed('no-ready', `no "${READY_MARK}" on the console in time`);
  if (result.failure !== undefined) {
    if (result.failure === 'panic') await within(qemu.exited, limits.panicDrainMs, signal);
    throw failed(result.failure, result.message);
  }
  const bootMs = monotonicMs() - startedMs;
  await qmp.negotiate();
  const sshPort = await forwardedPort(qmp);
  const owned = cleanup.move();
  return {
    spec,
    pid: qemu.pid,
    console: recorder,
    qmp,
    sshPort,
    bootMs,
    limits,
    ended: qemu.exited.then(() => stderr()),
    stop,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

interface BootOutcome {
  readonly failure?: BootFailure;
  readonly message: string;
}

/** Settles at the ready mark, at a panic, at QEMU's end, or when nothing at all came in time. */
function watchBoot(
  qemu: SupervisedProcess,
  recorder: ConsoleRecorder,
  limits: MachineLimits,
): Promise<BootOutcome> {
  return new Promise((resolve) => {
    const finish = (outcome: BootOutcome): void => {
      stopWatching();
      clearTimeout(silence);
      resolve(outcome);
    };
    const stopWatching = recorder.onLine((line) => {
      if (line.includes(READY_MARK)) finish({ message: 'ready' });
      else if (line.includes(PANIC_MARK))
        finish({ failure: 'panic', message: `the kernel panicked: ${line.trim()}` });
    });
    const silence = setTimeout(() => {
      if (recorder.bytes === 0)
        finish({ failure: 'no-console', message: 'nothing at all came on the console' });
    }, limits.firstByteMs);
    void qemu.exited.then((status) => {
      const how = status.signal === null ? `exit code ${status.code}` : status.signal;
      finish({ failure: 'qemu-ended', message: `QEMU ended before the guest was ready (${how})` });
    });
  });
}

/** The port that slirp chose for the forward (`hostfwd=tcp:127.0.0.1:0-:22`), from `info usernet`. */
async function forwardedPort(qmp: QmpClient): Promise<number> {
  const text = String(await qmp.execute('human-monitor-command', { 'command-line': 'info usernet' }));
  const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s/.exec(text);
  if (match === null) throw new BootError('qemu-start', 'QEMU names no forwarded port', { detail: text });
  return Number(match[1]);
}

function collect(qemu: SupervisedProcess): () => string {
  let text = '';
  qemu.stderr.on('data', (chunk: Buffer) => {
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
