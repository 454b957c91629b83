import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { BuildError, cachePaths, Interrupted, silentProgress } from '../../base/index.ts';
import { type AppliedSeries, applySeries } from './apply.ts';
import { loadSeries } from './load.ts';
import type { Series } from './series.ts';
import { parseSeriesSpec, type SeriesSpec } from './spec.ts';

const testdata = fileURLToPath(new URL('testdata', import.meta.url));
const golden = join(testdata, 'lamp-v3.mbx');
const options = { cache: cachePaths({ XDG_CACHE_HOME: '/nowhere' }), progress: silentProgress };
const load = (spec: string): Promise<Series> => loadSeries(parseSeriesSpec(spec) as SeriesSpec, options);
const LAMP = 'drivers/lamp/lamp.c';

/** A copy of the tiny tree. */
async function makeTree(t: Test): Promise<{ directory: string; description: string }> {
  const directory = join(t.testdir(), 'tree');
  await cp(join(testdata, 'tree'), directory, { recursive: true });
  return { directory, description: 'tiny 1.0' };
}

async function loadText(t: Test, text: string | Buffer): Promise<Series> {
  const file = join(t.testdirName, 'own.patch');
  await writeFile(file, text);
  return load(file);
}

/** Every path of a tree with its content, mode and time of change. */
async function picture(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const found = await stat(join(directory, name));
      const content = found.isFile() ? await readFile(join(directory, name), 'latin1') : '';
      return `${name} ${found.mode} ${found.mtimeMs} ${found.ino} ${content}`;
    }),
  );
}

const shape = ({ changes }: AppliedSeries): unknown =>
  changes.map(({ path, mode, content }) => [path, mode, content?.length]);

async function failure(t: Test, applied: Promise<unknown>): Promise<string> {
  try {
    await applied;
  } catch (error) {
    t.type(error, BuildError);
    const { message, detail, hint } = error as BuildError;
    t.ok(hint, 'says what to do');
    return `${message}\n${detail}\n${hint}`;
  }
  t.fail('was applied');
  return '';
}

t.test('net effect, and the tree stays as it was', async (t) => {
  const base = await makeTree(t);
  const before = await picture(base.directory);
  const applied = await applySeries(base, [await load(golden)]);
  t.same(
    applied.changes.map(({ path, mode }) => [path, mode]),
    [
      ['drivers/lamp/check.sh', '100755'],
      ['drivers/lamp/lamp-test.h', '100644'],
      [LAMP, '100644'],
    ],
  );
  const lamp = applied.changes.find(({ path }) => path === LAMP)?.content?.toString('utf8') ?? '';
  t.match(lamp, 'guard(mutex)(&lamp_lock);\n\tlamp_level = level;');
  t.match(lamp, 'A lamp of Köln');
  t.match(applied.patches, [{ series: 'lamp-v3', subject: /lock/ }, {}, {}]);
  t.match(applied.notes, [
    /left out "Lamp locking"/,
    /made on commit [0-9a-f]{12}, which is not known here; applied on tiny 1\.0/,
  ]);
  t.same(await picture(base.directory), before);
  t.same(
    (await readdir(tmpdir())).filter((name) => name.startsWith(`unplug-${process.pid}-series`)),
    [],
    'nothing is left behind',
  );
});

t.test('the user’s git settings change nothing', async (t) => {
  const base = await makeTree(t);
  const plain = await applySeries(base, [await load(golden)]);
  const hooks = join(t.testdirName, 'hooks');
  await mkdir(hooks);
  for (const hook of ['applypatch-msg', 'pre-applypatch', 'post-applypatch', 'pre-commit', 'post-checkout']) {
    await writeFile(join(hooks, hook), `#!/bin/sh\ntouch ${t.testdirName}/ran-${hook}\nexit 1\n`);
    await chmod(join(hooks, hook), 0o755);
  }
  const config = join(t.testdirName, 'config');
  await writeFile(
    config,
    `[core]\n\thooksPath = ${hooks}\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n[apply]\n\twhitespace = error\n`,
  );
  const changed = {
    GIT_CONFIG_GLOBAL: config,
    GIT_DIR: '/nowhere',
    GIT_AUTHOR_NAME: '',
    GIT_WORK_TREE: '/nowhere',
  };
  const saved = Object.keys(changed).map((name) => [name, process.env[name]] as const);
  t.teardown(() => {
    for (const [name, value] of saved) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, changed);
  const again = await applySeries(base, [await load(golden)]);
  for (const [name] of saved) delete process.env[name];
  t.same(shape(again), shape(plain));
  t.notMatch((await readdir(t.testdirName)).join(' '), /ran-/);
});

t.test('revert: on top of itself nothing is left; of what is in the tree, it is gone', async (t) => {
  const base = await makeTree(t);
  const series = await load(golden);
  const reverted = await load(`revert:${golden}`);
  const both = await applySeries(base, [series, reverted]);
  t.same(both.changes, []);
  t.same(
    both.patches.map(({ subject }) => subject).slice(3),
    series.patches.map(({ subject }) => subject).reverse(),
  );
  t.same(
    shape(await applySeries(base, [series, reverted, series])),
    shape(await applySeries(base, [series])),
  );
  const applied = await applySeries(base, [series]);
  for (const { path, mode, content } of applied.changes) {
    await writeFile(join(base.directory, path), content ?? '');
    if (mode === '100755') await chmod(join(base.directory, path), 0o755);
  }
  const gone = await applySeries(base, [reverted]);
  t.same(
    gone.changes.map(({ path, content }) => [path, content === null]),
    [
      ['drivers/lamp/check.sh', true],
      ['drivers/lamp/lamp-test.h', true],
      [LAMP, false],
    ],
  );
  t.equal(gone.changes[2]?.content?.toString('utf8'), await readFile(join(testdata, 'tree', LAMP), 'utf8'));
  const text = await failure(t, applySeries(await makeTree(t), [reverted]));
  t.match(text, /revert-lamp-v3: patch 3\/3 .* can't be taken off tiny 1\.0/);
});

t.test('a patch that does not apply', async (t) => {
  const base = await makeTree(t);
  const lamp = join(base.directory, LAMP);
  const original = await readFile(lamp, 'utf8');
  await writeFile(lamp, original.replace('\tlamp_level = 0;', '\tlamp_level = LAMP_OFF;'));
  const good = join(t.testdirName, 'good');
  await cp(join(testdata, 'tree'), good, { recursive: true });
  const otherBases = [
    base,
    { directory: join(t.testdirName, 'none'), description: 'empty 0' },
    { directory: good, description: 'tiny 0.9' },
  ];
  const text = await failure(t, applySeries(base, [await load(golden)], { otherBases }));
  t.match(
    text,
    /lamp-v3: patch 2\/3 "lamp: Switch off through lamp_set\(\)" \(.*lamp-v3\.mbx:\d+\) does not apply to tiny 1\.0: 1 hunk rejected in 1 file; 1 of 3 patches were applied before it/,
  );
  t.match(text, /drivers\/lamp\/lamp\.c:20, hunk 1 of 1:\n {2}@@ -20,7 \+20,7 @@[\s\S]*-\tlamp_level = 0;/);
  t.match(text, /1 of 7 lines differ[\s\S]*! 23 \| \tlamp_level = LAMP_OFF;/);
  t.match(text, /all patches apply to tiny 0\.9$/);
  const alone = await failure(
    t,
    applySeries(base, [await load(golden)], { otherBases: otherBases.slice(0, 2) }),
  );
  t.match(alone, /none of the other sources here takes them \(empty 0\)/);
  await rm(lamp);
  t.match(
    await failure(t, applySeries(base, [await load(golden)])),
    /1 file missing or in the way[\s\S]*lamp\.c is not there/,
  );
});

t.test('context at the end of a file', async (t) => {
  const base = await makeTree(t);
  const series = await loadText(
    t,
    '--- a/MAINTAINERS\n+++ b/MAINTAINERS\n@@ -1,2 +1,3 @@\n LAMP\n F:\tdrivers/lamp/\n+F:\tx\n',
  );
  t.match(
    await failure(t, applySeries(base, [series])),
    /the same lines, but the hunk is for the end of the file/,
  );
});

t.test('3-way merge with the files that a patch was made on', async (t) => {
  const base = await makeTree(t);
  const repository = join(t.testdirName, 'upstream');
  await cp(join(testdata, 'tree'), repository, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: repository,
      encoding: 'utf8',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=base');
  const lamp = join(repository, LAMP);
  await writeFile(lamp, (await readFile(lamp, 'utf8')).replace('lamp_level = 0;', 'lamp_set(0);'));
  git('commit', '--quiet', '--all', '--message=lamp: Off by set');
  const own = join(base.directory, LAMP);
  // Changes a context line, three above: the hunk is rejected, a merge sees two changes apart.
  await writeFile(
    own,
    (await readFile(own, 'utf8')).replace('\nvoid lamp_off(void)', '\n/* Off. */\nvoid lamp_off(void)'),
  );
  const series = await load(`git:${repository}#main~1..main`);
  t.equal(series.patches.length, 1);
  t.match(series.baseCommit, git('rev-parse', 'main~1').trim());
  const before = await picture(join(repository, '.git'));
  const applied = await applySeries(base, [series]);
  t.match(applied.notes, [/made on commit [0-9a-f]{12}; applied on tiny/, /was applied by a 3-way merge/]);
  t.match(
    applied.changes[0]?.content?.toString('utf8'),
    '/* Off. */\nvoid lamp_off(void)\n{\n\tlamp_set(0);',
  );
  t.same(await picture(join(repository, '.git')), before, 'the repository is only read');
  const mail = await loadText(t, git('format-patch', '--stdout', 'main~1'));
  t.match(
    await failure(t, applySeries(base, [mail])),
    /1 hunk rejected/,
    'without the objects it is rejected',
  );
  const objects = join(repository, '.git', 'objects');
  t.match((await applySeries({ ...base, objects }, [mail])).notes, [/3-way/]);
});

t.test('CR LF in mails and in files', async (t) => {
  const base = await makeTree(t);
  const text = await readFile(golden, 'latin1');
  const windows = await loadText(t, Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
  t.same(shape(await applySeries(base, [windows])), shape(await applySeries(base, [await load(golden)])));
  await writeFile(join(base.directory, 'MAINTAINERS'), 'one\r\ntwo\r\nthree\r\n');
  const kept = await loadText(
    t,
    '--- a/MAINTAINERS\n+++ b/MAINTAINERS\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+TWO\r\n three\r\n',
  );
  const applied = await applySeries(base, [kept]);
  t.equal(applied.changes[0]?.content?.toString('latin1'), 'one\r\nTWO\r\nthree\r\n');
  t.match(applied.notes, [/--keep-cr/]);
  const wrong = await loadText(t, '--- a/MAINTAINERS\n+++ b/MAINTAINERS\n@@ -1 +1 @@\n-zero\r\n+one\r\n');
  t.match(await failure(t, applySeries(base, [wrong])), /CR LF; it was also tried/);
});

t.test('quoted-printable mails are decoded', async (t) => {
  const base = await makeTree(t);
  const [, , , last = ''] = (await readFile(golden, 'utf8')).split(/^(?=From [0-9a-f]{40} )/m);
  const rename = /diff --git a\/drivers\/lamp\/test\.h[\s\S]*?(?=diff --git)/;
  const plain = last.replace(rename, '').replace('\tlamp_set(0);', '\tlamp_level = 0;');
  const encoded = plain
    .replace('Transfer-Encoding: 8bit', 'Transfer-Encoding: quoted-printable')
    .replace(/^(diff --git|index|@@|---|\+\+\+) .*$/gm, (line) => line.replaceAll('=', '=3D'))
    .replace('A lamp of Köln', 'A lamp=\n of K=C3=B6ln');
  const applied = await applySeries(base, [await loadText(t, encoded)]);
  t.match(applied.changes[0]?.content?.toString('utf8'), 'MODULE_DESCRIPTION("A lamp of Köln");');
});

t.test('links, modes, binary files, attributes', async (t) => {
  const base = await makeTree(t);
  const repository = join(t.testdirName, 'repository');
  await cp(join(testdata, 'tree'), repository, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: repository,
      encoding: 'utf8',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=base');
  await symlink('../../MAINTAINERS', join(repository, 'drivers/lamp/who'));
  await writeFile(join(repository, 'drivers/lamp/logo.bin'), Buffer.from([0, 1, 2, 255, 13, 10]));
  await writeFile(join(repository, '.gitattributes'), '*.c text eol=crlf\n');
  await chmod(join(repository, LAMP), 0o755);
  await rm(join(repository, 'MAINTAINERS'));
  git('-c', 'core.autocrlf=false', 'add', '--all');
  git('commit', '--quiet', '--message=From here on it is 12:00 2026');
  const applied = await applySeries(base, [await load(`git:${repository}#main~1..main`)]);
  const original = await readFile(join(testdata, 'tree', LAMP));
  t.same(
    applied.changes.map(({ path, mode, content }) => [path, mode, content?.toString('latin1')]),
    [
      ['.gitattributes', '100644', '*.c text eol=crlf\n'],
      ['MAINTAINERS', '100644', undefined],
      [LAMP, '100755', original.toString('latin1')],
      ['drivers/lamp/logo.bin', '100644', '\x00\x01\x02\xff\r\n'],
      ['drivers/lamp/who', '120000', '../../MAINTAINERS'],
    ],
  );
});

t.test('nothing is written through what the tree has in the way', async (t) => {
  const base = await makeTree(t);
  const outside = join(t.testdirName, 'outside');
  await mkdir(outside);
  await symlink(outside, join(base.directory, 'out'));
  await symlink('drivers', join(base.directory, 'inside'));
  const create = (path: string): string =>
    `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`;
  t.match(
    await failure(t, applySeries(base, [await loadText(t, create('out/x'))])),
    /through out, a symbolic link/,
  );
  t.match(await failure(t, applySeries(base, [await loadText(t, create('inside/x'))])), /through inside/);
  t.match(
    await failure(t, applySeries(base, [await loadText(t, create('MAINTAINERS/x'))])),
    /MAINTAINERS is a file/,
  );
  t.match(await failure(t, applySeries(base, [await loadText(t, create('drivers'))])), /it is a folder/);
  t.same(await readdir(outside), []);
});

t.test('a mail that git reads otherwise than unplug does', async (t) => {
  const base = await makeTree(t);
  const create = (path: string): string =>
    `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`;
  const series = await loadText(t, create('shown'));
  const [patch] = series.patches;
  if (patch === undefined) throw new Error('no patch');
  const text = Buffer.from(patch.text.toString('latin1') + create('hidden'), 'latin1');
  const forged = { ...series, patches: [{ ...patch, text }] };
  await t.rejects(applySeries(base, [forged]), {
    constructor: BuildError,
    message: /hidden was changed, but/,
  });
});

t.test('interrupted', async (t) => {
  const base = await makeTree(t);
  const series = await load(golden);
  const abort = new AbortController();
  const applied = applySeries(base, [series], { signal: abort.signal });
  setTimeout(() => abort.abort(new Interrupted('stop')), 30);
  await t.rejects(applied, Interrupted);
  t.same(
    (await readdir(tmpdir())).filter((name) => name.startsWith(`unplug-${process.pid}-series`)),
    [],
  );
});
