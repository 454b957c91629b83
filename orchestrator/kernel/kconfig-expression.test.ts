import fc from 'fast-check';
import t from 'tap';
import {
  conjuncts,
  type Expression,
  evaluate,
  formatExpression,
  parseExpression,
} from './kconfig-expression.ts';

const config = new Map([
  ['Y', 'y'],
  ['M', 'm'],
  ['EIGHT', '8'],
  ['HEX', '0x10'],
  ['TEXT', '"gcc"'],
]);

const value = (text: string): number | undefined => {
  const parsed = parseExpression(text);
  return parsed === undefined ? undefined : evaluate(parsed, config);
};

t.test('tristate logic: minimum, maximum, two minus', async (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ['Y', 2],
    ['M', 1],
    ['N', 0],
    ['!M', 1],
    ['!N', 2],
    ['!!Y', 2],
    ['Y && M', 1],
    ['N || M', 1],
    ['N || Y && N', 0],
    ['(N || Y) && Y', 2],
    ['y', 2],
    ['m', 1],
    ['Y = y', 2],
    ['M != m', 0],
    ['EIGHT >= 8', 2],
    ['EIGHT<10', 2],
    ['HEX = 16', 2],
    ['EIGHT > 10', 0],
    ['TEXT = "gcc"', 2],
    ["N = ''", 0],
    ['$(cc-option,-fsanitize=kernel-address --param x=1)', 2],
    ['!$(success,false)', 2],
    ['Y && $(shell,echo "a && b (c)") || N', 2],
  ];
  for (const [text, expected] of cases) t.equal(value(text), expected, text);
});

t.test('what is no expression is not guessed at', async (t) => {
  for (const text of ['', 'A &&', '(A', 'A)', '&& A', 'A B', 'A = ', '!', 'A =']) {
    t.equal(parseExpression(text), undefined, text);
  }
});

t.test('parts of a conjunction', async (t) => {
  const parsed = parseExpression('A && (B || !C) && D >= 5') as Expression;
  t.same(conjuncts(parsed).map(formatExpression), ['A', 'B || !C', 'D >= 5']);
});

t.test('formatting and parsing again gives the same expression', async (t) => {
  const symbol = fc.constantFrom('A', 'B_1', 'C').map((name): Expression => ({ kind: 'symbol', name }));
  const expression = fc.letrec<{ any: Expression }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      symbol,
      tie('any').map((of): Expression => ({ kind: 'not', of })),
      fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), left: tie('any'), right: symbol }),
      fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), left: symbol, right: symbol }),
      fc.record({
        kind: fc.constant('compare' as const),
        operator: fc.constantFrom('=', '!=', '<'),
        left: symbol,
        right: symbol,
      }),
    ),
  })).any;
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(expression, (original) => {
        const again = parseExpression(formatExpression(original));
        return JSON.stringify(again, sorted) === JSON.stringify(original, sorted);
      }),
    ),
  );
});

function sorted(_: string, node: unknown): unknown {
  return typeof node === 'object' && node !== null
    ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
    : node;
}
