/** What a variant's kernel can be built from: its source, and its series read. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KernelTree, patchTree, plainTree } from './kernel-tree.ts';
import { locateSource } from './locate-source.ts';
import type { LocatedSource, SourceOptions } from './located-source.ts';
import type { LocatedSources } from './options.ts';
import { loadSeries, type Series } from './series/index.ts';
import { formatSource, type SourceSpec } from './source.ts';
import { parseMarker, SOURCE_MARKER } from './source-marker.ts';
import type { Variant } from './variants.ts';

/** Candidates for a variant's source, best first, and what goes on it. */
export interface Bases {
  readonly sources: readonly [LocatedSource, ...LocatedSource[]];
  readonly series: readonly Series[];
}

/**
 * Finds a variant's source and reads its series. Nothing is unpacked for it.
 * @throws InfraError, UsageError when the source or the series can't be had
 */
export async function locateBases(
  { source, series }: Pick<Variant, 'source' | 'series'>,
  options: SourceOptions & { readonly located?: LocatedSources },
): Promise<Bases> {
  const sources = await located(source, options);
  const loaded: Series[] = [];
  for (const { spec, first } of series) {
    const one = await loadSeries(spec, options);
    loaded.push(first === undefined ? one : firstPatches(one, first));
  }
  return { sources, series: loaded };
}

async function located(
  source: SourceSpec,
  options: SourceOptions & { readonly located?: LocatedSources },
): Promise<Bases['sources']> {
  const name = formatSource(source);
  const before = options.located?.get(name);
  if (before !== undefined) return before;
  const found = locateSource(source, options);
  options.located?.set(name, found);
  return found;
}

/** The tree of one candidate. @throws BuildError when a patch does not apply */
export async function treeOf(
  base: LocatedSource,
  { series }: Bases,
  options: SourceOptions,
): Promise<KernelTree> {
  if (series.length === 0) return plainTree(base);
  return patchTree(base, series, options, await unpackedSources(options.cache.sources, base.identity));
}

/** A series cut off after its first patches, for `--each-patch`. */
function firstPatches(series: Series, count: number): Series {
  return {
    ...series,
    patches: series.patches.slice(0, count),
    description: `${series.name}, patches 1 to ${count} of ${series.patches.length}`,
  };
}

/** Sources in the cache that have no series on them, but for one. */
async function unpackedSources(
  sources: string,
  but: string,
): Promise<{ readonly description: string; readonly directory: string }[]> {
  const found: { description: string; directory: string }[] = [];
  for (const folder of await readdir(sources).catch(() => [])) {
    const text = await readFile(join(sources, folder, SOURCE_MARKER), 'utf8').catch(() => '');
    const marker = parseMarker(text);
    if (marker === undefined || marker.base !== undefined || marker.identity === but) continue;
    found.push({ description: marker.description, directory: join(sources, folder, 'linux') });
  }
  return found;
}
