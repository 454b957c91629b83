/** Trees of the cache appear whole or not at all. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  acquireLock,
  exists,
  formatDurationMs,
  monotonicMs,
  removeLeftOvers,
  runCommand,
  temporaryBeside,
  throwIfAborted,
  writeFileAtomic,
} from '../base/index.ts';
import type { SourceOptions } from './located-source.ts';
import type { KernelSource } from './source.ts';
import { SOURCE_MARKER, type SourceMarker, shortIdentity } from './source-marker.ts';

/**
 * Makes sure that a tree is in the cache. Under its lock `fill` writes it into the folder `linux` of a temporary folder
 * (and what belongs beside it into that folder); then come the marker and the rename. A folder without marker is none
 * of ours or damaged, and done again.
 * @param fill gives what the marker says beyond identity and description
 * @param prepare gets what `fill` needs; its time is not counted as unpacking
 * @throws what the two throw; what the signal was aborted with
 */
export async function ensureTree(
  source: KernelSource,
  options: SourceOptions,
  fill: (temporary: string) => Promise<Partial<SourceMarker>>,
  prepare: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { cache, signal, progress } = options;
  const { identity, description } = source;
  const root = dirname(source.directory);
  const marker = join(root, SOURCE_MARKER);
  if (await exists(marker)) return;
  await using _lock = await acquireLock(cache.locks, `source-${shortIdentity(identity)}`, signal, () =>
    progress.info(`waiting for another unplug that fetches ${description}`),
  );
  if (await exists(marker)) return;
  if (await exists(root)) progress.warn(`${root} is incomplete: unpacking it again`);
  await prepare();
  await removeLeftOvers(root);
  const temporary = temporaryBeside(root);
  try {
    await mkdir(join(temporary, 'linux'), { recursive: true });
    const startedMs = monotonicMs();
    const more = await fill(temporary);
    const said: SourceMarker = { ...more, identity, description };
    // A rename may reach the disk before the files that it publishes.
    await runCommand({ argv: ['sync', '-f', temporary], ...(signal === undefined ? {} : { signal }) });
    throwIfAborted(signal);
    await writeFileAtomic(join(temporary, SOURCE_MARKER), `${JSON.stringify(said, undefined, 2)}\n`);
    await rm(root, { recursive: true, force: true });
    await rename(temporary, root);
    progress.info(`unpacked ${description} in ${formatDurationMs(monotonicMs() - startedMs)}`);
  } finally {
    progress.clear();
    // Deleting a whole tree takes seconds, which an interrupted user need not wait: the next run does it.
    if (!signal?.aborted) await rm(temporary, { recursive: true, force: true });
  }
}
