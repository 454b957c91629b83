/** What every public function of this folder takes. */
import { availableParallelism } from 'node:os';
import { type CachePaths, cachePaths, type Progress, silentProgress } from '../base/index.ts';

/** What getting a kernel takes. Everything has a default. */
export interface KernelOptions {
  readonly cache?: CachePaths;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Parallel jobs of make; the number of CPUs when absent. */
  readonly cpus?: number;
}

/** Options with their defaults. */
export interface SettledOptions {
  readonly cache: CachePaths;
  readonly progress: Progress;
  readonly cpus: number;
  readonly signal?: AbortSignal;
}

/** Fills in the defaults of {@link KernelOptions}. */
export function settle({ cache, progress, signal, cpus }: KernelOptions): SettledOptions {
  return {
    cache: cache ?? cachePaths(),
    progress: progress ?? silentProgress,
    cpus: cpus ?? availableParallelism(),
    ...(signal === undefined ? {} : { signal }),
  };
}
