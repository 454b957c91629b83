/** The workload programs: static C, built once per state of their sources. */
import { type CachePaths, ensurePrograms } from '../base/index.ts';

/**
 * Builds the programs of `guest/` (or takes them from the cache when their checksums hold).
 * @param source the repository's `guest` folder
 * @returns the folder with the programs, and nothing else in it
 * @throws BuildError with the first compiler error; what `signal` was aborted with
 */
export function ensureWorkloads(source: string, cache: CachePaths, signal?: AbortSignal): Promise<string> {
  return ensurePrograms(
    {
      name: 'workloads',
      what: 'a workload program',
      directory: source,
      compiler: 'gcc',
      without: ['modules'],
    },
    cache,
    signal,
  );
}
