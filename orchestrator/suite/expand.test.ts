import fc from 'fast-check';
import t from 'tap';
import { caseName, expand } from './expand.ts';
import type { Catalogue, Matrix, RemovalCase } from './types.ts';

const HOLDS = ['t0', 't1', 't2', 't3'];
const REMOVALS = ['r0', 'r1', 'r2'];
const CATALOGUE: Catalogue = {
  adapters: [0, 1, 2, 3].map((index) => ({
    name: `a${index}`,
    deviceClass: `c${index % 2}`,
    description: '',
    holds: HOLDS.slice(0, index + 1),
    removals: REMOVALS.slice(index % 3),
    requiredSymbols: [],
  })),
};
const location = { file: 's', line: 1, column: 1 };
const matrix: fc.Arbitrary<Matrix> = fc.record({
  adapters: fc.subarray(
    CATALOGUE.adapters.map((one) => one.name),
    { minLength: 1 },
  ),
  holds: fc.subarray(HOLDS, { minLength: 1 }),
  classes: fc.constant(null),
  removals: fc.subarray(REMOVALS, { minLength: 1 }),
  moments: fc.constant(['idle']),
  location: fc.constant(location),
});

t.test('each point is a case or not applicable, once, with a name made of its parts', async () => {
  fc.assert(
    fc.property(matrix, (one) => {
      const { cases, notApplicable } = expand({ matrices: [one] }, CATALOGUE);
      const names = [...cases, ...notApplicable].map((point) => point.name);
      return (
        names.length === one.adapters.length * one.holds.length * one.removals.length &&
        new Set(names).size === names.length &&
        cases.every((one) => {
          const point = one as RemovalCase;
          const adapter = CATALOGUE.adapters.find((candidate) => candidate.name === point.adapter);
          return (
            adapter?.holds.includes(point.hold) === true &&
            adapter.removals.includes(point.removal) &&
            point.name === caseName(point.adapter, adapter.deviceClass, point.hold, point.removal)
          );
        }) &&
        notApplicable.every((point) => point.reason.length > 0)
      );
    }),
  );
});

t.test(
  'other matrices, before or after, change nothing of a matrix: not its names, not their order',
  async () => {
    fc.assert(
      fc.property(
        matrix,
        fc.array(matrix, { maxLength: 3 }),
        fc.array(matrix, { maxLength: 3 }),
        (one, before, after) => {
          const alone = expand({ matrices: [one] }, CATALOGUE).cases;
          const start = expand({ matrices: before }, CATALOGUE).cases.length;
          const all = expand({ matrices: [...before, one, ...after] }, CATALOGUE).cases;
          return JSON.stringify(all.slice(start, start + alone.length)) === JSON.stringify(alone);
        },
      ),
    );
  },
);

t.test('a hold added to a matrix only adds cases, the others keep their order', async () => {
  fc.assert(
    fc.property(matrix, fc.constantFrom(...HOLDS), (one, hold) => {
      const before = expand({ matrices: [one] }, CATALOGUE).cases.map((point) => point.name);
      const wider = { ...one, holds: [...new Set([...one.holds, hold])] };
      const after = expand({ matrices: [wider] }, CATALOGUE).cases.map((point) => point.name);
      return JSON.stringify(after.filter((name) => before.includes(name))) === JSON.stringify(before);
    }),
  );
});

t.test('100,000 cases', async (t) => {
  const adapters = Array.from({ length: 1000 }, (_, index) => ({
    name: `adapter${index}`,
    deviceClass: 'c',
    description: '',
    holds: Array.from({ length: 10 }, (_, hold) => `t${hold}`),
    removals: Array.from({ length: 10 }, (_, removal) => `r${removal}`),
    requiredSymbols: [],
  }));
  const [first] = adapters;
  const wide: Matrix = {
    adapters: adapters.map((one) => one.name),
    holds: first?.holds ?? [],
    removals: first?.removals ?? [],
    classes: null,
    moments: ['idle'],
    location,
  };
  t.equal(expand({ matrices: [wide] }, { adapters }).cases.length, 100_000);
});

const ONE: Matrix = {
  adapters: ['a'],
  classes: null,
  holds: ['t0'],
  removals: ['r0'],
  moments: ['idle'],
  location,
};

t.test('classes and moments: all classes of an adapter, or those asked for; idle has no name', async (t) => {
  const common = { name: 'a', description: '', holds: ['t0'], removals: ['r0'], requiredSymbols: [] };
  const catalogue: Catalogue = {
    adapters: [
      { ...common, deviceClass: 'i2c-dev' },
      { ...common, deviceClass: 'gpio-cdev', moments: ['storm'] },
    ],
  };
  const names = (matrix: Partial<Matrix>): string[] =>
    expand({ matrices: [{ ...ONE, ...matrix }] }, catalogue).cases.map(({ name }) => name);
  t.same(names({}), ['a/i2c-dev/t0/r0', 'a/gpio-cdev/t0/r0']);
  t.same(names({ classes: ['gpio-cdev'] }), ['a/gpio-cdev/t0/r0']);
  t.same(names({ moments: ['idle', 'storm'] }), [
    'a/i2c-dev/t0/r0',
    'a/gpio-cdev/t0/r0',
    'a/gpio-cdev/t0/r0/storm',
  ]);
  const { notApplicable } = expand(
    {
      matrices: [
        { ...ONE, classes: ['tty'] },
        { ...ONE, classes: ['i2c-dev'], moments: ['storm'] },
      ],
    },
    catalogue,
  );
  t.match(notApplicable, [
    { name: 'a/tty/t0/r0', reason: 'a offers nothing of class tty' },
    { name: 'a/i2c-dev/t0/r0/storm', moment: 'storm', reason: 'a (i2c-dev) has no moment storm' },
  ]);
});

t.test('an adapter that is not in the catalogue', async (t) => {
  t.throws(() => expand({ matrices: [{ ...ONE, adapters: ['x'] }] }, CATALOGUE), RangeError);
});
