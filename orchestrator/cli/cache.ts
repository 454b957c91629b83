/** `unplug cache`: what lies in the cache, pruning it, and checking it. */
import { acquireLock, cachePaths, streamProgress, UsageError } from '../base/index.ts';
import {
  type CacheEntry,
  cacheContents,
  parseAgeMs,
  parseBytes,
  pruneCache,
  toPrune,
  verifyCache,
} from '../kernel/index.ts';

/** Options of `cache prune`, as commander gives them. */
export interface PruneOptions {
  readonly olderThan?: string;
  readonly maxSize?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

const DAY_MS = 86_400_000;

/** Lock that every run holds shared: what a run uses is not pruned under it. */
export const CACHE_LOCK = 'cache';

/** `cache ls`: every entry with size, age and what it is. */
export async function cacheLs(signal: AbortSignal): Promise<number> {
  const cache = cachePaths();
  const entries = await cacheContents(cache, signal);
  const lines = entries.map((entry) => line(entry, Date.now()));
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  process.stdout.write(`${[...lines, `${sizeText(total)}  in ${cache.root}`].join('\n')}\n`);
  return 0;
}

/**
 * `cache prune`: removes by age or size. Waits until no run uses the cache.
 * @throws UsageError for a wrong or missing limit
 */
export async function cachePrune(options: PruneOptions, signal: AbortSignal): Promise<number> {
  const limits = limitsOf(options);
  const cache = cachePaths();
  const progress = streamProgress(process.stderr);
  await using _lock = await acquireLock(cache.locks, CACHE_LOCK, signal, () =>
    progress.info('waiting for another unplug that uses the cache'),
  );
  const gone = toPrune(await cacheContents(cache, signal), limits, Date.now());
  const nowMs = Date.now();
  const say = (entry: CacheEntry): void => void process.stdout.write(`${line(entry, nowMs)}\n`);
  if (options.dryRun) for (const entry of gone) say(entry);
  else await pruneCache(gone, cache, signal, say);
  const total = gone.reduce((sum, { bytes }) => sum + bytes, 0);
  process.stdout.write(`${sizeText(total)}  ${options.dryRun ? 'would be' : 'was'} removed\n`);
  return 0;
}

/** `cache verify`: exit code 1 when something is damaged. It is built again when it is needed. */
export async function cacheVerify(signal: AbortSignal): Promise<number> {
  let checked = 0;
  const damaged = await verifyCache(cachePaths(), signal, () => {
    checked += 1;
  });
  for (const { problem } of damaged) process.stdout.write(`damaged: ${problem}\n`);
  process.stdout.write(`${checked} checked, ${damaged.length} damaged\n`);
  return damaged.length === 0 ? 0 : 1;
}

function limitsOf({ olderThan, maxSize, all }: PruneOptions): { olderThanMs?: number; maxBytes?: number } {
  const olderThanMs = olderThan === undefined ? undefined : parseAgeMs(olderThan);
  if (olderThan !== undefined && olderThanMs === undefined) {
    throw new UsageError(`--older-than ${olderThan} is no age`, { hint: 'expected e.g. 14d, 12h or 30m' });
  }
  const maxBytes = all ? 0 : maxSize === undefined ? undefined : parseBytes(maxSize);
  if (maxSize !== undefined && maxBytes === undefined) {
    throw new UsageError(`--max-size ${maxSize} is no size`, { hint: 'expected e.g. 20G or 500M' });
  }
  if (olderThanMs === undefined && maxBytes === undefined) {
    throw new UsageError('what is to be pruned?', { hint: 'add --older-than AGE, --max-size SIZE or --all' });
  }
  return {
    ...(olderThanMs === undefined ? {} : { olderThanMs }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}

function line({ kind, name, bytes, usedAtMs, description }: CacheEntry, nowMs: number): string {
  const days = Math.max(0, (nowMs - usedAtMs) / DAY_MS);
  const age = days < 1 ? 'today' : `${Math.floor(days)} d ago`;
  return `${sizeText(bytes)}  ${kind.padEnd(8)}  ${age.padStart(8)}  ${name}${description ? `  ${description}` : ''}`;
}

function sizeText(bytes: number): string {
  const mib = bytes / 2 ** 20;
  const text = mib >= 1024 ? `${(mib / 1024).toFixed(1)} GiB` : `${mib.toFixed(mib < 10 ? 1 : 0)} MiB`;
  return text.padStart(9);
}
