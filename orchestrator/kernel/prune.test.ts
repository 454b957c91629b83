import t from 'tap';
import type { CacheEntry } from './cache-contents.ts';
import { parseAgeMs, parseBytes, toPrune } from './prune.ts';

const entry = (kind: CacheEntry['kind'], path: string, usedAtMs: number, bytes: number): CacheEntry => ({
  kind,
  name: path,
  path,
  usedAtMs,
  bytes,
  description: '',
  lock: null,
});
const SOURCE = entry('source', '/c/sources/a', 1000, 100);
const BUILD = entry('build', '/c/sources/a/linux/build-1', 5000, 40);
const OLD_KERNEL = entry('kernel', '/c/kernels/0', 500, 10);
const KERNEL = entry('kernel', '/c/kernels/1', 5000, 10);
const ALL = [SOURCE, BUILD, OLD_KERNEL, KERNEL];
const names = (entries: readonly CacheEntry[]): string[] => entries.map(({ name }) => name);

t.test('by age: what is older goes, and what lies inside goes first', async (t) => {
  t.same(names(toPrune(ALL, { olderThanMs: 5000 }, 5600)), ['/c/kernels/0']);
  t.same(names(toPrune(ALL, { olderThanMs: 4000 }, 5600)), [
    '/c/sources/a/linux/build-1',
    '/c/kernels/0',
    '/c/sources/a',
  ]);
  t.same(toPrune(ALL, { olderThanMs: 10_000 }, 5600), []);
});

t.test('by size: the longest unused go, no more than needed', async (t) => {
  t.same(names(toPrune(ALL, { maxBytes: 155 }, 0)), ['/c/kernels/0']);
  t.same(names(toPrune(ALL, { maxBytes: 160 }, 0)), []);
  t.equal(toPrune(ALL, { maxBytes: 0 }, 0).length, 4);
});

t.test('ages and sizes', async (t) => {
  t.equal(parseAgeMs('2d'), 172_800_000);
  t.equal(parseAgeMs('30m'), 1_800_000);
  for (const wrong of ['2', 'd', '2 d', '-1d', '2y']) t.equal(parseAgeMs(wrong), undefined, wrong);
  t.equal(parseBytes('20G'), 20 * 2 ** 30);
  t.equal(parseBytes('1.5M'), 1.5 * 2 ** 20);
  t.equal(parseBytes('12'), 12);
  for (const wrong of ['', 'G', '20X', '-1G']) t.equal(parseBytes(wrong), undefined, wrong);
});
