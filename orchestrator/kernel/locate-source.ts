/** From a source as it is written to one whose identity is known. */
import { locateDebianSource } from './debian-source.ts';
import { locateGitSource } from './git-source.ts';
import type { LocatedSource, SourceOptions } from './located-source.ts';
import { takeSnapshot } from './snapshot.ts';
import type { SourceSpec } from './source.ts';
import { locateTarSource } from './tar-source.ts';

/**
 * Finds out what a source is at the moment, best first. More than one only for packages: should the first not be had,
 * the others are older ones in the cache. Of a folder on disk a snapshot is taken.
 * @throws UsageError when it does not exist or is no kernel tree; InfraError
 */
export async function locateSource(
  spec: SourceSpec,
  options: SourceOptions,
): Promise<readonly [LocatedSource, ...LocatedSource[]]> {
  switch (spec.kind) {
    case 'debian':
      return locateDebianSource(spec, options);
    case 'git':
      return [await locateGitSource(spec, options)];
    case 'dir':
      return [await takeSnapshot(spec, options)];
    case 'tar':
      return [await locateTarSource(spec, options)];
  }
}
