import t from 'tap';
import { refuseExclusive } from './exclusive.ts';
import { configLine, mergeFragments, parseFragment } from './fragment.ts';

const complaint = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    const { message, detail, hint } = error as { message: string; detail?: string; hint?: string };
    return [message, detail, hint].filter((part) => part !== undefined).join('\n');
  }
  return 'no complaint';
};

t.test('values, comments and what is not set', async (t) => {
  const { symbols } = parseFragment(
    'f',
    'f.config',
    '# words\n\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_N=-8\nCONFIG_H=0xfF\nCONFIG_S="a \\"b\\" =c"\n#CONFIG_OFF=y\nCONFIG_M=m \r\n',
  );
  t.same(
    symbols.map(({ name, value, location }) => [name, value, location.line]),
    [
      ['A', 'y', 3],
      ['B', 'n', 4],
      ['N', '-8', 5],
      ['H', '0xfF', 6],
      ['S', '"a \\"b\\" =c"', 7],
      ['M', 'm', 9],
    ],
  );
  t.same(symbols.slice(0, 2).map(configLine), ['CONFIG_A=y', '# CONFIG_B is not set']);
});

t.test('every other line is refused with its place', async (t) => {
  const of = (text: string): string => complaint(() => parseFragment('f', 'f.config', text));
  t.equal(
    of('CONFIG_A=y\n\tKASAN=y\n'),
    'f.config:2:2: not a line of a config fragment\n  2 | \tKASAN=y\n    | \t^\n' +
      'expected CONFIG_NAME=value, # CONFIG_NAME is not set, or a comment',
  );
  t.equal(
    of('CONFIG_A=yes\n'),
    'f.config:1:10: odd value yes for CONFIG_A\n  1 | CONFIG_A=yes\n    |          ^\n' +
      'expected y, m, n, a number, 0x… or a "string"',
  );
  t.match(of('CONFIG_A=\n'), /^f\.config:1:10: no value for CONFIG_A/);
  t.match(of('#CONFIG_A is not set\n'), /^f\.config:1:1: Kconfig takes this for a comment/);
  t.match(of('# A is not set\n'), /write exactly: # CONFIG_NAME is not set$/);
});

t.test('fragments that disagree are both named', async (t) => {
  const one = parseFragment('one', 'one.config', 'CONFIG_A=y\nCONFIG_B=y\n');
  const two = parseFragment('two', 'two.config', '\n# CONFIG_B is not set\n');
  t.equal(
    complaint(() => mergeFragments([one, two])),
    'two.config:2: # CONFIG_B is not set, but one.config:2 asks for CONFIG_B=y\n' +
      'fragments that are used together must agree: remove one of the two lines',
  );
  t.match(
    complaint(() => parseFragment('f', 'f.config', 'CONFIG_A=y\nCONFIG_A=m\n')),
    /^f\.config:2: CONFIG_A=m, but f\.config:1 asks for CONFIG_A=y/,
  );
  const again = parseFragment('three', 'three.config', 'CONFIG_A=y\nCONFIG_C=y\n');
  t.same(
    mergeFragments([one, again]).map((symbol) => symbol.name),
    ['A', 'B', 'C'],
    'the same wish twice is one wish',
  );
});

t.test('KASAN together with SLUB_TINY is refused, naming both', async (t) => {
  const { symbols } = parseFragment('f', 'f.config', 'CONFIG_SLUB_TINY=y\n\nCONFIG_KASAN=y\n');
  t.equal(
    complaint(() => refuseExclusive(symbols)),
    'CONFIG_KASAN and CONFIG_SLUB_TINY exclude each other: f.config:3 asks for CONFIG_KASAN=y, ' +
      'f.config:1 for CONFIG_SLUB_TINY=y\n' +
      '  lib/Kconfig.kasan: KASAN depends on SYSFS && !SLUB_TINY\ntake one of the two lines out',
  );
  t.match(
    complaint(() => refuseExclusive(parseFragment('f', 'f', 'CONFIG_KCSAN=y\nCONFIG_KASAN=y\n').symbols)),
    /CONFIG_KCSAN and CONFIG_KASAN exclude/,
  );
  const off = parseFragment('f', 'f.config', '# CONFIG_SLUB_TINY is not set\nCONFIG_KASAN=y\n');
  t.doesNotThrow(() => refuseExclusive(off.symbols));
});
