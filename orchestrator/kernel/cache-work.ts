/** Removes things from the cache, and checks what is in it. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock, type CachePaths, temporaryBeside, throwIfAborted, verify } from '../base/index.ts';
import type { CacheEntry } from './cache-contents.ts';

/** A folder of the cache whose files are not what was published. */
export interface DamagedEntry {
  readonly path: string;
  readonly problem: string;
}

/**
 * Removes entries, each under its lock: moved aside first, so that what is half removed is never taken for whole.
 * @throws what the signal was aborted with; errors of the file system
 */
export async function pruneCache(
  entries: readonly CacheEntry[],
  cache: CachePaths,
  signal?: AbortSignal,
  onRemove: (entry: CacheEntry) => void = () => undefined,
): Promise<void> {
  for (const entry of entries) {
    throwIfAborted(signal);
    await using _lock = entry.lock === null ? undefined : await acquireLock(cache.locks, entry.lock, signal);
    onRemove(entry);
    const aside = temporaryBeside(entry.path);
    await rename(entry.path, aside);
    await rm(aside, { recursive: true, force: true });
    if (entry.kind === 'download') await rm(`${entry.path}.sha256`, { force: true });
  }
}

/** Checks every published kernel, everything built for one and every template against its checksums. */
export async function verifyCache(
  cache: CachePaths,
  signal?: AbortSignal,
  onChecked: (path: string) => void = () => undefined,
): Promise<readonly DamagedEntry[]> {
  const damaged: DamagedEntry[] = [];
  const paths: string[] = [];
  for (const directory of [cache.kernels, cache.templates]) {
    const names = (await readdir(directory).catch(() => [])).filter((name) => !name.includes('.tmp-'));
    paths.push(...names.sort().map((name) => join(directory, name)));
  }
  for (const path of paths) {
    const found = await verify(path, signal);
    if (found.state === 'damaged') damaged.push({ path, problem: found.problem });
    onChecked(path);
  }
  return damaged;
}
