/** The name of a kernel: a hash of everything that goes into it. */
import { hashParts } from '../base/index.ts';
import { type AskedSymbol, configLine } from './fragment.ts';
import { KERNEL_FLAGS } from './make-command.ts';
import type { Toolchain } from './toolchain.ts';

/** Raise it when the way of building changes in a way that changes what comes out. */
export const BUILDER_VERSION = 2;

/** All that decides what a kernel is. */
export interface KernelInputs {
  /** Identity of the tree's content, series included. */
  readonly source: string;
  /** What was asked for, as lines of a `.config`, sorted: order and comments of fragments don't matter. */
  readonly config: readonly string[];
  readonly compiler: string;
  readonly linker: string;
  /** Flags and pinned variables of make. */
  readonly flags: readonly string[];
  readonly builder: number;
}

/** Puts the inputs of a kernel together. */
export function kernelInputs(
  source: string,
  asked: readonly AskedSymbol[],
  { compiler, linker }: Toolchain,
): KernelInputs {
  return {
    source,
    config: asked.map(configLine).sort(),
    compiler,
    linker,
    flags: KERNEL_FLAGS,
    builder: BUILDER_VERSION,
  };
}

/** 24 hex digits that name the kernel. */
export function kernelKey(inputs: KernelInputs): string {
  const lists = [inputs.config, inputs.flags].map((list) => hashParts(list));
  return hashParts([inputs.source, ...lists, inputs.compiler, inputs.linker, String(inputs.builder)]).slice(
    0,
    24,
  );
}
