/** Looks at the CPUs of a guest from outside. */
import { delay } from '../base/index.ts';
import { type CpuActivity, cpuActivities } from './cpu-activity.ts';
import type { DiagnosisContext } from './diagnosis-context.ts';
import { type CpuRegisters, parseRegisters } from './registers.ts';

/**
 * A series of looks at the registers of all CPUs; undefined when QEMU did not answer any more.
 * @throws what the signal was aborted with
 */
export async function lookAtCpus(
  context: DiagnosisContext,
): Promise<readonly (readonly CpuRegisters[])[] | undefined> {
  const { limits } = context;
  const looks: (readonly CpuRegisters[])[] = [];
  for (let count = 0; count < limits.looks; count++) {
    context.throwIfAborted();
    if (count > 0) await delay(limits.lookGapMs);
    const text = await whileStopped(context, () => context.qmp.monitor('info registers -a'));
    if (text === undefined) return undefined;
    looks.push(parseRegisters(text));
  }
  return looks;
}

/**
 * Looks at CPUs that stand still for a millisecond. TCG writes the instruction pointer only where a chain of
 * translated blocks ends (QEMU docs/devel/tcg.rst, "Direct block chaining"): of a running CPU it may be an old one.
 * @returns undefined when QEMU did not answer, or `look` gave nothing
 */
export async function whileStopped(
  { qmp }: DiagnosisContext,
  look: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const stopped = await qmp.ask('stop');
  const text = stopped.kind === 'returned' ? await look() : undefined;
  if (text === undefined) {
    // Should QEMU come back to life, the guest shall run as before.
    qmp.send('cont');
    return undefined;
  }
  const running = await qmp.ask('cont');
  return running.kind === 'returned' ? text : undefined;
}

/** What the CPUs did at these looks, with names where there are any. */
export function activitiesOf(
  { machine }: DiagnosisContext,
  looks: readonly (readonly CpuRegisters[])[],
): readonly CpuActivity[] {
  return cpuActivities(looks, machine.symbolise ?? (() => undefined));
}
