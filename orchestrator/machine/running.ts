/** A guest that is up, however it came up. */
import type { Socket } from 'node:net';
import { type ExitStatus, monotonicMs } from '../base/index.ts';
import type { ConsoleRecorder } from './console.ts';
import { ControlPort } from './control.ts';
import type { TimeLimits } from './limits.ts';
import type { QmpClient } from './qmp.ts';
import type { MachineSpec } from './spec.ts';
import type { RunningQemu } from './start.ts';

/** Whether a guest was booted, or restored from a template. */
export type MachineOrigin = 'boot' | 'clone';

/** A guest that is up. Disposing it ends QEMU and closes the console's log. */
export interface RunningMachine extends AsyncDisposable {
  readonly spec: MachineSpec;
  readonly origin: MachineOrigin;
  readonly pid: number;
  readonly console: ConsoleRecorder;
  readonly qmp: QmpClient;
  /** Reaches the guest's agent, which serves one connection. Paused until somebody reads. */
  readonly agent: Socket;
  /** Reaches the guest's SSH server, which serves one connection. Paused until somebody reads. */
  readonly ssh: Socket;
  readonly control: ControlPort;
  /** From QEMU's start to the guest's ready mark, or to the running clone. */
  readonly upMs: number;
  readonly limits: TimeLimits;
  /** Settles when QEMU ended, with what it said on its standard error. */
  readonly ended: Promise<string>;
  /** The same with how it ended. */
  readonly exited: Promise<ExitStatus>;
  /** What QEMU said on standard error so far. */
  stderr(): string;
  /** Ends QEMU at once and completes the console's log. @throws Error when the log could not be written */
  stop(): Promise<void>;
}

/** A machine around a QEMU whose guest has just come up. */
export function runningMachine(qemu: RunningQemu, origin: MachineOrigin): RunningMachine {
  const { spec, console: recorder, qmp, agent, ssh, limits, exited, stderr, stop, startedMs } = qemu;
  return {
    spec,
    origin,
    pid: qemu.process.pid,
    console: recorder,
    qmp,
    agent,
    ssh,
    control: new ControlPort(qemu.control),
    upMs: monotonicMs() - startedMs,
    limits,
    ended: exited.then(() => stderr()),
    exited,
    stderr,
    stop,
    [Symbol.asyncDispose]: () => qemu[Symbol.asyncDispose](),
  };
}
