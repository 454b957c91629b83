import fc from 'fast-check';
import t from 'tap';
import { formatProportion, proportion } from './proportion.ts';

t.test('intervals as tables have them', async (t) => {
  // Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E), table I, method 3.
  for (const [k, n, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const found = proportion(k, n);
    t.ok(Math.abs(found.low - low) < 5e-5, `${k} of ${n}: ${found.low}`);
    t.ok(Math.abs(found.high - high) < 5e-5, `${k} of ${n}: ${found.high}`);
  }
});

t.test('the share lies in its interval, more runs narrow it, and the other side mirrors it', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(), (n, any) => {
      const k = any % (n + 1);
      const { low, high } = proportion(k, n);
      const other = proportion(n - k, n);
      const more = proportion(k * 4, n * 4);
      return (
        low >= 0 &&
        high <= 1 &&
        low <= k / n &&
        k / n <= high &&
        more.high - more.low < high - low &&
        Math.abs(1 - other.low - high) < 1e-9
      );
    }),
  );
});

t.test('words, and what is none', async (t) => {
  t.equal(formatProportion(proportion(1, 5)), '1 of 5 (95 %: 4 to 62 %)');
  t.equal(formatProportion(proportion(0, 1000)), '0 of 1000 (95 %: 0 to 0.4 %)');
  t.equal(formatProportion(proportion(1000, 1000)), '1000 of 1000 (95 %: 99.6 to 100 %)');
  for (const [k, n] of [
    [0, 0],
    [2, 1],
    [-1, 3],
    [0.5, 1],
  ] as const)
    t.throws(() => proportion(k, n), RangeError);
});
