/** Kernels: from a variant's name to verified files. */

export { Addr2line, symbolList } from './addr2line.ts';
export { builtInModules } from './built-in-modules.ts';
export { type CacheEntry, cacheContents } from './cache-contents.ts';
export { type DamagedEntry, pruneCache, verifyCache } from './cache-work.ts';
export { ensureFixtureModules, type FixtureModule, type FixtureModules } from './fixture-modules.ts';
export type { AskedSymbol } from './fragment.ts';
export {
  type BuildTimings,
  ensureKernel,
  type Kernel,
  type KernelMetadata,
  type KernelTimings,
} from './kernel.ts';
export { cachedKernelFiles, type KernelFiles, kernelFiles } from './kernel-files.ts';
export type { KernelInputs } from './kernel-key.ts';
export type { KernelTree } from './kernel-tree.ts';
export { type OneShot, oneShotOptions, oneShotVariants } from './one-shot.ts';
export type { KernelOptions, LocatedSources } from './options.ts';
export { systemMapNames } from './promises.ts';
export { type PruneLimits, parseAgeMs, parseBytes, toPrune } from './prune.ts';
export { ensureSelftests, type Selftests } from './selftests.ts';
export { formatSource, parseSource, type SourceSpec } from './source.ts';
export { type FinalConfig, hasSymbol, missingSymbols, parseFinalConfig, readFinalConfig } from './symbols.ts';
export { probeToolchain, type Toolchain } from './toolchain.ts';
export {
  describeVariant,
  kernelConfigsDirectory,
  loadVariants,
  parseVariants,
  resolveVariant,
  type Variant,
  type VariantsFile,
} from './variants.ts';
