/** From a source whose identity is known to its tree in the cache. */
import { dirname, join } from 'node:path';
import { exists, InfraError } from '../base/index.ts';
import { fetchPackage } from './debian-fetch.ts';
import { checkOutTree } from './git-source.ts';
import type { LocatedSource, SourceOptions } from './located-source.ts';
import type { KernelSource } from './source.ts';
import { SOURCE_MARKER } from './source-marker.ts';
import { unpackTar } from './tar-source.ts';

/**
 * Makes sure that a located source lies in the cache; downloads and unpacks what is missing.
 * @throws InfraError when it can't be had or is damaged; UsageError when its content is refused
 */
export async function obtainSource(source: LocatedSource, options: SourceOptions): Promise<KernelSource> {
  const { identity, description, directory, content } = source;
  const result: KernelSource = { identity, description, directory };
  switch (content.at) {
    case 'unpacked':
      if (!(await exists(join(dirname(directory), SOURCE_MARKER))))
        throw new InfraError(`${directory} went away while it was needed`, { hint: 'start again' });
      break;
    case 'package':
    case 'archive':
      await fetchPackage(result, content, options);
      break;
    case 'git':
      await checkOutTree(result, content, options);
      break;
    case 'tar':
      await unpackTar(result, content, options);
      break;
  }
  return result;
}
