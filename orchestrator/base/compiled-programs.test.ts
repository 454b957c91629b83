import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cachePaths, ensurePrograms, type ProgramSources } from './index.ts';

const MAKEFILE = 'all:\n\tcp main.c $(OUT)/program\n\tgrep -n "error:" main.c && exit 1 || true\n';

/** Sources whose "compiler" is cp. */
async function sources(t: Test): Promise<{ of: ProgramSources; cache: ReturnType<typeof cachePaths> }> {
  const root = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'source');
  await mkdir(join(directory, 'other'), { recursive: true });
  await writeFile(join(directory, 'Makefile'), MAKEFILE);
  await writeFile(join(directory, 'main.c'), 'first\n');
  await writeFile(join(directory, 'other', 'x.c'), 'x\n');
  return {
    of: { name: 'test', what: 'a test program', directory, compiler: 'cp', without: ['other'] },
    cache: cachePaths({ XDG_CACHE_HOME: join(root, 'cache') }),
  };
}

t.test('made once for each state of the sources', async (t) => {
  const { of, cache } = await sources(t);
  const first = await ensurePrograms(of, cache);
  t.equal(await readFile(join(first, 'program'), 'utf8'), 'first\n');
  const { mtimeMs } = await stat(join(first, 'program'));
  await appendFile(join(of.directory, 'other', 'x.c'), 'more\n');
  t.equal(await ensurePrograms(of, cache), first, 'another folder does not count');
  t.equal((await stat(join(first, 'program'))).mtimeMs, mtimeMs, 'not made again');
  await writeFile(join(first, 'program'), 'damaged\n');
  t.equal(await ensurePrograms(of, cache), first);
  t.equal(await readFile(join(first, 'program'), 'utf8'), 'first\n', 'made again when it is damaged');
  await writeFile(join(of.directory, 'main.c'), 'second\n');
  const second = await ensurePrograms(of, cache);
  t.not(second, first);
  t.equal(await readFile(join(second, 'program'), 'utf8'), 'second\n');
});

t.test('what does not compile says so, and leaves nothing', async (t) => {
  const { of, cache } = await sources(t);
  await writeFile(join(of.directory, 'main.c'), 'x.c:1: error: no such thing\n');
  const failing = ensurePrograms(of, cache);
  await t.rejects(failing, {
    code: 'BUILD',
    message: 'a test program does not compile',
    detail: /no such thing/,
  });
  await writeFile(join(of.directory, 'main.c'), 'good\n');
  await t.resolves(ensurePrograms(of, cache));
});
