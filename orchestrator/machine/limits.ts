/**
 * All times that unplug waits for a guest, in one place. They are bounds of unplug's own: what a kernel may take is in
 * the suite (`limits`). All scale by one factor, measured on this machine.
 */
import type { Accelerator } from './spec.ts';

/** Bounds in milliseconds of host time. */
export interface TimeLimits {
  /** What they were scaled by, for messages. */
  readonly factor: number;
  /** From QEMU's start to its control connection. */
  readonly controlMs: number;
  /** From QEMU's start to the first byte on the console. */
  readonly firstByteMs: number;
  /** From QEMU's start to the guest's ready mark. */
  readonly readyMs: number;
  /** From the ready mark until the guest's CPUs rest, before it is frozen to a template. */
  readonly idleMs: number;
  /** Writing a template's state, or reading it into a clone. */
  readonly migrateMs: number;
  /** From a running guest to a shell over SSH. */
  readonly sshMs: number;
  /** From a panic's first line to the end of QEMU: the rest of the report. */
  readonly panicDrainMs: number;
  /** Making a clone ready for a case, and plugging the adapter. */
  readonly plugMs: number;
  /** From the start of a hold program to its held state. */
  readonly heldMs: number;
  /** A hold or removing program's answer to a command. */
  readonly commandMs: number;
  /** One look at tasks of the guest. */
  readonly observeMs: number;
  /** What a removal may still need once what it waited for is gone. */
  readonly releasedMs: number;
  /** The end of a hold program that was told to end. */
  readonly quitMs: number;
  /** An answer of the health program. */
  readonly healthMs: number;
  /** A selftest of the kernel's own, when its suite names no bound: some sleep for seconds and start hundreds of processes. */
  readonly selftestMs: number;
  /** A mark on the console, after all that was printed before. */
  readonly consoleMarkMs: number;
  /** The end of QEMU after the end of a connection to it. */
  readonly qemuEndMs: number;
  /** Finding out what is the matter with a guest that does not answer. */
  readonly diagnosisMs: number;
}

/** A KASAN kernel is ready in 5 to 8 s under TCG on two shared cores; the bounds leave room for a loaded host. */
const UNSCALED: Omit<TimeLimits, 'factor'> = {
  controlMs: 20_000,
  firstByteMs: 40_000,
  readyMs: 120_000,
  idleMs: 60_000,
  migrateMs: 30_000,
  sshMs: 60_000,
  panicDrainMs: 10_000,
  plugMs: 60_000,
  heldMs: 60_000,
  commandMs: 30_000,
  observeMs: 15_000,
  releasedMs: 10_000,
  quitMs: 2000,
  healthMs: 30_000,
  selftestMs: 120_000,
  consoleMarkMs: 10_000,
  qemuEndMs: 300,
  diagnosisMs: 10_000,
};

/** A boot that takes as long as this one is what the unscaled bounds are for. */
const REFERENCE_BOOT_MS = 12_000;
/** Beyond that a bound is no bound any more. */
const FACTOR_MAX = 20;

/** What a machine's factor is made from. */
export interface Pace {
  readonly accelerator: Accelerator;
  /** How long the kernel took to boot here, when that is known. */
  readonly bootMs?: number;
  /** Running tasks a CPU (load average by number of CPUs). */
  readonly loadPerCpu?: number;
}

/** The factor for a machine: 1 on two quiet cores under TCG with KASAN, more where boots take longer or others work. */
export function timeFactor({ accelerator, bootMs, loadPerCpu }: Pace): number {
  const least = accelerator === 'tcg' ? 1 : 0.5;
  const measured = (bootMs ?? 0) / REFERENCE_BOOT_MS;
  return Math.min(FACTOR_MAX, Math.max(least, measured, (loadPerCpu ?? 0) / 2));
}

/** The bounds for a factor. */
export function timeLimits(factor: number): TimeLimits {
  const scaled = Object.entries(UNSCALED).map(([name, ms]) => [name, Math.round(ms * factor)] as const);
  return { factor, ...(Object.fromEntries(scaled) as unknown as Omit<TimeLimits, 'factor'>) };
}

/** `plugMs, 90 s (60 s x 1.5)`: which bound ran out, for messages. */
export function limitName(limits: TimeLimits, name: Exclude<keyof TimeLimits, 'factor'>): string {
  const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))} s`;
  const scaled =
    limits.factor === 1 ? '' : ` (${seconds(UNSCALED[name])} x ${Number(limits.factor.toFixed(2))})`;
  return `${name}, ${seconds(limits[name])}${scaled}`;
}
