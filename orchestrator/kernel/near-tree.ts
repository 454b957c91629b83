/** The tree of the cache that shares the most with a new one: equal files become hard links and keep their times. */
import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CachePaths, exists } from '../base/index.ts';
import { FILE_LIST, type FileEntry, readFileList, sameFile } from './file-list.ts';
import { pacer } from './pace.ts';
import { SOURCE_MARKER } from './source-marker.ts';

/** A tree of the cache and its files. */
export interface NearTree {
  readonly directory: string;
  readonly files: ReadonlyMap<string, FileEntry>;
}

/** Lists that are read: each takes about 0.1 s. */
const MOST_CANDIDATES = 8;

/** Roots of the trees of the cache that have a list, newest first. */
export async function listedTrees(cache: CachePaths): Promise<string[]> {
  const folders: { readonly directory: string; readonly mtimeMs: number }[] = [];
  for (const name of await readdir(cache.sources).catch(() => [])) {
    if (name.includes('.tmp-')) continue;
    const marker = await stat(join(cache.sources, name, SOURCE_MARKER)).catch(() => undefined);
    if (marker !== undefined && (await exists(join(cache.sources, name, FILE_LIST))))
      folders.push({ directory: join(cache.sources, name, 'linux'), mtimeMs: marker.mtimeMs });
  }
  return folders.sort((a, b) => b.mtimeMs - a.mtimeMs).map(({ directory }) => directory);
}

/** Of the trees with a list, newest first, the one with the most files in common; undefined when none has any. */
export async function nearestTree(
  wanted: readonly FileEntry[],
  cache: CachePaths,
  signal?: AbortSignal,
): Promise<NearTree | undefined> {
  const pace = pacer(signal);
  let nearest: (NearTree & { readonly common: number }) | undefined;
  for (const directory of (await listedTrees(cache)).slice(0, MOST_CANDIDATES)) {
    await pace();
    const files = await readFileList(directory);
    if (files === undefined) continue;
    const common = wanted.reduce((sum, entry) => sum + Number(sameFile(files.get(entry.path), entry)), 0);
    if (common > (nearest?.common ?? 0)) nearest = { directory, files, common };
  }
  return nearest;
}

/**
 * Links what a near tree has of a new one.
 * @returns the entries that could not be linked: they are to be written
 * @throws what the signal was aborted with
 */
export async function linkFrom(
  near: NearTree | undefined,
  wanted: readonly FileEntry[],
  target: string,
  signal?: AbortSignal,
): Promise<FileEntry[]> {
  if (near === undefined) return [...wanted];
  const pace = pacer(signal);
  const made = new Set<string>();
  const left: FileEntry[] = [];
  for (const entry of wanted) {
    await pace();
    const to = join(target, entry.path);
    if (!made.has(dirname(to))) {
      mkdirSync(dirname(to), { recursive: true });
      made.add(dirname(to));
    }
    if (!sameFile(near.files.get(entry.path), entry) || !linked(join(near.directory, entry.path), to))
      left.push(entry);
  }
  return left;
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    // Pruned meanwhile, or too many links (ext4 has a bound of 65000).
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    rmSync(to);
    return linked(from, to);
  }
}
