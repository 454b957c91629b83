/** Kernels: from a variant's name to verified files. */

export type { LocatedSource } from './debian-source.ts';
export { ensureFixtureModules, type FixtureModule, type FixtureModules } from './fixture-modules.ts';
export type { AskedSymbol } from './fragment.ts';
export {
  type BuildTimings,
  ensureKernel,
  type Kernel,
  type KernelMetadata,
  type KernelTimings,
} from './kernel.ts';
export type { KernelInputs } from './kernel-key.ts';
export type { KernelOptions } from './options.ts';
export { formatSource, parseSource, type SourceSpec } from './source.ts';
export { type FinalConfig, hasSymbol, missingSymbols, parseFinalConfig, readFinalConfig } from './symbols.ts';
export { probeToolchain, type Toolchain } from './toolchain.ts';
export {
  kernelConfigsDirectory,
  loadVariants,
  parseVariants,
  resolveVariant,
  type Variant,
  type VariantsFile,
} from './variants.ts';
