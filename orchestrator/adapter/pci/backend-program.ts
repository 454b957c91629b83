/** The program that speaks vhost-user with QEMU: Node has neither mmap nor descriptors that come over a socket. */
import { join } from 'node:path';
import { type CachePaths, cachePaths, ensurePrograms, repositoryRoot } from '../../base/index.ts';

const NAME = 'vhost-user-backend';

/** Its sources. */
export const BACKEND_SOURCES: string = join(repositoryRoot, 'host', 'vhost-user');

/**
 * Compiles it, or takes it from the cache.
 * @returns its path
 * @throws BuildError; what the signal was aborted with
 */
export async function ensureBackendProgram(
  signal?: AbortSignal,
  cache: CachePaths = cachePaths(),
): Promise<string> {
  const directory = await ensurePrograms(
    { name: 'vhost-user', what: 'the vhost-user back-end', directory: BACKEND_SOURCES, compiler: 'cc' },
    cache,
    signal,
  );
  return join(directory, NAME);
}
