import t from 'tap';
import { formatSeriesSpec, parseSeriesSpec, type SeriesSpec, seriesName } from './spec.ts';

const nothingThere = (): undefined => undefined;
const parse = (text: string): SeriesSpec | undefined => parseSeriesSpec(text, '/users/me', nothingThere);

t.test('every form', async (t) => {
  const cases: readonly [text: string, spec: SeriesSpec, name: string][] = [
    ['fix.mbx', { kind: 'mbox', file: '/users/me/fix.mbx' }, 'fix'],
    ['../a/v2-fix.mbox.gz', { kind: 'mbox', file: '/users/a/v2-fix.mbox.gz' }, 'v2-fix'],
    ['/p/0001-x y.patch', { kind: 'mbox', file: '/p/0001-x y.patch' }, '0001-x-y'],
    ['patches', { kind: 'directory', directory: '/users/me/patches' }, 'patches'],
    ['patches.mbx/', { kind: 'directory', directory: '/users/me/patches.mbx' }, 'patches.mbx'],
    [
      'git:linux#v6.12..my/fix',
      { kind: 'git', directory: '/users/me/linux', range: 'v6.12..my/fix' },
      'v6.12..my-fix',
    ],
    ['git:/l#HEAD~3..HEAD', { kind: 'git', directory: '/l', range: 'HEAD~3..HEAD' }, 'HEAD-3..HEAD'],
    [
      'lore:20260301.7-1-zoe@x.org',
      { kind: 'lore', messageId: '20260301.7-1-zoe@x.org' },
      '20260301.7-1-zoe@x.org',
    ],
    ['revert:fix.mbx', { kind: 'revert', of: { kind: 'mbox', file: '/users/me/fix.mbx' } }, 'revert-fix'],
    [
      'revert:revert:git:.#a..b',
      { kind: 'revert', of: { kind: 'revert', of: { kind: 'git', directory: '/users/me', range: 'a..b' } } },
      'revert-revert-a..b',
    ],
    ['./git:x', { kind: 'directory', directory: '/users/me/git:x' }, 'git-x'],
  ];
  for (const [text, spec, name] of cases) {
    t.same(parse(text), spec, text);
    t.same(
      parse(formatSeriesSpec(spec)),
      text === 'patches.mbx/' || text === './git:x' ? parse(formatSeriesSpec(spec)) : spec,
      `${text} and back`,
    );
    t.equal(seriesName(spec), name);
  }
});

t.test('what is there decides between file and folder', async (t) => {
  t.same(
    parseSeriesSpec('a.mbx', '/x', () => true),
    { kind: 'directory', directory: '/x/a.mbx' },
  );
  t.same(
    parseSeriesSpec('a', '/x', () => false),
    { kind: 'mbox', file: '/x/a' },
  );
});

t.test('message ids as people have them', async (t) => {
  const wanted = { kind: 'lore', messageId: '20260301110000.77-1-zoe@example.org' };
  for (const text of [
    '<20260301110000.77-1-zoe@example.org>',
    'https://lore.kernel.org/all/20260301110000.77-1-zoe@example.org/',
    'https://lore.kernel.org/linux-gpio/20260301110000.77-1-zoe@example.org/T/#u',
    'https://lore.kernel.org/r/20260301110000.77-1-zoe%40example.org',
    'https://patch.msgid.link/20260301110000.77-1-zoe@example.org',
  ]) {
    t.same(parse(`lore:${text}`), wanted, text);
  }
});

t.test('what is none', async (t) => {
  for (const text of [
    '',
    '  ',
    'debian:linux-source-6.12',
    'git:linux',
    'git:linux#v6.12',
    'git:#a..b',
    'git:x#a...b',
    'git:x#--all..b',
    'git:x#..b',
    'git:x#a..',
    'lore:',
    'lore:hello',
    'lore:-x@y',
    'lore:a b@c',
    'lore:https://lore.kernel.org/all/',
    'revert:',
    'revert:git:x',
  ]) {
    t.equal(parse(text), undefined, JSON.stringify(text));
  }
});
