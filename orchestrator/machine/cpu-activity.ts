/** What the CPUs of a guest are doing, from several looks at their registers. Pure. */
import { type CpuRegisters, isUnstarted } from './registers.ts';
import type { Symbolise } from './system-map.ts';

/**
 * - `spinning`: interrupts off at every look, and not always halted: nothing but an NMI gets through to it;
 * - `halted`: interrupts off and halted at every look: as above, and it does not even run;
 * - `busy`: in the kernel and never halted, but it takes interrupts;
 * - `idle`: halted at every look, waiting for an interrupt that it takes;
 * - `unstarted`: the guest has never used it;
 * - `active`: anything else.
 */
export type CpuActivityKind = 'spinning' | 'halted' | 'busy' | 'idle' | 'unstarted' | 'active';

/** What a CPU did over a series of looks. */
export interface CpuActivity {
  readonly cpu: number;
  readonly kind: CpuActivityKind;
  readonly looks: number;
  /** At how many looks it was halted, had interrupts off, and ran a user program. */
  readonly halted: number;
  readonly interruptsOff: number;
  readonly inUserMode: number;
  /** Functions, or addresses where there is no name, with how often the CPU was there; the most frequent first. */
  readonly places: readonly { readonly name: string; readonly count: number }[];
  /** At the last look. */
  readonly stackPointer: bigint;
}

/** What each CPU did. A look is what `info registers -a` gave at one moment. */
export function cpuActivities(
  looks: readonly (readonly CpuRegisters[])[],
  symbolise: Symbolise,
): readonly CpuActivity[] {
  const byCpu = new Map<number, CpuRegisters[]>();
  for (const registers of looks.flat())
    byCpu.set(registers.cpu, [...(byCpu.get(registers.cpu) ?? []), registers]);
  return [...byCpu]
    .sort(([a], [b]) => a - b)
    .map(([cpu, seen]): CpuActivity => {
      const count = (fits: (one: CpuRegisters) => boolean): number => seen.filter(fits).length;
      return {
        cpu,
        kind: kindOf(seen),
        looks: seen.length,
        halted: count(({ halted }) => halted),
        interruptsOff: count(({ interruptsOn }) => !interruptsOn),
        inUserMode: count(({ privilege }) => privilege === 3),
        places: placesOf(seen, symbolise),
        stackPointer: seen.at(-1)?.stackPointer ?? 0n,
      };
    });
}

function kindOf(seen: readonly CpuRegisters[]): CpuActivityKind {
  const [off, on] = [seen.every((one) => !one.interruptsOn), seen.every((one) => one.interruptsOn)];
  const [halted, running] = [seen.every((one) => one.halted), seen.every((one) => !one.halted)];
  if (seen.every(isUnstarted)) return 'unstarted';
  if (off) return halted ? 'halted' : 'spinning';
  if (halted && on) return 'idle';
  return running && seen.every((one) => one.privilege === 0) ? 'busy' : 'active';
}

function placesOf(seen: readonly CpuRegisters[], symbolise: Symbolise): CpuActivity['places'] {
  const counts = new Map<string, number>();
  for (const { instructionPointer, privilege } of seen) {
    const address = `0x${instructionPointer.toString(16)}`;
    const name = privilege === 3 ? 'a user program' : (symbolise(instructionPointer) ?? address);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

/** How a guest is frozen, and the CPUs that show it. */
export interface Freeze {
  readonly kind: 'frozen-spinning' | 'frozen-halted';
  readonly cpus: readonly CpuActivity[];
}

/**
 * Whether a guest that answers nothing is frozen. One CPU that spins with interrupts off is enough: the others wait
 * for it sooner or later (smp_call_function(), RCU), or idle because all work is behind it. A CPU that is halted with
 * interrupts off may only have been taken offline (arch/x86/kernel/smpboot.c native_play_dead()): that is a freeze
 * when all are.
 * @returns undefined when the CPUs look like those of a guest that works or waits
 */
export function freezeOf(activities: readonly CpuActivity[]): Freeze | undefined {
  const started = activities.filter(({ kind }) => kind !== 'unstarted');
  const of = (kind: CpuActivityKind): readonly CpuActivity[] => started.filter((one) => one.kind === kind);
  const [spinning, halted, busy] = [of('spinning'), of('halted'), of('busy')];
  if (spinning.length > 0) return { kind: 'frozen-spinning', cpus: spinning };
  if (started.length === 0) return undefined;
  if (halted.length === started.length) return { kind: 'frozen-halted', cpus: halted };
  return busy.length > 0 && busy.length + halted.length === started.length
    ? { kind: 'frozen-spinning', cpus: busy }
    : undefined;
}

/** `CPU 0: spinning; interrupts off 16/16, halted 0/16; delay_tsc 12×, 0xffffffffc0201234 4×` */
export function activityText(activity: CpuActivity): string {
  const { cpu, kind, looks, halted, interruptsOff, inUserMode, places } = activity;
  if (kind === 'unstarted') return `CPU ${cpu}: never started by the guest`;
  const user = inUserMode === 0 ? '' : `, in user mode ${inUserMode}/${looks}`;
  const where = places.map(({ name, count }) => `${name} ${count}×`).join(', ');
  return `CPU ${cpu}: ${kind}; interrupts off ${interruptsOff}/${looks}, halted ${halted}/${looks}${user}; ${where}`;
}

const DOES: Readonly<Record<CpuActivityKind, string>> = {
  spinning: 'spins with interrupts off',
  halted: 'is halted with interrupts off',
  busy: 'is busy',
  idle: 'idles',
  active: 'runs',
  unstarted: 'was never started',
};

/** What such a CPU does, as a clause: `spins with interrupts off`. */
export function activityClause(kind: CpuActivityKind): string {
  return DOES[kind];
}

/** Whether a CPU has something to do. Timers wake an idle CPU now and then; one that was awake at most looks has work. */
export function hasWork({ kind, halted, looks }: CpuActivity): boolean {
  if (kind === 'active') return halted * 2 < looks;
  return kind === 'busy' || kind === 'spinning';
}
