/** Frames of a report's text to places in the source, as addr2line(1) knows them. Pure: who asks it is elsewhere. */

/** A place in code that a line names: `foo+0x12/0x34 [mod]`. */
export type CodePlace = {
  readonly name: string;
  /** Bytes from the function's beginning. */
  readonly offset: number;
  readonly module?: string;
  /** The instruction itself, from a register; else where a call returns to. */
  readonly exact: boolean;
  /** Where in the line the name and its offsets stand. */
  readonly from: number;
  readonly to: number;
};

/** One function of those that the compiler put at an address. */
export type SourceFrame = {
  readonly name: string;
  /** `drivers/gpio/gpiolib.c:1103` */
  readonly place: string;
};

const PLACE = /([A-Za-z_$][\w$.]*)\+0x([0-9a-f]{1,8})\/0x[0-9a-f]{1,8}(?: \[([\w-]+)[^\]]{0,60}\])?/;

/** Registers with the instruction that faulted (show_regs() of each architecture). */
const REGISTER = /^ *(?:RIP|EIP|PC is at|NIP|pc|epc)\b/;

/** The code that a line of a report names, if it does. */
export function codePlaceIn(line: string): CodePlace | undefined {
  const match = line.length > 1024 ? null : PLACE.exec(line);
  if (match === null) return undefined;
  const [all, name = '', offset = '', module] = match;
  const to = match.index + all.length;
  const place = {
    name,
    offset: Number.parseInt(offset, 16),
    exact: REGISTER.test(line),
    from: match.index,
    to,
  };
  return module === undefined ? place : { ...place, module };
}

/**
 * The address to ask for, of a function that begins at `start`. A stack holds return addresses, which may belong to
 * the next line of the source; one byte before is the call. At a function's very beginning nothing was called.
 */
export function addressOf(start: bigint, { offset, exact }: Pick<CodePlace, 'offset' | 'exact'>): bigint {
  return start + BigInt(exact || offset === 0 ? offset : offset - 1);
}

/** The first code symbol of each name in the output of nm(1). */
export function parseSymbols(nm: string): ReadonlyMap<string, bigint> {
  const symbols = new Map<string, bigint>();
  for (const [, address = '', name = ''] of nm.matchAll(/^([0-9a-f]{8,16}) [tT] (\S+)$/gm))
    if (!symbols.has(name)) symbols.set(name, BigInt(`0x${address}`));
  return symbols;
}

/** Modules that unplug builds lie in a folder of this name, outside the tree (orchestrator/kernel/fixture-modules.ts). */
const OWN_MODULES = /^\/.*\/(unplug-modules\/)/;

/** What addr2line -afi answered for one address, its first line `0x…` left out: innermost function first. */
export function parseAnswer(lines: readonly string[], root: string): readonly SourceFrame[] {
  const frames: SourceFrame[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const place = (lines[at + 1] as string).replace(/ \(discriminator \d+\)$/, '');
    if (place.startsWith('??:')) continue;
    const known = place.startsWith(root) ? place.slice(root.length) : place;
    frames.push({ name: lines[at] as string, place: known.replace(OWN_MODULES, '$1') });
  }
  return frames;
}

/** Where the source tree was: kernel_init() is in its init/main.c. */
export function sourceRoot(kernelInit: readonly SourceFrame[]): string {
  const place = kernelInit.at(-1)?.place ?? '';
  const at = place.lastIndexOf('init/main.c:');
  return at < 0 ? '' : place.slice(0, at);
}

/**
 * A line with the places of its code: inlined functions on lines of their own before it, as the kernel's symbolised
 * logs have it (`foo include/linux/list.h:217 [inline]`), the function itself with its place behind it.
 */
export function withPlaces(
  line: string,
  place: CodePlace,
  frames: readonly SourceFrame[],
): readonly string[] {
  const own = frames.at(-1);
  if (own === undefined) return [line];
  const indent = /^\s+(?:\? )?/.exec(line)?.[0];
  // Only a stack has room for lines of its own; a headline does not.
  const inlined =
    indent === undefined
      ? []
      : frames.slice(0, -1).map((frame) => `${indent}${frame.name} ${frame.place} [inline]`);
  return [...inlined, `${line.slice(0, place.to)} ${own.place}${line.slice(place.to)}`];
}
