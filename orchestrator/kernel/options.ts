/** What every public function of this folder takes. */
import { availableParallelism } from 'node:os';
import { type CachePaths, cachePaths, type Progress, silentProgress } from '../base/index.ts';
import type { LocatedSource } from './located-source.ts';

/** What getting a kernel takes. Everything has a default. */
export interface KernelOptions {
  readonly cache?: CachePaths;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Parallel jobs of make; the number of CPUs when absent. */
  readonly cpus?: number;
  /**
   * Sources that were located before, by how they are written. Variants that are to be compared share it: a folder on
   * disk may change between one variant and the next, and then they would differ in more than their series.
   */
  readonly located?: LocatedSources;
}

/** What {@link KernelOptions.located} is. */
export type LocatedSources = Map<string, Promise<readonly [LocatedSource, ...LocatedSource[]]>>;

/** Options with their defaults. */
export interface SettledOptions {
  readonly cache: CachePaths;
  readonly progress: Progress;
  readonly cpus: number;
  readonly signal?: AbortSignal;
  readonly located?: LocatedSources;
}

/** Fills in the defaults of {@link KernelOptions}. */
export function settle({ cache, progress, signal, cpus, located }: KernelOptions): SettledOptions {
  return {
    cache: cache ?? cachePaths(),
    progress: progress ?? silentProgress,
    cpus: cpus ?? availableParallelism(),
    ...(signal === undefined ? {} : { signal }),
    ...(located === undefined ? {} : { located }),
  };
}
