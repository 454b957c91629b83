/** What can still be had of a guest that stands still. */
import { activityClause, activityText, type CpuActivity, type Freeze, hasWork } from './cpu-activity.ts';
import { whileStopped } from './cpu-looks.ts';
import { controlText, type DiagnosisContext } from './diagnosis-context.ts';
import type { Diagnosis } from './diagnosis-types.ts';
import { type NmiReport, parseNmiReport, tellingFunction } from './nmi-report.ts';
import { parseStackWords, stackCommand, stackFunctions } from './stack-words.ts';

const NMI_LINES = 80;
/** The CPU that takes an injected NMI: it comes by LINT1 (arch/x86/kernel/apic/apic.c setup_local_APIC()). */
const NMI_CPU = 0;

/**
 * A guest whose CPUs take nothing in: what they do, what is on their stacks, and what the kernel says to an NMI.
 * @throws what the signal was aborted with
 */
export async function diagnoseFreeze(
  context: DiagnosisContext,
  freeze: Freeze,
  activities: readonly CpuActivity[],
): Promise<Diagnosis> {
  const stacks: string[] = [];
  // Also of those that are not frozen: they may show who waits for the frozen one.
  for (const cpu of activities.filter((one) => freeze.cpus.includes(one) || hasWork(one)))
    stacks.push(...(await stackOf(context, cpu)));
  const nmi = freeze.cpus.some(({ cpu }) => cpu === NMI_CPU) ? await injectNmi(context) : NO_NMI;
  const report = parseNmiReport(nmi.lines);
  return {
    kind: freeze.kind,
    summary: freezeSummary(freeze, report),
    evidence: [
      controlText(context),
      'the console printed nothing meanwhile',
      ...activities.map(activityText),
      ...stacks,
      ...nmi.evidence,
    ],
    nmiStartByte: nmi.startByte,
  };
}

/** `CPU 0 spins with interrupts off in unplug_fixture_remove, CPU 1 in queued_spin_lock_slowpath`. Pure. */
function freezeSummary({ cpus }: Freeze, report: NmiReport): string {
  const clauses = cpus.map(({ cpu, kind, places }, index) => {
    // The kernel knows its modules, System.map does not; and it tells who called what spins.
    const told = report.cpu === cpu ? tellingFunction(report.functions) : undefined;
    const does = index === 0 ? ` ${activityClause(kind)}` : '';
    return `CPU ${cpu}${does} in ${told ?? places[0]?.name ?? '?'}`;
  });
  const all = clauses.join(', ');
  return cpus.some(({ kind }) => kind === 'busy') ? `${all}; the guest answers nothing` : all;
}

async function stackOf(context: DiagnosisContext, activity: CpuActivity): Promise<readonly string[]> {
  const { symbolise } = context.machine;
  if (symbolise === undefined) return [];
  const { cpu, stackPointer } = activity;
  const text = await whileStopped(context, () => context.qmp.monitor(stackCommand(stackPointer), cpu));
  const names = stackFunctions(parseStackWords(text ?? ''), symbolise);
  return names.length === 0 ? [] : [`CPU ${cpu}, found on its stack:`, ...names.map((name) => `  ? ${name}`)];
}

interface InjectedNmi {
  readonly startByte: number | null;
  readonly lines: readonly string[];
  readonly evidence: readonly string[];
}

/**
 * When another CPU is frozen an NMI would only end the guest: the first CPU panics, and waits in vain for the frozen
 * one to stop before it prints anything (kernel/panic.c panic_other_cpus_shutdown(); seconds under TCG).
 */
const NO_NMI: InjectedNmi = {
  startByte: null,
  lines: [],
  evidence: [`no NMI was injected: CPU ${NMI_CPU}, which would take it, is not the frozen one`],
};

/**
 * The one interrupt that a CPU can't turn off. With `unknown_nmi_panic` the kernel then shows where the CPU was, and
 * panics; without it a kernel with interrupts off can't even print that it wonders.
 */
async function injectNmi(context: DiagnosisContext): Promise<InjectedNmi> {
  const { machine, limits, qmp } = context;
  const startByte = machine.console.bytes;
  const lines: string[] = [];
  const stopListening = machine.console.onLine((line) => lines.push(line));
  try {
    const answer = await qmp.ask('inject-nmi');
    context.throwIfAborted();
    if (answer.kind === 'refused')
      return { startByte: null, lines, evidence: [`QEMU refused to inject an NMI: ${answer.why}`] };
    const ended = await context.wait(machine.ended, limits.nmiMs);
    const told = lines.slice(0, NMI_LINES);
    const end = ended === undefined ? [] : ['QEMU ended after the NMI'];
    const header =
      told.length === 0
        ? `an NMI was injected at byte ${startByte} of the console; the kernel said nothing`
        : `an NMI was injected at byte ${startByte} of the console; the kernel said:`;
    return { startByte, lines, evidence: [header, ...told.map((line) => `  ${line}`), ...end] };
  } finally {
    stopListening();
  }
}
