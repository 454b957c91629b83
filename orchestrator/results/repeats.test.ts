import fc from 'fast-check';
import t from 'tap';
import type { VerdictKind } from '../verdict/index.ts';
import { repeatedCases, representatives } from './repeats.ts';
import type { RunCase } from './run.ts';

type Outcome = VerdictKind | null;

function runs(outcomes: readonly Outcome[], change: Partial<RunCase> = {}): readonly RunCase[] {
  return outcomes.map(
    (verdict, index): RunCase => ({
      name: 'a/c/t0/r0',
      variant: 'v',
      ...(outcomes.length === 1 ? {} : { repetition: { number: index + 1, of: outcomes.length } }),
      directory: `cases/v/a/c/t0/r0/${index}`,
      verdict,
      title: verdict === null || verdict === 'pass' ? '' : `title ${index}`,
      assessment: verdict === 'pass' ? 'expected' : 'unexpected',
      expectation: null,
      removal: null,
      userSaw: null,
      tests: null,
      reproduce: '',
      durationMs: 1,
      ...change,
    }),
  );
}

t.test('a crash once is a crash', async (t) => {
  const [one] = repeatedCases({ cases: runs(['pass', 'hang', 'crash', 'pass', 'error']) });
  t.match(one, { worst: { verdict: 'crash', title: 'title 2' }, share: { k: 1, n: 4 } });
  t.same(one?.counts, [
    { verdict: 'crash', count: 1 },
    { verdict: 'hang', count: 1 },
    { verdict: 'error', count: 1 },
    { verdict: 'pass', count: 2 },
  ]);
});

t.test('always the same, nothing to judge, and what is run once', async (t) => {
  t.match(repeatedCases({ cases: runs(['pass', 'pass', 'pass']) }), [{ share: { k: 0, n: 3 } }]);
  t.match(repeatedCases({ cases: runs(['hang', 'hang']) }), [{ share: { k: 2, n: 2, high: 1 } }]);
  t.match(repeatedCases({ cases: runs(['error', null, 'skip']) }), [
    { share: null, worst: { verdict: 'error' } },
  ]);
  t.same(repeatedCases({ cases: runs(['crash']) }), []);
});

t.test('an error among passes stands for the case: it is no pass', async (t) => {
  t.match(representatives({ cases: runs(['pass', 'error', 'pass']) }), [{ verdict: 'error' }]);
});

t.test('of two crashes the unexpected one stands for the case', async (t) => {
  const [known, other] = runs(['crash', 'crash']);
  const cases = [{ ...(known as RunCase), assessment: 'expected' as const }, other as RunCase];
  t.equal(representatives({ cases })[0]?.title, 'title 1');
});

t.test('no run is lost in the counts, and their order changes nothing', async () => {
  const outcome = fc.constantFrom<Outcome>('pass', 'fail', 'crash', 'hang', 'skip', 'error', null);
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 2, maxLength: 20 }), (outcomes) => {
      const [there] = repeatedCases({ cases: runs(outcomes) });
      const [back] = repeatedCases({ cases: [...runs(outcomes)].reverse() });
      const total = there?.counts.reduce((sum, { count }) => sum + count, 0);
      const isBad = outcomes.includes('crash') ? there?.worst.verdict === 'crash' : true;
      return (
        total === outcomes.length &&
        isBad &&
        JSON.stringify(there?.counts) === JSON.stringify(back?.counts) &&
        JSON.stringify(there?.share) === JSON.stringify(back?.share)
      );
    }),
  );
});
