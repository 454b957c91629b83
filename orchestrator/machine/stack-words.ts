/** What lies on a guest's kernel stack, as QEMU's monitor reads it without the guest's help. Pure. */
import type { Symbolise } from './system-map.ts';

/** Words that are read from the stack pointer on: some ten frames. */
const WORDS = 192;
const NAMES_SHOWN = 24;

/** The monitor command that reads the stack of the CPU it is sent to. */
export function stackCommand(stackPointer: bigint): string {
  return `x /${WORDS}gx 0x${stackPointer.toString(16)}`;
}

/** The words of the monitor's answer to {@link stackCommand}; it ends where the memory does. */
export function parseStackWords(text: string): readonly bigint[] {
  return text
    .split('\n')
    .filter((line) => /^[0-9a-f]+: 0x/.test(line))
    .flatMap((line) => [...line.slice(line.indexOf(':')).matchAll(/0x([0-9a-f]+)/g)])
    .map((match) => BigInt(`0x${match[1]}`));
}

/**
 * Functions that words on the stack point into, innermost first. A guess, as with the kernel's own frames that are
 * marked `?`: what returned before may have left its address there.
 */
export function stackFunctions(words: readonly bigint[], symbolise: Symbolise): readonly string[] {
  const names = words.map((word) => symbolise(word)).filter((name) => name !== undefined);
  return names.filter((name, at) => name !== names[at - 1]).slice(0, NAMES_SHOWN);
}
