import fc from 'fast-check';
import t from 'tap';
import { slopePerStep } from './slope.ts';

t.test('a slope', async (t) => {
  t.equal(slopePerStep([]), 0);
  t.equal(slopePerStep([7]), 0);
  t.equal(slopePerStep([1, 3, 5, 7]), 2);
  t.equal(slopePerStep([5, 5, 5]), 0);
  t.ok(Math.abs(slopePerStep([0, 1, 0, 1, 0]) - 0) < 1e-12, 'noise around a level');
  fc.assert(
    fc.property(fc.integer(), fc.integer(), fc.integer({ min: 2, max: 50 }), (from, by, count) => {
      const line = Array.from({ length: count }, (_, step) => from + by * step);
      return Math.abs(slopePerStep(line) - by) <= 1e-6 * (1 + Math.abs(by) + Math.abs(from));
    }),
  );
});
