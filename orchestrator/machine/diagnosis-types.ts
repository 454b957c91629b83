/** What a diagnosis needs of a machine, and what it says. */
import type { ExitStatus } from '../base/index.ts';
import type { OomKills } from './host-condition.ts';
import type { TimeLimits } from './limits.ts';
import type { QmpClient } from './qmp.ts';
import type { GuestServer } from './server-state.ts';
import type { Symbolise } from './system-map.ts';

/** A shell of the guest beside the program that unplug talks to: it answers as long as the guest's userspace lives. */
export interface GuestControl {
  /** What the command printed, or undefined when there was no answer within the limit. */
  ask(command: string, limitMs: number): Promise<string | undefined>;
}

/** A machine whose guest does not answer, as far as a diagnosis looks at it. */
export interface DiagnosableMachine {
  /** Of QEMU, on the host. */
  readonly pid: number;
  readonly qmp: Pick<QmpClient, 'execute'>;
  /** Settles when QEMU ended, with what it said on its standard error. */
  readonly ended: Promise<string>;
  /** Settles when QEMU ended, with how. Without it that stays unknown. */
  readonly exited?: Promise<ExitStatus>;
  readonly console: {
    /** Bytes recorded so far. */
    readonly bytes: number;
    lastLines(count: number): string[];
    onLine(listener: (line: string) => void): () => void;
  };
  readonly control?: GuestControl;
  /** The program that did not answer; the SSH server when absent. */
  readonly server?: GuestServer;
  /** Names for kernel addresses. */
  readonly symbolise?: Symbolise;
  /** The counters when the machine started: without them an end by SIGKILL stays unexplained. */
  readonly oomKillsAtStart?: OomKills;
  /** Folders or files on the file systems that the machine needs room on: its memory file, the console's log. */
  readonly paths?: readonly string[];
}

/**
 * Why a guest does not answer:
 * - `qemu-ended`: QEMU is gone;
 * - `qemu-stopped`: a signal or a debugger on the host has stopped QEMU;
 * - `qemu-stuck`: QEMU runs and does not answer on its control connection;
 * - `paused`: QEMU does not run the guest, and says why;
 * - `frozen-spinning`, `frozen-halted`: the CPUs run and nothing gets through to the guest any more;
 * - `server-dead`: the guest lives, only the program that unplug talks to (its SSH server) does not answer;
 * - `no-userspace`: the kernel takes interrupts, no program answers.
 */
export type DiagnosisKind =
  | 'qemu-ended'
  | 'qemu-stopped'
  | 'qemu-stuck'
  | 'paused'
  | 'frozen-spinning'
  | 'frozen-halted'
  | 'server-dead'
  | 'no-userspace';

/** Plain data, as it goes into a record. */
export interface Diagnosis {
  readonly kind: DiagnosisKind;
  /** One line: `CPU 0 spins with interrupts off in unplug_fixture_remove`. */
  readonly summary: string;
  /** A line each. */
  readonly evidence: readonly string[];
  /**
   * Bytes of the console when an NMI was injected: what the kernel prints from there on is our doing and no finding.
   * Null when none was.
   */
  readonly nmiStartByte: number | null;
}

/** Bounds of a diagnosis in milliseconds of host time. */
export interface DiagnosisLimits {
  /** A connection can be lost a moment before QEMU's end is known. */
  readonly endedMs: number;
  /** Of one QMP command. */
  readonly qmpMs: number;
  /** Of the first answer on the control port; also the time between the two series of looks at the CPUs. */
  readonly controlMs: number;
  /** Looks at the CPUs' registers in each of the two series. */
  readonly looks: number;
  readonly lookGapMs: number;
  /** For what the kernel prints after an NMI. */
  readonly nmiMs: number;
  /** Of the whole diagnosis. */
  readonly totalMs: number;
}

/** Without a factor, for one CPU of a quiet host under TCG. */
const UNSCALED = { qmpMs: 2000, controlMs: 3000, nmiMs: 2000 } as const;

/** The limits of a diagnosis on a machine with these bounds. */
export function diagnosisLimits({
  factor,
  qemuEndMs,
  diagnosisMs,
}: Pick<TimeLimits, 'factor' | 'qemuEndMs' | 'diagnosisMs'>): DiagnosisLimits {
  return {
    endedMs: qemuEndMs,
    qmpMs: UNSCALED.qmpMs * factor,
    controlMs: UNSCALED.controlMs * factor,
    // Not scaled: what is slow is looked at as often, and for no longer.
    looks: 8,
    lookGapMs: 25,
    nmiMs: UNSCALED.nmiMs * factor,
    totalMs: diagnosisMs,
  };
}
