/** Look-ups in an excerpt of a real System.map (Linux 6.12.117, profile sanitize). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { findFunction, lazySymbolise, parseSystemMap } from './system-map.ts';

const TEXT = readFileSync(join(import.meta.dirname, 'testdata', 'System.map'), 'utf8');

t.test('functions by address; what is no code of the image has no name', async (t) => {
  const map = parseSystemMap(TEXT);
  const cases: readonly (readonly [bigint, string | undefined])[] = [
    [0xffffffff81958139n, 'queued_spin_lock_slowpath'],
    [0xffffffff819582ban, 'queued_spin_lock_slowpath'],
    [0xffffffff819589e6n, 'queued_spin_lock_slowpath'],
    [0xffffffff819589e7n, 'queued_write_lock_slowpath'],
    [0xffffffff81000000n, 'startup_64'],
    [0xffffffff81946c9fn, 'default_idle'], // not __cpuidle_text_start, which is at the same address
    [0xffffffff81014e21n, 'intel_pmu_check_event_constraints'], // without .part.0
    [0xffffffff80ffffffn, undefined],
    [0xffffffff81c00000n, undefined], // _etext
    [0xffffffff8292a820n, undefined], // x86_init: data
    [0xffffffffa0000010n, undefined], // a module
    [0x52edb3n, undefined], // a user program
    [0n, undefined], // per-CPU symbols begin here
    [0xffffffffffffffffn, undefined],
  ];
  for (const [address, name] of cases) t.equal(findFunction(map, address), name, address.toString(16));
});

t.test('every address gives what a search from the front gives', async (t) => {
  const starts = fc.uniqueArray(fc.bigInt({ min: 0n, max: 400n }), { maxLength: 40 });
  fc.assert(
    fc.property(starts, fc.bigInt({ min: 0n, max: 500n }), (addresses, offset) => {
      const base = 0xffffffff81000000n;
      const lines = addresses.map((at, index) => `${(base + at).toString(16)} t f${index}`);
      const map = parseSystemMap(
        [`${base.toString(16)} T _stext`, ...lines, `${(base + 450n).toString(16)} T _etext`].join('\n'),
      );
      const before = [...addresses].sort((a, b) => Number(a - b)).filter((at) => at <= offset);
      const wanted = offset < 450n ? before.at(-1) : undefined;
      const name = wanted === undefined ? undefined : `f${addresses.indexOf(wanted)}`;
      return findFunction(map, base + offset) === name;
    }),
  );
  t.pass('held');
});

t.test('it is read when first asked, once; not at all where addresses mean nothing', async (t) => {
  let reads = 0;
  const read = (): string => {
    reads++;
    return TEXT;
  };
  const symbolise = lazySymbolise(read, false);
  t.equal(reads, 0);
  t.equal(symbolise(0xffffffff81946c9fn), 'default_idle');
  t.equal(symbolise(0xffffffff810e5250n), 'kthread');
  t.equal(reads, 1);
  t.equal(lazySymbolise(read, true)(0xffffffff81946c9fn), undefined);
  t.equal(reads, 1);
  const gone = lazySymbolise(() => {
    throw new Error('ENOENT');
  }, false);
  t.equal(gone(0xffffffff81946c9fn), undefined);
  t.same(parseSystemMap('nonsense\n\n').names, []);
});
