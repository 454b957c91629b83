/** Which files differ between two trees of the cache, from their lists. */
import { throwIfAborted } from '../base/index.ts';
import { type FileEntry, readFileList, sameFile } from './file-list.ts';

/** With more than this a build from scratch is as quick. */
const MOST_CHANGES = 2000;

/** Paths that are in one list only or differ, sorted. */
export function differingPaths(
  from: ReadonlyMap<string, FileEntry>,
  to: ReadonlyMap<string, FileEntry>,
): string[] {
  const paths = [...to.keys()].filter((path) => !sameFile(from.get(path), to.get(path)));
  for (const path of from.keys()) if (!to.has(path)) paths.push(path);
  return paths.sort();
}

/**
 * The paths that differ between two sources of the cache that have no series on them. Undefined when that is not
 * known (packages and archives have no list) or when there are more than 2000.
 * @throws what the signal was aborted with
 */
export async function changedFiles(
  from: { readonly identity: string; readonly directory: string },
  to: { readonly identity: string; readonly directory: string },
  signal?: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (from.identity === to.identity) return [];
  const before = await readFileList(from.directory);
  if (before === undefined) return undefined;
  throwIfAborted(signal);
  const after = await readFileList(to.directory);
  if (after === undefined) return undefined;
  const paths = differingPaths(before, after);
  return paths.length > MOST_CHANGES ? undefined : paths;
}
