/** Names for the addresses of a kernel, from its System.map (nm(1): address, type, name a line). Pure. */

/** Finds the function that an address lies in; undefined when it is none of the kernel image. */
export type Symbolise = (address: bigint) => string | undefined;

/** The functions of a kernel image, by address. */
export interface SystemMap {
  /** Ascending. */
  readonly starts: BigUint64Array;
  /** Of the function at the same index. */
  readonly names: readonly string[];
  /** Ranges of code, end excluded: what is outside belongs to a module, to a user program, or is no code. */
  readonly code: readonly { readonly start: bigint; readonly end: bigint }[];
}

/** Markers around code (include/asm-generic/sections.h; arch/x86/kernel/vmlinux.lds.S). */
const CODE_MARKERS = [
  ['_stext', '_etext'],
  ['_sinittext', '_einittext'],
] as const;

/** Code symbols that are no functions: the ends of sections, and the padding before a function (CONFIG_CALL_PADDING). */
const NO_FUNCTION = /^__\w*text_(?:start|end)$|^_text$|^__pfx_/;

/** Reads a System.map. Lines of another shape are ignored. */
export function parseSystemMap(text: string): SystemMap {
  const functions: { readonly start: bigint; readonly name: string }[] = [];
  const addresses = new Map<string, bigint>();
  for (const [, digits, type, name] of text.matchAll(/^([0-9a-f]{8,16}) (\w) (\S+)$/gm)) {
    if (digits === undefined || type === undefined || name === undefined) continue;
    const start = BigInt(`0x${digits}`);
    if (/^_[se](?:init)?text$/.test(name)) addresses.set(name, start);
    else if (/[tTwW]/.test(type) && !NO_FUNCTION.test(name)) functions.push({ start, name });
  }
  functions.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  return {
    starts: BigUint64Array.from(functions, ({ start }) => start),
    names: functions.map(({ name }) => name),
    code: CODE_MARKERS.flatMap(([first, last]) => {
      const [start, end] = [addresses.get(first), addresses.get(last)];
      return start === undefined || end === undefined ? [] : [{ start, end }];
    }),
  };
}

/**
 * The function at an address, without the suffixes of compilers (`.isra.0`). Modules are loaded outside of the image
 * (arch/x86/include/asm/pgtable_64_types.h, MODULES_VADDR): their addresses give undefined, as do those of users.
 */
export function findFunction(map: SystemMap, address: bigint): string | undefined {
  if (!map.code.some(({ start, end }) => address >= start && address < end)) return undefined;
  let [low, high] = [0, map.starts.length];
  // Finds the first function behind the address.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((map.starts[middle] as bigint) <= address) low = middle + 1;
    else high = middle;
  }
  let at = low - 1;
  // Several names of one address: the first, as in the file.
  while (at > 0 && map.starts[at - 1] === map.starts[at]) at--;
  return map.names[at]?.replace(/\.(?:isra|part|constprop|cold|llvm)\b.*$/, '');
}

/**
 * A look-up that reads and parses when it is first asked: megabytes that only a frozen guest needs.
 * @param read gives the text of System.map
 * @param randomised whether the kernel may lie elsewhere than System.map says (CONFIG_RANDOMIZE_BASE=y, and no
 *   `nokaslr`): then no address is given a name, for it could only be a wrong one
 */
export function lazySymbolise(read: () => string, randomised: boolean): Symbolise {
  if (randomised) return () => undefined;
  let map: SystemMap | undefined;
  return (address) => {
    if (map === undefined) {
      let text = '';
      try {
        text = read();
      } catch {
        // A cache that was pruned meanwhile: addresses then stay without names, and the diagnosis goes on.
      }
      map = parseSystemMap(text);
    }
    return findFunction(map, address);
  };
}
