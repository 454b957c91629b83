/** Sources from archives, and links that lead out of a tree. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../base/index.ts';
import { locateSource } from './locate-source.ts';
import { ALL, filesOf, fingerprint, get, put, spec, type World, world } from './testdata/source-world.ts';
import { linkStaysInside } from './tree-links.ts';

// Each tree is synced to disk, which takes its time on a busy machine.
t.setTimeout(180_000);

t.test('links that stay inside, and that do not', async (t) => {
  const { directory } = world(t);
  const root = join(directory, 'links');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  const table: readonly (readonly [string, string, boolean])[] = [
    ['a/up', '..', true],
    ['a/b/file', '../../none', true],
    ['self', '.', true],
    ['out', '..', false],
    ['a/out', '../../x', false],
    ['absolute', '/etc', false],
    // `a/up/..` is above the root, though it reads like `a`.
    ['sly', 'a/up/..', false],
    ['loop', 'loop', false],
  ];
  for (const [path, target] of table) symlinkSync(target, join(root, path));
  for (const [path, target, inside] of table)
    t.equal(linkStaysInside(root, path), inside, `${path} -> ${target}`);
});

/** An archive of some members of a folder, with tar's own option for changing their names. */
async function archive(w: World, name: string, args: readonly string[]): Promise<string> {
  const file = join(w.directory, name);
  await runCommand({ argv: ['tar', '-caf', file, '-C', w.directory, ...args] });
  return file;
}

t.test('tar: each compression, with a top folder and without', async (t) => {
  const w = world(t);
  for (const name of ['l.tar', 'l.tar.gz', 'l.tar.xz', 'l.tar.bz2']) {
    const file = await archive(w, name, ['tree']);
    const before = fingerprint(w.tree);
    const source = await get(`tar:${file}`, w);
    t.same(filesOf(source), ALL);
    t.match(source.description, new RegExp(`^tar:${name} \\(9\\.8\\.7, sha256 [0-9a-f]{12}\\)$`));
    t.equal(source.identity, createHash('sha256').update(readFileSync(file)).digest('hex'));
    t.equal((await locateSource(spec(`tar:${file}`), w.options))[0].content.at, 'unpacked');
    t.equal(fingerprint(w.tree), before);
  }
  t.same(filesOf(await get(`tar:${await archive(w, 'flat.tar', ['-C', 'tree', '.'])}`, w)), ALL);
});

t.test('tar: what is refused', async (t) => {
  const w = world(t);
  const refused = async (
    file: string,
    expected: { readonly code: string; readonly message: string | RegExp; readonly [more: string]: unknown },
  ): Promise<void> => {
    await t.rejects(get(`tar:${file}`, w), expected, file);
    t.same(existsSync(w.options.cache.sources) ? readdirSync(w.options.cache.sources) : [], []);
  };
  put(w.directory, { evil: 'evil\n' });
  const outside = {
    code: 'USAGE',
    message: /has members outside of its tree: it is refused$/,
    detail: /evil|Removing leading/,
  };
  await refused(
    await archive(w, 'up.tar', ['--transform=s,^evil$,tree/../../evil2,', 'tree', 'evil']),
    outside,
  );
  await refused(
    await archive(w, 'absolute.tar', ['-P', '--transform=s,^evil$,/evil2,', 'tree', 'evil']),
    outside,
  );
  t.notOk(existsSync('/evil2') || existsSync(join(w.options.cache.root, 'evil2')));
  const none = { code: 'USAGE', message: /is no kernel tree: no top Makefile with VERSION and PATCHLEVEL$/ };
  await refused(await archive(w, 'none.tar', ['tree/drivers']), none);
  symlinkSync('../../etc', join(w.tree, 'drivers/out'));
  await refused(await archive(w, 'link.tar', ['tree']), {
    code: 'USAGE',
    message: /drivers\/out is a symbolic link out of the tree, to \.\.\/\.\.\/etc$/,
  });
  rmSync(join(w.tree, 'drivers/out'));
  await runCommand({ argv: ['mkfifo', join(w.tree, 'pipe')] });
  await refused(await archive(w, 'pipe.tar', ['tree']), {
    code: 'USAGE',
    message: /: pipe is neither a file/,
  });
  rmSync(join(w.tree, 'pipe'));
  await refused(join(w.directory, 'no.tar'), { code: 'USAGE', message: /^can't read .*no\.tar: ENOENT/ });
  await refused(w.tree, { code: 'USAGE', message: /is no file$/, hint: `for a tree on disk: dir:${w.tree}` });
  put(w.directory, { 'text.tar.xz': 'not an archive\n' });
  await refused(join(w.directory, 'text.tar.xz'), {
    code: 'USAGE',
    message: /is no archive that tar can read$/,
  });
  for (let n = 0; n < 200; n++)
    put(w.tree, { [`z/${n}`]: createHash('sha512').update(`${n}`).digest('hex') });
  const half = await archive(w, 'half.tar.gz', ['tree/Makefile', 'tree/z']);
  truncateSync(half, Math.floor(statSync(half).size / 2));
  await refused(half, { code: 'INFRA', message: `can't unpack ${half}` });
});
