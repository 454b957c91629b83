/** All time limits of a machine in one place, scaled once by how fast the guest runs. */
import type { Accelerator } from './spec.ts';

/** Bounds in milliseconds of host time. */
export interface MachineLimits {
  /** From QEMU's start to its control connection. */
  readonly controlMs: number;
  /** From QEMU's start to the first byte on the console. */
  readonly firstByteMs: number;
  /** From QEMU's start to the guest's ready mark. */
  readonly readyMs: number;
  /** From the ready mark to a shell over SSH. */
  readonly sshMs: number;
  /** From a panic's first line to the end of QEMU: the rest of the report. */
  readonly panicDrainMs: number;
}

/** A KASAN kernel is ready in 5 to 8 s under TCG on two shared cores; the factor leaves room for a loaded host. */
export function machineLimits(accelerator: Accelerator): MachineLimits {
  const factor = accelerator === 'tcg' ? 1 : 0.5;
  return {
    controlMs: 20_000 * factor,
    firstByteMs: 40_000 * factor,
    readyMs: 120_000 * factor,
    sshMs: 60_000 * factor,
    panicDrainMs: 10_000 * factor,
  };
}
