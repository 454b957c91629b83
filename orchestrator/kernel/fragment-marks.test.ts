import t from 'tap';
import { mergeFragments, parseFragment } from './fragment.ts';
import { formatOptional, mayLack, type Optional, parseMark } from './fragment-marks.ts';

const complaint = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    const { message, detail, hint } = error as { message: string; detail?: string; hint?: string };
    return [message, detail, hint].filter((part) => part !== undefined).join('\n');
  }
  return 'no complaint';
};
const parse = (text: string): ReturnType<typeof parseFragment> => parseFragment('f', 'f.config', text);

t.test('a mark is for the symbol below it, and for no other', async (t) => {
  const { symbols } = parse(
    '# unplug: optional since 6.14\nCONFIG_A=y\nCONFIG_B=y\n' +
      '# unplug: optional until 6.19\n# words between\n# CONFIG_C is not set\n' +
      '# unplug: optional since 6.9 until 6.12\nCONFIG_D=4\n# unplug: optional with series\nCONFIG_E=m\n' +
      '# unplug: forbid CONFIG_F\n# unplug: optional since 7.0\n# unplug: forbid CONFIG_G\nCONFIG_H=y\n',
  );
  t.same(
    symbols.map(({ name, value, optional, forbidden }) => [name, value, optional, forbidden]),
    [
      ['A', 'y', { since: '6.14' }, undefined],
      ['B', 'y', undefined, undefined],
      ['C', 'n', { until: '6.19' }, undefined],
      ['D', '4', { since: '6.9', until: '6.12' }, undefined],
      ['E', 'm', { withSeries: true }, undefined],
      ['F', 'n', undefined, true],
      ['G', 'n', { since: '7.0' }, true],
      ['H', 'y', undefined, undefined],
    ],
  );
});

t.test('a misspelt mark is an error with the nearest form', async (t) => {
  t.equal(
    complaint(() => parse('CONFIG_A=y\n# unplug: optional sicne 6.15\nCONFIG_B=y\n')),
    'f.config:2:11: not a mark that unplug knows\n  2 | # unplug: optional sicne 6.15\n    |           ^\n' +
      'did you mean: # unplug: optional since 6.15',
  );
  for (const [line, meant] of [
    ['# unplug optional since 6.15', 'optional since 6.15'],
    ['#unplug: optional since 6.15', 'optional since 6.15'],
    ['# Unplug: Optional until 6.15', 'optional until 6.15'],
    ['# unplug: optional untill 6.15', 'optional until 6.15'],
    ['# unplug: optional since v6.15', 'optional since 6.15'],
    ['# unplug:  optional with series', 'optional with series'],
    ['# unplug: optional with a series', 'optional with series'],
    ['# unplug: optional since 6.15 until 7.1.', 'optional since 6.15 until 7.1'],
    ['# unplug: forbids CONFIG_KASAN', 'forbid CONFIG_KASAN'],
    ['# unplug: forbid KASAN', 'forbid CONFIG_KASAN'],
    ['# unplug: forbid', 'forbid CONFIG_NAME'],
    ['# unplug: ', 'forbid CONFIG_NAME'],
    ['# unplg: forbid CONFIG_KASAN', 'forbid CONFIG_KASAN'],
    ['# optional since 6.15', 'optional since 6.15'],
    ['# forbid CONFIG_KASAN', 'forbid CONFIG_KASAN'],
  ] as const) {
    t.match(parseMark(line), { kind: 'wrong', hint: `did you mean: # unplug: ${meant}` }, line);
  }
  t.match(parseMark('# unplug: optional since 6.19 until 6.14'), {
    kind: 'wrong',
    message: 'since 6.19 is after until 6.14',
  });
});

t.test('comments about unplug, options and series are no marks', async (t) => {
  for (const line of [
    '# unplug builds this in.',
    "# unplug's own symbols",
    '# Optional drivers come later.',
    '# CONFIG_A is not set',
    'CONFIG_A=y',
    '',
  ]) {
    t.equal(parseMark(line), undefined, line);
  }
});

t.test('a mark without a symbol below it is an error at the mark', async (t) => {
  const message = 'f.config:1:1: this mark has no symbol below it\n';
  for (const rest of ['', '\nCONFIG_A=y\n', '# unplug: optional until 6.19\nCONFIG_A=y\n']) {
    t.ok(complaint(() => parse(`# unplug: optional since 6.14\n${rest}`)).startsWith(message), rest);
  }
});

t.test('which sources may lack a symbol', async (t) => {
  const table: readonly (readonly [Optional, string, boolean])[] = [
    [{ since: '6.14' }, '6.12', true],
    [{ since: '6.14' }, '6.9.117', true],
    [{ since: '6.14' }, '6.14', false],
    [{ since: '6.14' }, '7.2', false],
    [{ until: '6.15' }, '6.12', false],
    [{ until: '6.15' }, '6.15.3', false],
    [{ until: '6.15' }, '6.16', true],
    [{ since: '6.9', until: '6.15' }, '6.12', false],
    [{ since: '6.9', until: '6.15' }, '6.1', true],
    [{ since: '6.9', until: '6.15' }, '7.0', true],
    [{ withSeries: true }, '7.2', true],
  ];
  for (const [optional, version, may] of table) {
    t.equal(mayLack(optional, version), may, `${formatOptional(optional)}: ${version}`);
  }
});

t.test('of two fragments the stricter one counts', async (t) => {
  const plain = parseFragment('p', 'p.config', 'CONFIG_A=y\n# CONFIG_B is not set\n');
  const marked = parseFragment(
    'm',
    'm.config',
    '# unplug: optional since 6.14\nCONFIG_A=y\n# unplug: forbid CONFIG_B\n',
  );
  for (const order of [
    [plain, marked],
    [marked, plain],
  ]) {
    t.match(mergeFragments(order), [
      { name: 'A', optional: undefined },
      { name: 'B', forbidden: true },
    ]);
  }
  t.match(mergeFragments([marked, marked])[0], { optional: { since: '6.14' } });
  const other = parseFragment('o', 'o.config', '# unplug: optional with series\nCONFIG_A=y\n');
  t.equal(
    complaint(() => mergeFragments([marked, other])),
    'o.config:2: CONFIG_A is optional with series, but at m.config:2 it is optional since 6.14\n' +
      'give both lines the same mark',
  );
  const asks = parseFragment('a', 'a.config', 'CONFIG_B=y\n');
  t.equal(
    complaint(() => mergeFragments([marked, asks])),
    'a.config:1: CONFIG_B=y, but m.config:3 says forbid CONFIG_B\n' +
      'fragments that are used together must agree: remove one of the two lines',
  );
  t.match(
    complaint(() => mergeFragments([asks, marked])),
    /^m\.config:3: forbid CONFIG_B, but a\.config:1 asks for CONFIG_B=y/,
  );
});
