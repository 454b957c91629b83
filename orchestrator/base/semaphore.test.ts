import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { type Grant, type Weight, WeightedSemaphore } from './semaphore.ts';

/** Whether all of a capacity is to be had at once. */
async function isWhole(semaphore: WeightedSemaphore, capacity: Weight): Promise<boolean> {
  const all = await Promise.race([semaphore.acquire(capacity), turn(undefined)]);
  all?.release();
  return all !== undefined;
}

t.test('semaphore: in order, by weight, clamped, released once', async (t) => {
  const semaphore = new WeightedSemaphore({ cpus: 2, memoryMiB: 100 });
  const got: string[] = [];
  const first = await semaphore.acquire({ cpus: 1, memoryMiB: 60 });
  const take = async (name: string, cpus: number): Promise<Grant> => {
    const grant = await semaphore.acquire({ cpus, memoryMiB: 10 });
    got.push(name);
    return grant;
  };
  const big = take('big', 8);
  const small = take('small', 1);
  await turn();
  t.same(got, [], 'the small one does not overtake the big one');
  first.release();
  first.release();
  const bigGrant = await big;
  await turn();
  t.same(got, ['big']);
  bigGrant.release();
  (await small).release();
  t.same(got, ['big', 'small']);
  const abort = new AbortController();
  const all = await semaphore.acquire({ cpus: 2, memoryMiB: 1 });
  const waiting = semaphore.acquire({ cpus: 1, memoryMiB: 1 }, abort.signal);
  const behind = semaphore.acquire({ cpus: 2, memoryMiB: 1 });
  abort.abort();
  await t.rejects(waiting, { code: 'INTERRUPTED' });
  await t.rejects(semaphore.acquire({ cpus: 1, memoryMiB: 1 }, abort.signal), { code: 'INTERRUPTED' });
  all.release();
  (await behind).release();
  t.ok(await isWhole(semaphore, { cpus: 2, memoryMiB: 100 }));
});

t.test('a capacity of nothing is refused: all weights would be clamped to nothing', async (t) => {
  t.throws(() => new WeightedSemaphore({ cpus: 1, memoryMiB: 0 }), RangeError);
  t.throws(() => new WeightedSemaphore({ cpus: 0, memoryMiB: 1 }), RangeError);
  t.throws(() => new WeightedSemaphore({ cpus: Number.NaN, memoryMiB: 1 }), RangeError);
});

t.test('lent CPUs are had by others, memory is not', async (t) => {
  const semaphore = new WeightedSemaphore({ cpus: 1, memoryMiB: 100 });
  const weight = { cpus: 1, memoryMiB: 40 };
  const first = await semaphore.acquire(weight);
  first.yieldCpus();
  first.yieldCpus();
  const second = await semaphore.acquire(weight);
  second.yieldCpus();
  let third: Grant | undefined;
  const asked = semaphore.acquire(weight).then((grant) => {
    third = grant;
  });
  await turn();
  t.equal(third, undefined, 'a CPU is free, but 20 MiB only');
  first.release();
  await asked;
  third?.release();
  await second.resumeCpus();
  await second.resumeCpus();
  second.release();
  t.ok(await isWhole(semaphore, { cpus: 1, memoryMiB: 100 }));
});

t.test('who resumes comes before all that have not begun, in order of asking', async (t) => {
  const semaphore = new WeightedSemaphore({ cpus: 1, memoryMiB: 100 });
  const weight = { cpus: 1, memoryMiB: 10 };
  const order: string[] = [];
  const lent: Grant[] = [];
  for (let count = 0; count < 2; count++) {
    const grant = await semaphore.acquire(weight);
    grant.yieldCpus();
    lent.push(grant);
  }
  const busy = await semaphore.acquire(weight);
  const note =
    (name: string) =>
    (grant: Grant): void => {
      order.push(name);
      grant.release();
    };
  const all = [
    semaphore.acquire(weight).then(note('new')),
    ...lent.map((grant, index) => grant.resumeCpus().then(() => note(`resumed ${index}`)(grant))),
    semaphore.acquire(weight).then(note('newer')),
  ];
  busy.release();
  await Promise.all(all);
  t.same(order, ['resumed 0', 'resumed 1', 'new', 'newer']);
});

t.test('an abort while resuming leaves the CPUs lent, and the memory held until the release', async (t) => {
  const semaphore = new WeightedSemaphore({ cpus: 1, memoryMiB: 100 });
  const first = await semaphore.acquire({ cpus: 1, memoryMiB: 60 });
  first.yieldCpus();
  const second = await semaphore.acquire({ cpus: 1, memoryMiB: 10 });
  const abort = new AbortController();
  const resumed = first.resumeCpus(abort.signal);
  await t.rejects(first.resumeCpus(), /that is resuming/);
  abort.abort();
  await t.rejects(resumed, { code: 'INTERRUPTED' });
  await t.rejects(first.resumeCpus(abort.signal), { code: 'INTERRUPTED' });
  let third: Grant | undefined;
  const asked = semaphore.acquire({ cpus: 1, memoryMiB: 50 }).then((grant) => {
    third = grant;
  });
  second.release();
  await turn();
  t.equal(third, undefined, 'the first one has 60 of 100 MiB still');
  first.release();
  await asked;
  third?.release();
  t.ok(await isWhole(semaphore, { cpus: 1, memoryMiB: 100 }));
});

t.test('a release while resuming ends the wait', async (t) => {
  const semaphore = new WeightedSemaphore({ cpus: 1, memoryMiB: 100 });
  const first = await semaphore.acquire({ cpus: 1, memoryMiB: 60 });
  first.yieldCpus();
  const second = await semaphore.acquire({ cpus: 1, memoryMiB: 10 });
  const resumed = first.resumeCpus();
  first.release();
  await t.rejects(resumed, /released while it waited/);
  await t.rejects(first.resumeCpus(), /that is released/);
  first.yieldCpus();
  second.release();
  t.ok(await isWhole(semaphore, { cpus: 1, memoryMiB: 100 }));
});

t.test('a release between the hand-over and its being seen gives the CPUs back', async (t) => {
  const semaphore = new WeightedSemaphore({ cpus: 1, memoryMiB: 100 });
  const first = await semaphore.acquire({ cpus: 1, memoryMiB: 60 });
  first.yieldCpus();
  const second = await semaphore.acquire({ cpus: 1, memoryMiB: 10 });
  const resumed = first.resumeCpus();
  second.release();
  first.release();
  await resumed;
  t.ok(await isWhole(semaphore, { cpus: 1, memoryMiB: 100 }));
});

/** What a piece of work is in, as far as a caller can see. */
type State = 'queued' | 'held' | 'lent' | 'resuming' | 'gone';

/** In which states a step does, or may do, something. */
const ABLE: Readonly<Record<'yieldCpus' | 'resumeCpus' | 'abort' | 'release', readonly State[]>> = {
  yieldCpus: ['held', 'lent'],
  resumeCpus: ['lent'],
  abort: ['queued', 'resuming'],
  release: ['held', 'lent', 'resuming', 'gone'],
};

/** A piece of work that asks, lends, asks back, gives up and ends; it sees what it was given, and nothing else. */
class Work {
  state: State = 'queued';
  readonly weight: Weight;
  readonly #semaphore: WeightedSemaphore;
  #abort = new AbortController();
  #grant: Grant | undefined;

  constructor(semaphore: WeightedSemaphore, weight: Weight) {
    this.weight = weight;
    this.#semaphore = semaphore;
    this.#begin();
  }

  #begin(): void {
    this.#semaphore.acquire(this.weight, this.#abort.signal).then(
      (grant) => {
        this.#grant = grant;
        this.state = 'held';
      },
      () => {
        this.state = 'gone';
      },
    );
  }

  yieldCpus(): void {
    this.#grant?.yieldCpus();
    if (this.state === 'held') this.state = 'lent';
  }

  resumeCpus(): void {
    if (this.state !== 'lent') return;
    this.state = 'resuming';
    this.#abort = new AbortController();
    this.#grant?.resumeCpus(this.#abort.signal).then(
      () => {
        if (this.state === 'resuming') this.state = 'held';
      },
      () => {
        if (this.state === 'resuming') this.state = 'lent';
      },
    );
  }

  abort(): void {
    this.#abort.abort();
  }

  release(): void {
    this.#grant?.release();
    if (this.#grant !== undefined) this.state = 'gone';
  }
}

interface Step {
  readonly what: 'acquire' | 'yieldCpus' | 'resumeCpus' | 'abort' | 'release';
  readonly which: number;
  readonly weight: Weight;
  /** Whether promises settle before the next step. */
  readonly settle: boolean;
}

t.test('never more than there is, nobody waits for nothing, all is given back', async () => {
  const weight = fc.record({
    cpus: fc.integer({ min: 1, max: 5 }),
    memoryMiB: fc.integer({ max: 120, min: 1 }),
  });
  const step: fc.Arbitrary<Step> = fc.record({
    what: fc.constantFrom('acquire', 'acquire', 'yieldCpus', 'resumeCpus', 'resumeCpus', 'abort', 'release'),
    which: fc.nat(),
    weight,
    settle: fc.boolean(),
  });
  const capacity = fc.record({
    cpus: fc.integer({ min: 1, max: 4 }),
    memoryMiB: fc.integer({ min: 1, max: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(capacity, fc.array(step, { maxLength: 60, size: 'max' }), async (capacity, steps) => {
      const semaphore = new WeightedSemaphore(capacity);
      const works: Work[] = [];
      // In the order in which they asked for what they now wait for.
      const asked: Work[] = [];
      const clamped = ({ weight }: Work): Weight => ({
        cpus: Math.min(weight.cpus, capacity.cpus),
        memoryMiB: Math.min(weight.memoryMiB, capacity.memoryMiB),
      });
      const check = (): void => {
        let { cpus, memoryMiB } = capacity;
        for (const work of works) {
          if (work.state === 'held') cpus -= clamped(work).cpus;
          if (work.state !== 'gone' && work.state !== 'queued') memoryMiB -= clamped(work).memoryMiB;
        }
        if (cpus < 0 || memoryMiB < 0) throw new Error(`${cpus} CPUs and ${memoryMiB} MiB are left`);
        const resumer = asked.find(({ state }) => state === 'resuming');
        const beginner = asked.find(({ state }) => state === 'queued');
        if (resumer !== undefined && clamped(resumer).cpus <= cpus) throw new Error('it could go on');
        if (
          resumer === undefined &&
          beginner !== undefined &&
          clamped(beginner).cpus <= cpus &&
          clamped(beginner).memoryMiB <= memoryMiB
        )
          throw new Error('it could begin');
      };
      for (const { what, which, weight, settle } of steps) {
        if (what === 'acquire') {
          const work = new Work(semaphore, weight);
          works.push(work);
          asked.push(work);
        } else {
          const able = works.filter(({ state }) => ABLE[what].includes(state));
          const work = able[which % able.length];
          if (what === 'resumeCpus' && work !== undefined) {
            asked.splice(asked.indexOf(work), 1);
            asked.push(work);
          }
          work?.[what]();
        }
        if (!settle) continue;
        await turn();
        check();
      }
      for (const work of works) {
        work.abort();
        work.release();
      }
      await turn();
      for (const work of works) work.release();
      check();
      if (!(await isWhole(semaphore, capacity))) throw new Error('not all was given back');
    }),
    { numRuns: 500 },
  );
});
