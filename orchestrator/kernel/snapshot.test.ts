/** Snapshots of folders on disk, with a tree of a few files in place of the kernel. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { runCommand } from '../base/index.ts';
import { changedFiles } from './changed-files.ts';
import { type LocatedSource, sourceNeedMiB } from './located-source.ts';
import { copyWhole } from './read-whole.ts';
import {
  ALL,
  filesOf,
  fingerprint,
  get,
  git,
  MAKEFILE,
  mtime,
  put,
  read,
  repository,
  world,
} from './testdata/source-world.ts';

// Each tree is synced to disk, which takes its time on a busy machine.
t.setTimeout(180_000);

/** Makes the folder's files old enough that a snapshot remembers them. */
const settle = (): Promise<void> => setTimeout(2100);

t.test('dir: a git checkout with changes, which stays as it is', async (t) => {
  const w = world(t);
  await repository(w.tree);
  put(w.tree, {
    'drivers/a.c': 'int changed;\n',
    'drivers/new.c': 'int n;\n',
    'drivers/a.o': 'object',
    '.config': 'CONFIG_A=y\n',
    'include/config/auto.conf': '\n',
    vmlinux: 'v',
  });
  rmSync(join(w.tree, 'drivers/b.c'));
  const status = await git(w.tree, 'status', '--porcelain', '--ignored');
  const before = fingerprint(w.tree);
  const source = await get(`dir:${w.tree}`, w);
  t.same(filesOf(source), [...ALL.filter((path) => path !== 'drivers/b.c'), 'drivers/new.c'].sort());
  t.equal(read(source, 'drivers/a.c'), 'int changed;\n');
  t.equal(statSync(join(source.directory, 'scripts/run.sh')).mode & 0o111, 0o111);
  t.match(source.description, /^dir:.*\/tree \(9\.8\.7, snapshot [0-9a-f]{12}\)$/);
  t.equal(sourceNeedMiB(source), 0, 'it is there already');
  t.equal((await get(`dir:${w.tree}`, w)).identity, source.identity);
  t.equal(fingerprint(w.tree), before, 'contents, modes, times, links and .git are as before');
  t.equal(await git(w.tree, 'status', '--porcelain', '--ignored'), status);
  const own = new Set(
    ALL.map((path) => lstatSync(join(source.directory, path), { throwIfNoEntry: false })?.ino),
  );
  t.notOk(own.has(statSync(join(w.tree, 'Makefile')).ino), "no file is shared with the user's");
});

t.test('dir: a plain folder that was built in, also with the .gitignore of a Debian package', async (t) => {
  const w = world(t);
  const debian = `${readFileSync(join(w.tree, '.gitignore'), 'utf8')}# Debian\n/*\n!/debian/\n`;
  for (const ignore of [undefined, debian]) {
    if (ignore !== undefined) writeFileSync(join(w.tree, '.gitignore'), ignore);
    put(w.tree, {
      'drivers/a.o': 'object',
      'drivers/.a.o.cmd': 'cmd',
      '.config': 'CONFIG_A=y\n',
      'include/config/auto.conf': '\n',
      'include/generated/x.h': '\n',
      'arch/x86/include/generated/y.h': '\n',
      'lib/.kunitconfig': 'CONFIG_KUNIT=y\n',
      vmlinux: 'v',
    });
    const before = fingerprint(w.tree);
    const source = await get(`dir:${w.tree}`, w);
    t.same(
      filesOf(source).filter((path) => path !== '.gitignore'),
      [...ALL, 'lib/.kunitconfig'].filter((path) => path !== '.gitignore').sort(),
    );
    t.equal(fingerprint(w.tree), before);
  }
  rmSync(join(w.tree, '.gitignore'));
  const source = await get(`dir:${w.tree}`, w);
  t.notOk(filesOf(source).some((path) => /\.o$|\.cmd$|config\/|generated\/|^\.config|vmlinux/.test(path)));
});

t.test('dir: inside of a repository that is for something else', async (t) => {
  const w = world(t);
  put(w.directory, { '.gitignore': 'tree\n', 'other.txt': 'x' });
  await git(w.directory, 'init', '-q');
  t.same(filesOf(await get(`dir:${w.tree}`, w)), ALL);
});

t.test('dir: the second snapshot shares what has not changed, and reads only the rest', async (t) => {
  const w = world(t);
  await settle();
  const first = await get(`dir:${w.tree}`, w);
  utimesSync(join(first.directory, 'Makefile'), 1e9, 1e9);
  utimesSync(join(first.directory, 'drivers/a.c'), 1e9, 1e9);
  writeFileSync(join(w.tree, 'drivers/a.c'), 'int A;\n');
  chmodSync(join(w.tree, 'drivers/b.c'), 0o755);
  const second = await get(`dir:${w.tree}`, w);
  t.not(second.identity, first.identity);
  t.equal(mtime(second, 'Makefile'), 1e12, 'linked');
  t.ok(mtime(second, 'drivers/a.c') > 1e12, 'written now');
  t.equal(read(first, 'drivers/a.c'), 'int a;\n');
  t.equal(read(second, 'drivers/a.c'), 'int A;\n');
  t.same(await changedFiles(first, second), ['drivers/a.c', 'drivers/b.c']);

  // The same size and time as before: ctime tells.
  const { mtime: at } = statSync(join(w.tree, 'drivers/a.c'));
  writeFileSync(join(w.tree, 'drivers/a.c'), 'int Z;\n');
  utimesSync(join(w.tree, 'drivers/a.c'), at, at);
  t.equal(read(await get(`dir:${w.tree}`, w), 'drivers/a.c'), 'int Z;\n');

  rmSync(w.options.cache.sources, { recursive: true });
  const again = await get(`dir:${w.tree}`, w);
  t.equal(read(again, 'Makefile'), MAKEFILE, 'what is remembered of pruned trees is read again');
  t.same(filesOf(again), ALL);
});

t.test('dir and git of the same repository share too', async (t) => {
  const w = world(t);
  await repository(w.tree);
  const commit = await get(`git:${w.tree}`, w);
  put(w.tree, { 'drivers/a.c': 'int dirty;\n' });
  const dirty = await get(`dir:${w.tree}`, w);
  t.same(await changedFiles(commit, dirty), ['drivers/a.c']);
  const inode = (source: LocatedSource): number => statSync(join(source.directory, 'Makefile')).ino;
  t.equal(inode(dirty), inode(commit));
});

t.test('dir: a file is never taken by half', async (t) => {
  const w = world(t);
  const file = join(w.tree, 'drivers/a.c');
  const size = 4 << 20;
  const contents = ['a', 'b'].map((letter) => Buffer.alloc(size, letter));
  const names = new Set(
    contents.map((content) => createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex')),
  );
  writeFileSync(file, contents[0] as Buffer);
  const stop = new AbortController();
  // Another process, in pieces: a reader that does not look twice gets a mixture.
  const writer = runCommand({
    argv: [
      process.execPath,
      '-e',
      `const fs = require('fs');
       const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
       for (let n = 0; ; n++) {
         const fd = fs.openSync(process.argv[1], 'r+');
         const piece = Buffer.alloc(65536, n % 2 ? 'a' : 'b');
         for (let at = 0; at < ${size}; at += piece.length) { fs.writeSync(fd, piece, 0, piece.length, at); pause(1); }
         fs.closeSync(fd);
         console.log(n);
         pause(150);
       }`,
      file,
    ],
    signal: stop.signal,
  }).catch(() => undefined);
  const seen = new Set<string>();
  for (let tries = 0; tries < 12; tries++) {
    const copied = await copyWhole(file, join(w.directory, 'copy'));
    t.ok(names.has(copied?.id ?? ''), 'one content or the other');
    t.ok(contents.some((content) => content.equals(readFileSync(join(w.directory, 'copy')))));
    seen.add(copied?.id ?? '');
    await setTimeout(tries * 13);
  }
  stop.abort();
  await writer;
  t.equal(seen.size, 2, 'it did change meanwhile');
});

t.test('dir: files that come and go while the snapshot is taken', async (t) => {
  const w = world(t);
  for (let n = 0; n < 300; n++) put(w.tree, { [`lib/f${n}.c`]: `int f${n};\n` });
  const stop = new AbortController();
  const busy = (async () => {
    for (let n = 0; !stop.signal.aborted; n = (n + 1) % 300) {
      writeFileSync(join(w.tree, 'new'), `int g${n};\n`);
      renameSync(join(w.tree, 'new'), join(w.tree, `lib/f${n}.c`));
      rmSync(join(w.tree, `lib/f${(n + 1) % 300}.c`), { force: true });
      await setTimeout(2);
    }
  })();
  const source = await get(`dir:${w.tree}`, w);
  stop.abort();
  await busy;
  for (const path of filesOf(source).filter((path) => path.startsWith('lib/')))
    t.match(read(source, path), /^int [fg]\d+;\n$/);
  t.ok(w.said.some((line) => line.includes('is changing all the time')));
});

t.test('dir: what is wrong is said', async (t) => {
  const w = world(t);
  await t.rejects(get(`dir:${w.tree}/none`, w), { code: 'USAGE', message: `no folder ${w.tree}/none` });
  await t.rejects(get(`dir:${w.tree}/drivers`, w), {
    code: 'USAGE',
    message: `dir:${w.tree}/drivers is no kernel tree: no top Makefile with VERSION and PATCHLEVEL`,
  });
  symlinkSync('/etc/passwd', join(w.tree, 'out'));
  await t.rejects(get(`dir:${w.tree}`, w), {
    code: 'USAGE',
    message: `dir:${w.tree}: out is a symbolic link out of the tree, to /etc/passwd`,
  });
  t.same(readdirSync(w.options.cache.sources), [], 'and nothing is left of it');
});

t.test('dir: a folder that became a link is not followed', async (t) => {
  const w = world(t);
  await repository(w.tree);
  renameSync(join(w.tree, 'drivers'), join(w.directory, 'moved'));
  symlinkSync('include', join(w.tree, 'drivers'));
  put(w.tree, { 'include/a.c': 'int other;\n' });
  const source = await get(`dir:${w.tree}`, w);
  t.equal(readlinkSync(join(source.directory, 'drivers')), 'include');
  t.notOk(lstatSync(join(source.directory, 'drivers')).isDirectory());
});
