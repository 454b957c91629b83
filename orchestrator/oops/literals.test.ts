import fc from 'fast-check';
import t from 'tap';
import { HINTS } from './hints.ts';
import { LiteralSearch } from './literals.ts';

t.test('the search finds what a plain one finds', async (t) => {
  const text = fc.string({ minLength: 2, maxLength: 5, unit: fc.constantFrom('a', 'b', 'c') });
  const hay = fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', 'c', 'd') });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), hay, fc.nat(8), (texts, hay, from) => {
      const found = texts.map((text) => hay.indexOf(text, from)).filter((at) => at >= 0);
      const expected = found.length === 0 ? -1 : Math.min(...found);
      return new LiteralSearch(texts).next(Buffer.from(hay), from, hay.length) === expected;
    }),
    { numRuns: 500 },
  );
  t.equal(new LiteralSearch(['abc']).next(Buffer.from('xxabc'), 0, 4), -1, 'nothing beyond the end');
});

t.test('hints are texts a search can skip by', async (t) => {
  for (const hint of HINTS) t.ok(hint.length >= 4, hint);
});
