/** A source whose identity is known, wherever its content is at the moment. */
import { join } from 'node:path';
import type { CachePaths, Progress } from '../base/index.ts';
import type { AptState, PackageCandidate } from './apt.ts';
import { shortIdentity } from './source-marker.ts';

/** What finding and fetching a source takes. */
export interface SourceOptions {
  readonly cache: CachePaths;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** Where a source's content can be had from. */
export type SourceContent =
  | { readonly at: 'unpacked' }
  | { readonly at: 'package'; readonly path: string; readonly package: string }
  | { readonly at: 'archive'; readonly candidate: PackageCandidate; readonly apt?: AptState }
  | { readonly at: 'git'; readonly objects: string; readonly objectFormat: string; readonly tree: string }
  | { readonly at: 'tar'; readonly file: string };

/** A source that can be put into the cache. */
export interface LocatedSource {
  readonly identity: string;
  readonly description: string;
  /** Where the tree is, or will be. */
  readonly directory: string;
  readonly content: SourceContent;
}

/** Unpacked size of a kernel source (6.12: 1640 MiB). */
const UNPACKED_MIB = 1700;

/** Disk that obtaining a source will take. */
export function sourceNeedMiB({ content }: LocatedSource): number {
  switch (content.at) {
    case 'unpacked':
      return 0;
    case 'package':
    case 'git':
    case 'tar':
      return UNPACKED_MIB;
    case 'archive':
      return UNPACKED_MIB + Math.ceil(content.candidate.bytes / 2 ** 20);
  }
}

/** Where the tree of a source is in the cache, or will be. */
export function treeDirectory(cache: CachePaths, identity: string): string {
  return join(cache.sources, shortIdentity(identity), 'linux');
}
