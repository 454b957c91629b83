/** What the parts of a diagnosis share. */
import { monotonicMs, throwIfAborted, within } from '../base/index.ts';
import { BoundedQmp } from './bounded-qmp.ts';
import type { DiagnosableMachine, Diagnosis, DiagnosisKind, DiagnosisLimits } from './diagnosis-types.ts';

/** A diagnosis that is being made. */
export interface DiagnosisContext {
  readonly machine: DiagnosableMachine;
  readonly limits: DiagnosisLimits;
  readonly qmp: BoundedQmp;
  /** Settles with undefined after `ms`, or at the end of the whole diagnosis. @throws what the signal was aborted with */
  wait<T>(promise: Promise<T>, ms: number): Promise<T | undefined>;
  /** @throws what the signal was aborted with */
  throwIfAborted(): void;
}

/** Begins: the clock of {@link DiagnosisLimits.totalMs} runs from here. */
export function beginDiagnosis(
  machine: DiagnosableMachine,
  limits: DiagnosisLimits,
  signal: AbortSignal | undefined,
): DiagnosisContext {
  const deadlineMs = monotonicMs() + limits.totalMs;
  return {
    machine,
    limits,
    qmp: new BoundedQmp(machine.qmp, limits.qmpMs, deadlineMs, signal),
    wait: async (promise, ms) => {
      const settled = promise.catch(() => undefined);
      const result = await within(settled, Math.max(0, Math.min(ms, deadlineMs - monotonicMs())), signal);
      throwIfAborted(signal);
      return result;
    },
    throwIfAborted: () => throwIfAborted(signal),
  };
}

/** A diagnosis in which no NMI was injected. */
export function diagnosis(kind: DiagnosisKind, summary: string, evidence: readonly string[]): Diagnosis {
  return { kind, summary, evidence, nmiStartByte: null };
}

/** What the control port says: nothing. */
export function controlText({ machine, limits }: DiagnosisContext): string {
  return machine.control === undefined
    ? 'there is no control port to ask'
    : `the control port did not answer within ${limits.controlMs} ms`;
}
