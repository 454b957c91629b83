/**
 * What a kernel prints on an NMI that it can't explain. With `unknown_nmi_panic` it panics and shows the registers and
 * the stack of the interrupted code (arch/x86/kernel/nmi.c unknown_nmi_error(), kernel/panic.c panic()). Pure.
 */

/** The code that the NMI interrupted. */
export interface NmiReport {
  /** The CPU that took it; null when the kernel does not say. */
  readonly cpu: number | null;
  /** Where the CPU was and its callers, innermost first, e.g. `queued_spin_lock_slowpath`, `unplug_fixture_remove`. */
  readonly functions: readonly string[];
}

/** `[    5.123456][    C0] ` (CONFIG_PRINTK_TIME, CONFIG_PRINTK_CALLER). */
const PREFIX = /^(?:\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? )?/;
const FRAME = /^ +(\??) ?([A-Za-z_][\w.]*)\+0x[0-9a-f]+\/0x[0-9a-f]+/;

/** Reads the lines that came after an NMI; without a stack in them there are no functions. */
export function parseNmiReport(lines: readonly string[]): NmiReport {
  const bodies = lines.map((line) => line.replace(PREFIX, ''));
  const cpu = bodies
    .map((body) => /^Uhhuh\. NMI received .* on CPU (\d+)\./.exec(body)?.[1])
    .find((number) => number !== undefined);
  // The handler's own frames come first; the interrupted code begins at the registers.
  const begin = bodies.findIndex((body) => /^RIP: [0-9a-f]{4}:/.test(body));
  const functions: string[] = [];
  for (const body of begin < 0 ? [] : bodies.slice(begin)) {
    const rip = /^RIP: [0-9a-f]{4}:([A-Za-z_][\w.]*)\+0x/.exec(body)?.[1];
    // The registers of the system call that it all began with: the end of the kernel's part.
    if (functions.length > 0 && body.startsWith('RIP: ')) break;
    const [, doubtful, frame] = FRAME.exec(body) ?? [];
    const name = rip ?? (doubtful === '' ? frame : undefined);
    if (name !== undefined) functions.push(plain(name));
  }
  return { cpu: cpu === undefined ? null : Number(cpu), functions };
}

/** What spins on behalf of others: it says how a CPU waits, not for what (kernel/locking, lib/delay.c, mm/kasan). */
const SPINNING =
  /^_*(?:(?:do_)?raw_(?:spin|read|write)_|(?:native_|pv_)?queued_|(?:const_)?[mun]delay|delay_|delay$|(?:asan|kasan|tsan)_|lock_(?:acquire|release)|smp_call_function|csd_lock|cpu_relax|rep_nop|native_(?:pause|halt))/;

/** The first function that is more than spinning machinery; else the innermost; undefined when there is none. */
export function tellingFunction(functions: readonly string[]): string | undefined {
  return functions.find((name) => !SPINNING.test(name)) ?? functions[0];
}

function plain(name: string): string {
  return name.replace(/\.(?:isra|part|constprop|cold|llvm)\b.*$/, '');
}
