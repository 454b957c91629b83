import fc from 'fast-check';
import t from 'tap';
import { durationKey } from '../results/index.ts';
import { InOrder } from './in-order.ts';
import type { JobOutline } from './job.ts';
import { expectedMs, startOrder } from './order.ts';

const LIMITS = { removalMs: 12_000, userMs: 5000 };

function job(
  name: string,
  {
    variant = 'baseline',
    profile = 'sanitize',
    verdict,
  }: { variant?: string; profile?: string; verdict?: 'hang' | 'crash' } = {},
): JobOutline {
  return {
    environment: { variant, profile, limits: LIMITS },
    case: { name },
    expectation: verdict === undefined ? undefined : { verdict },
  };
}

t.test('expected duration: the last one, both bounds for a hang, else as others', async (t) => {
  const durations = new Map([
    [durationKey('baseline', 'a'), 700],
    [durationKey('baseline', 'b'), 900],
    [durationKey('fixed', 'a'), 40_000],
  ]);
  t.equal(expectedMs(job('a'), durations), 700);
  t.equal(expectedMs(job('a', { variant: 'fixed' }), durations), 40_000);
  t.equal(expectedMs(job('b', { verdict: 'hang' }), durations), 900, 'what it took counts more');
  t.equal(expectedMs(job('c', { verdict: 'hang' }), durations), 17_000);
  t.equal(expectedMs(job('c', { verdict: 'crash' }), durations), 900, 'the median');
  t.equal(expectedMs(job('c'), new Map()), 3000);
});

t.test('the longest first, ties as in the suite, those that run alone last', async (t) => {
  const jobs = [
    job('timed', { profile: 'timing' }),
    job('short'),
    job('unknown'),
    job('timed hang', { profile: 'timing', verdict: 'hang' }),
    job('hang', { verdict: 'hang' }),
    job('unknown too'),
    job('long'),
  ];
  const durations = new Map([
    [durationKey('baseline', 'short'), 500],
    [durationKey('baseline', 'long'), 60_000],
    [durationKey('elsewhere', 'short'), 4000],
  ]);
  t.same(
    startOrder(jobs, durations).map((place) => jobs[place]?.case.name),
    ['long', 'hang', 'unknown', 'unknown too', 'short', 'timed', 'timed hang'],
  );
  t.same(startOrder([], durations), []);
});

t.test('things are passed on in order, as early as can be, whatever order they come in', async () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30)), (places) => {
      const told: number[] = [];
      const inOrder = new InOrder<number>((item) => told.push(item));
      const come = new Set<number>();
      for (const place of places) {
        inOrder.put(place, place);
        come.add(place);
        let whole = 0;
        while (come.has(whole)) whole++;
        if (told.length !== whole) return false;
      }
      inOrder.flush();
      inOrder.flush();
      return told.join() === [...places].sort((a, b) => a - b).join();
    }),
  );
});
