import t from 'tap';
import { aptConf, updateFailure } from './apt-state.ts';
import { debianMirrorOf, parseAptSources } from './debian-mirror.ts';
import { folderExcludes } from './directory-files.ts';
import { formatFileList, parseFileList } from './file-list.ts';
import { parseLsTree } from './git-source.ts';
import { parseKernelVersion } from './kernel-version.ts';
import { formatSource, parseSource } from './source.ts';
import { parseMarker } from './source-marker.ts';

const ID = '0123456789abcdef0123456789abcdef01234567';

t.test('forms of sources', async (t) => {
  const good: readonly (readonly [string, object, string])[] = [
    [
      'debian:linux-source-6.12',
      { kind: 'debian', package: 'linux-source-6.12' },
      'debian:linux-source-6.12',
    ],
    [
      'debian:linux-source-7.2@sid',
      { kind: 'debian', package: 'linux-source-7.2', suite: 'sid' },
      'debian:linux-source-7.2@sid',
    ],
    [
      'debian:linux-source-6.12@trixie-backports',
      { kind: 'debian', package: 'linux-source-6.12', suite: 'trixie-backports' },
      'debian:linux-source-6.12@trixie-backports',
    ],
    ['git:linux#v6.12', { kind: 'git', directory: '/base/linux', ref: 'v6.12' }, 'git:/base/linux#v6.12'],
    ['git:/a/b', { kind: 'git', directory: '/a/b', ref: 'HEAD' }, 'git:/a/b#HEAD'],
    ['git:/a#b#HEAD~3', { kind: 'git', directory: '/a#b', ref: 'HEAD~3' }, 'git:/a#b#HEAD~3'],
    ['dir:.', { kind: 'dir', directory: '/base' }, 'dir:/base'],
    ['dir:../c d', { kind: 'dir', directory: '/c d' }, 'dir:/c d'],
    ['tar:x/linux.tar.xz', { kind: 'tar', file: '/base/x/linux.tar.xz' }, 'tar:/base/x/linux.tar.xz'],
  ];
  for (const [text, spec, formatted] of good) {
    const parsed = parseSource(text, '/base');
    t.same(parsed, spec, text);
    t.equal(parsed && formatSource(parsed), formatted);
    t.same(parseSource(formatted, '/elsewhere'), spec, `${formatted} reads as the same`);
  }
  for (const text of [
    '',
    'linux-source-6.12',
    'debian:',
    'debian:bash',
    'debian:linux-source-6.12@',
    'debian:linux-source-6.12@../x',
    'debian:linux-source-6.12@-o',
    'git:',
    'git:#v1',
    'git:/a#',
    'git:/a#--output=x',
    'dir:',
    'tar:',
    'svn:/a',
    'dir:a\0b',
  ]) {
    t.equal(parseSource(text, '/base'), undefined, JSON.stringify(text));
  }
});

t.test('versions in a top Makefile', async (t) => {
  const makefile = (sub: string, extra: string): string =>
    `# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL =${sub}\nEXTRAVERSION =${extra}\nNAME = Baby\n`;
  t.same(parseKernelVersion(makefile(' 117', '')), { version: '6.12.117', release: '6.12' });
  t.same(parseKernelVersion(makefile(' 0', ' -rc3')), { version: '6.12.0-rc3', release: '6.12' });
  t.same(parseKernelVersion(makefile('', '')), { version: '6.12.0', release: '6.12' });
  t.equal(parseKernelVersion('all:\n\techo\n'), undefined);
  t.equal(parseKernelVersion('VERSION = 1.2.3\n'), undefined);
  t.equal(parseKernelVersion('VERSION = $(X)\nPATCHLEVEL = 1\n'), undefined);
});

t.test('lists of files', async (t) => {
  const entries = [
    { mode: '120000', id: ID, path: 'b' },
    { mode: '100755', id: ID, path: 'a b\nc' },
  ] as const;
  const text = formatFileList(entries);
  t.equal(text, `100755 ${ID} a b\nc\x00120000 ${ID} b\0`);
  t.same([...(parseFileList(text)?.values() ?? [])], [entries[1], entries[0]]);
  t.equal(parseFileList(text.slice(0, -1)), undefined, 'cut short');
  t.equal(parseFileList(`777 ${ID} b\0`), undefined);
  t.same(parseLsTree(`100664 blob ${ID}\ta\tb\x00160000 commit ${ID}\tsub\x00120000 blob ${ID}\tl\0`), [
    { mode: '100644', id: ID, path: 'a\tb' },
    { mode: '120000', id: ID, path: 'l' },
  ]);
});

t.test('markers, also of the first unplug', async (t) => {
  t.same(parseMarker('{"package":"p","version":"1","identity":"i"}'), {
    package: 'p',
    version: '1',
    identity: 'i',
    description: 'p 1',
  });
  t.match(parseMarker('{"identity":"i","description":"d","base":"b","changes":["x"]}'), { base: 'b' });
  for (const text of ['', '{', '{"identity":"i"}', '{"description":"d"}', 'null'])
    t.equal(parseMarker(text), undefined, text);
});

t.test("the mirror of the machine's sources", async (t) => {
  const deb822 = `Types: deb
# http://snapshot.example/debian
URIs: http://one.example/debian-security
Suites: bookworm-security

Types: deb deb-src
Enabled: no
URIs: http://off.example/debian

Types: deb-src
URIs: http://src.example/debian

types: deb
URIs: cdrom:/x/debian
  http://two.example/debian/
Suites: bookworm
`;
  t.same(parseAptSources(deb822), [
    'http://one.example/debian-security',
    'cdrom:/x/debian',
    'http://two.example/debian/',
  ]);
  t.equal(debianMirrorOf(parseAptSources(deb822)), 'http://two.example/debian');
  const lines = `# deb http://no.example/debian a main
deb-src http://src.example/debian a main
deb [arch=amd64 signed-by=/x] https://apt.example/other a main
deb http://three.example/mirror/debian bookworm main
`;
  t.equal(debianMirrorOf(parseAptSources(lines)), 'http://three.example/mirror/debian');
  t.equal(debianMirrorOf(parseAptSources('')), undefined);
});

t.test("apt's complaints", async (t) => {
  const table: readonly (readonly [string, string])[] = [
    [
      'E: Release file for http://m/debian/dists/sid/InRelease is expired (invalid since 2d). Updates for this repository will not be applied.',
      'expired',
    ],
    ["E: The repository 'http://m/debian nosuch Release' does not have a Release file.", 'no-suite'],
    ["E: The repository 'file:/r x InRelease' is not signed.", 'signature'],
    ['W: GPG error: http://m x InRelease: The following signatures were invalid: BADSIG 1 x', 'signature'],
    [
      "W: GPG error: x InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 12",
      'signature',
    ],
    ['E: Failed to fetch http://m/x  Could not connect to m:80', 'other'],
    ["W: Temporary failure resolving 'm'", 'other'],
  ];
  for (const [words, kind] of table) t.equal(updateFailure(words), kind, words);
});

t.test('settings of an apt of our own keep out the ones of the machine', async (t) => {
  const conf = aptConf('/c/apt/sid', ['Acquire::http::Proxy "http://p:1";']);
  for (const name of ['State', 'Cache', 'Etc']) t.match(conf, new RegExp(`^Dir::${name} "/c/apt/sid/`, 'm'));
  t.match(conf, /^Acquire::http::Proxy "http:\/\/p:1";$/m);
});

t.test('what of a plain folder is left out', async (t) => {
  const patterns = folderExcludes(
    '# c\n.*\n*.o\n/vmlinux\n!/.keep\n/include/config/\ninclude/x\n/*\n!/debian/\n',
  );
  t.same(patterns.slice(0, 5), ['!/*', '/.*', '/*.o', '/vmlinux', '!/.keep']);
  t.notOk(patterns.includes('/*') || patterns.includes('!/debian/') || patterns.includes('/include/x'));
});
