/** Why does a guest not answer? A hung guest is a finding about the kernel and must be told from all that is not. */
import { beginDiagnosis } from './diagnosis-context.ts';
import { diagnoseGuest } from './diagnosis-guest.ts';
import { qemuEnded, qemuPaused, qemuStopped } from './diagnosis-qemu.ts';
import type { DiagnosableMachine, Diagnosis, DiagnosisLimits } from './diagnosis-types.ts';

/**
 * Looks at a machine whose guest does not answer, from the outside inwards: what is found first explains all
 * that comes after it. A frozen guest is given an NMI, which may end it: the machine is of no other use afterwards.
 * @throws what `signal` was aborted with, and nothing else: a broken machine is what this is for
 */
export async function diagnose(
  machine: DiagnosableMachine,
  limits: DiagnosisLimits,
  signal?: AbortSignal,
): Promise<Diagnosis> {
  const context = beginDiagnosis(machine, limits, signal);
  context.throwIfAborted();
  const outside = (await qemuEnded(context)) ?? (await qemuStopped(context)) ?? (await qemuPaused(context));
  context.throwIfAborted();
  const found = outside ?? (await diagnoseGuest(context));
  context.throwIfAborted();
  return found;
}
