/** CPU registers as QEMU's monitor prints them (QEMU target/i386/cpu-dump.c, x86_cpu_dump_state()). Pure. */

/** One CPU at one moment. */
export interface CpuRegisters {
  readonly cpu: number;
  /** RIP, or EIP of a CPU that is not in 64-bit mode. */
  readonly instructionPointer: bigint;
  readonly stackPointer: bigint;
  /** The IF bit of RFLAGS: whether the CPU takes interrupts. */
  readonly interruptsOn: boolean;
  /** HLT=1: it waits in `hlt`, or for its start. */
  readonly halted: boolean;
  /** CPL: 0 is the kernel, 3 a user program. */
  readonly privilege: number;
}

/** Bit 9 of RFLAGS (Intel SDM volume 1, 3.4.3). */
const INTERRUPT_FLAG = 1n << 9n;

/** Where a CPU stands that nobody has started: the reset vector (Intel SDM volume 3, 10.1.4). */
const RESET_VECTOR = 0xfff0n;

/**
 * Reads the output of `info registers -a`. A CPU whose lines are torn or of another architecture is left out: what is
 * asked of a broken machine may be broken.
 */
export function parseRegisters(text: string): readonly CpuRegisters[] {
  const found: CpuRegisters[] = [];
  const blocks = text.split(/^CPU#(\d+)\r?$/m);
  // Split with one group: text before, number, block, number, block …
  for (let at = 1; at + 1 < blocks.length; at += 2) {
    const block = blocks[at + 1] ?? '';
    const hex = (name: RegExp): bigint | undefined => {
      const digits = name.exec(block)?.[1];
      return digits === undefined ? undefined : BigInt(`0x${digits}`);
    };
    const instructionPointer = hex(/\b[ER]IP=([0-9a-f]+)/);
    const stackPointer = hex(/\b[ER]SP=([0-9a-f]+)/);
    const flags = hex(/\b[ER]FL=([0-9a-f]+)/);
    const privilege = /\bCPL=([0-3])\b/.exec(block)?.[1];
    const halted = /\bHLT=([01])\b/.exec(block)?.[1];
    if (instructionPointer === undefined || stackPointer === undefined || flags === undefined) continue;
    if (privilege === undefined || halted === undefined) continue;
    found.push({
      cpu: Number(blocks[at]),
      instructionPointer,
      stackPointer,
      interruptsOn: (flags & INTERRUPT_FLAG) !== 0n,
      halted: halted === '1',
      privilege: Number(privilege),
    });
  }
  return found;
}

/** Whether the guest has never started this CPU: it waits at the reset vector, which says nothing of a freeze. */
export function isUnstarted(registers: CpuRegisters): boolean {
  return registers.halted && !registers.interruptsOn && registers.instructionPointer === RESET_VECTOR;
}
