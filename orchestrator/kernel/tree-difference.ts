/** Which files differ between two trees of the cache, without reading the trees. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { changedFiles } from './changed-files.ts';
import { parseMarker, SOURCE_MARKER, shortIdentity } from './source-marker.ts';

/** A tree of the cache. */
export interface TreePlace {
  readonly identity: string;
  readonly directory: string;
}

interface Patched {
  readonly base: TreePlace;
  readonly changes: readonly string[];
}

/**
 * The paths that differ, or may: every path that a series changes on either side counts. Undefined when the two have
 * no known relation, or differ in too much.
 */
export async function treeDifference(
  from: TreePlace,
  to: TreePlace,
  sources: string,
  signal?: AbortSignal,
): Promise<readonly string[] | undefined> {
  const [a, b] = await Promise.all([patchedOf(from, sources), patchedOf(to, sources)]);
  const between = a.base.identity === b.base.identity ? [] : await changedFiles(a.base, b.base, signal);
  return between === undefined ? undefined : [...new Set([...between, ...a.changes, ...b.changes])].sort();
}

/** What a tree is made of: its base and the paths that series changed. */
async function patchedOf(tree: TreePlace, sources: string): Promise<Patched> {
  const text = await readFile(join(dirname(tree.directory), SOURCE_MARKER), 'utf8').catch(() => '');
  const { base, changes } = parseMarker(text) ?? {};
  if (base === undefined || changes === undefined) return { base: tree, changes: [] };
  return { base: { identity: base, directory: join(sources, shortIdentity(base), 'linux') }, changes };
}
