/** Which things of the cache go, by age or by size. Pure. */
import type { CacheEntry, CacheKind } from './cache-contents.ts';

/** What is to be kept. */
export interface PruneLimits {
  /** Older than this goes. */
  readonly olderThanMs?: number;
  /** The longest unused go until the rest is smaller. */
  readonly maxBytes?: number;
}

/** Of two that were used at the same time the one that is quicker to make again goes first. */
const CHEAP_FIRST: readonly CacheKind[] = [
  'template',
  'modules',
  'build',
  'source',
  'download',
  'kernel',
  'ccache',
];

/** What goes, in the order in which it is removed: a build folder always before the source that it lies in. */
export function toPrune(
  entries: readonly CacheEntry[],
  { olderThanMs, maxBytes }: PruneLimits,
  nowMs: number,
): readonly CacheEntry[] {
  const byAge = [...entries].sort(
    (a, b) => a.usedAtMs - b.usedAtMs || CHEAP_FIRST.indexOf(a.kind) - CHEAP_FIRST.indexOf(b.kind),
  );
  const gone = new Set<CacheEntry>();
  const take = (entry: CacheEntry): void => {
    gone.add(entry);
    // What lies inside goes with it.
    for (const other of entries) if (other.path.startsWith(`${entry.path}/`)) gone.add(other);
  };
  if (olderThanMs !== undefined) {
    for (const entry of byAge) if (nowMs - entry.usedAtMs > olderThanMs) take(entry);
  }
  if (maxBytes !== undefined) {
    for (const entry of byAge) {
      const kept = entries.filter((one) => !gone.has(one)).reduce((sum, { bytes }) => sum + bytes, 0);
      if (kept <= maxBytes) break;
      take(entry);
    }
  }
  return [...gone].sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1));
}

/** `14d`, `12h`, `30m` in milliseconds; undefined for anything else. */
export function parseAgeMs(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(m|h|d|w)$/.exec(text) ?? [];
  const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[unit as 'm' | 'h' | 'd' | 'w'];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}

/** `20G`, `500M` in bytes (powers of 1024); undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(K|M|G|T)?(?:i?B)?$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const power = unit === undefined ? 0 : 'KMGT'.indexOf(unit) + 1;
  return Number(count) * 1024 ** power;
}
