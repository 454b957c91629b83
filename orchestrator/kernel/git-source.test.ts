/** Sources from real repositories, with a tree of a few files in place of the kernel. */
import { existsSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { changedFiles } from './changed-files.ts';
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

t.test('git: a commit, and the user has changes that are not in it', async (t) => {
  const w = world(t);
  await repository(w.tree);
  put(w.tree, { 'drivers/a.c': 'int changed;\n', 'drivers/staged.c': '\n', 'new.c': '\n' });
  await git(w.tree, 'add', 'drivers/staged.c');
  const status = await git(w.tree, 'status', '--porcelain');
  const before = fingerprint(w.tree);
  const source = await get(`git:${w.tree}#v9.8`, w);
  t.same(filesOf(source), ALL);
  t.equal(read(source, 'drivers/a.c'), 'int a;\n');
  t.equal(readlinkSync(join(source.directory, 'include/uapi')), '../linux');
  t.equal(statSync(join(source.directory, 'scripts/run.sh')).mode & 0o111, 0o111);
  t.match(source.description, /^git:.*\/tree#v9\.8 \(9\.8\.7, [0-9a-f]{12}, "First \\"one\\""\)$/);
  t.equal(fingerprint(w.tree), before, 'nothing was written in the repository or its tree');
  t.equal(await git(w.tree, 'status', '--porcelain'), status);
  t.equal((await get(`git:${w.tree}`, w)).identity, source.identity, 'HEAD is the same tree');
  t.equal(w.said.filter((line) => line.startsWith('unpacked')).length, 1);
  rmSync(join(source.directory, '..', 'source.json'));
  rmSync(join(source.directory, 'Makefile'));
  t.equal(read(await get(`git:${w.tree}`, w), 'Makefile'), MAKEFILE, 'an incomplete one is done again');
});

t.test('git: the next commit shares its files with the one before', async (t) => {
  const w = world(t);
  await repository(w.tree);
  const first = await get(`git:${w.tree}#HEAD`, w);
  for (const path of ALL.filter((path) => path !== 'include/uapi'))
    utimesSync(join(first.directory, path), 1e9, 1e9);
  put(w.tree, { 'drivers/b.c': 'int c;\n', 'drivers/new.c': 'int n;\n' });
  rmSync(join(w.tree, 'drivers/a.c'));
  await git(w.tree, 'add', '-A');
  await git(w.tree, 'commit', '-q', '-m', 'Second');
  const second = await get(`git:${w.tree}#HEAD`, w);
  t.equal(mtime(second, 'Makefile'), 1e12, 'an unchanged file keeps its time');
  t.ok(mtime(second, 'drivers/b.c') > 1e12);
  t.equal(read(first, 'drivers/b.c'), 'int b;\n');
  t.equal(read(second, 'drivers/b.c'), 'int c;\n');
  t.notOk(existsSync(join(second.directory, 'drivers/a.c')));
  t.same(await changedFiles(first, second), ['drivers/a.c', 'drivers/b.c', 'drivers/new.c']);
  t.same(await changedFiles(second, second), []);
  t.equal(await changedFiles(first, { identity: 'x', directory: join(w.directory, 'x/linux') }), undefined);
});

t.test('git: attributes and settings of the repository change nothing in the files', async (t) => {
  const w = world(t);
  put(w.tree, {
    '.gitattributes': '*.c text eol=crlf\n*.h export-ignore\nMakefile export-subst ident\n',
    Makefile: `${MAKEFILE}# $Format:%H$ $Id$\n`,
  });
  await git(w.tree, 'init', '-q');
  await git(w.tree, 'config', 'core.autocrlf', 'true');
  await git(w.tree, 'config', 'core.fsmonitor', `touch ${join(w.directory, 'ran')};`);
  await git(w.tree, 'add', '-f', '-A');
  await git(w.tree, 'commit', '-q', '-m', 'x');
  rmSync(join(w.directory, 'ran'), { force: true });
  const source = await get(`git:${w.tree}`, w);
  t.equal(read(source, 'drivers/a.c'), 'int a;\n');
  t.equal(read(source, 'include/linux/a.h'), '/* a */\n');
  t.equal(read(source, 'Makefile'), `${MAKEFILE}# $Format:%H$ $Id$\n`);
  await get(`dir:${w.tree}`, w);
  t.notOk(existsSync(join(w.directory, 'ran')), 'no program of the repository was run');
});

t.test('git: shallow, linked and bare repositories', async (t) => {
  const w = world(t);
  await repository(w.tree);
  await git(w.tree, 'commit', '-q', '--allow-empty', '-m', 'Second');
  const shallow = join(w.directory, 'shallow');
  const linked = join(w.directory, 'linked');
  const bare = join(w.directory, 'bare');
  const borrowed = join(w.directory, 'borrowed');
  await git(w.directory, 'clone', '-q', '--depth=1', `file://${w.tree}`, shallow);
  await git(w.directory, 'clone', '-q', '--bare', w.tree, bare);
  await git(w.directory, 'clone', '-q', '--shared', w.tree, borrowed);
  await git(w.tree, 'worktree', 'add', '-q', linked, 'v9.8');
  const plain = await get(`git:${w.tree}`, w);
  for (const place of [shallow, linked, bare, borrowed]) {
    const before = fingerprint(place);
    rmSync(join(plain.directory, '..'), { recursive: true });
    t.equal((await get(`git:${place}`, w)).identity, plain.identity, place);
    t.same(filesOf(plain), ALL);
    t.equal(fingerprint(place), before);
  }
});

t.test('git: a partial clone gets nothing fetched into it', async (t) => {
  const w = world(t);
  await repository(w.tree);
  await git(w.tree, 'config', 'uploadpack.allowFilter', 'true');
  const partial = join(w.directory, 'partial');
  await git(w.directory, 'clone', '-q', '--bare', '--filter=blob:none', `file://${w.tree}`, partial);
  const before = fingerprint(partial);
  await t.rejects(get(`git:${partial}`, w), {
    code: 'INFRA',
    message: /lacks some of its objects$/,
    hint: /git archive REF/,
  });
  t.equal(fingerprint(partial), before);
});

t.test('git: what is wrong is said', async (t) => {
  const w = world(t);
  await t.rejects(get(`git:${w.tree}`, w), {
    code: 'USAGE',
    message: /is not the top of a git repository that can be read$/,
    hint: /dir:/,
  });
  await t.rejects(get(`git:${w.tree}/none`, w), { code: 'USAGE', message: `no folder ${w.tree}/none` });
  await git(w.tree, 'init', '-q', '-b', 'main');
  await t.rejects(get(`git:${w.tree}`, w), { code: 'USAGE', message: `${w.tree} has no commit yet` });
  await repository(w.tree);
  await t.rejects(get(`git:${w.tree}#v9.9`, w), {
    code: 'USAGE',
    message: `${w.tree} has no branch, tag or commit v9.9`,
    hint: /^nearest: .*v9\.8/,
  });
  await t.rejects(get(`git:${w.tree}#v9.8:Makefile`, w), { message: /#v9\.8:Makefile is a blob, not a/ });
  await t.rejects(get(`git:${w.tree}#v9.8:drivers`, w), {
    code: 'USAGE',
    message: /v9\.8:drivers is no kernel tree: no top Makefile with VERSION and PATCHLEVEL/,
  });
  symlinkSync('../../etc/passwd', join(w.tree, 'drivers/out'));
  await git(w.tree, 'add', '-A');
  await git(w.tree, 'commit', '-q', '-m', 'Out');
  await t.rejects(get(`git:${w.tree}`, w), {
    code: 'USAGE',
    message: /drivers\/out is a symbolic link out of the tree, to \.\.\/\.\.\/etc\/passwd$/,
  });
  t.same(readdirSync(w.options.cache.sources), [], 'and nothing is left of it');
});
