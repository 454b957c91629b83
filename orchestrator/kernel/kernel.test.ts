/** The way from a variant to its files, with a small tree in place of the kernel and files in place of the network. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import {
  type CachePaths,
  cachePaths,
  hashFile,
  Interrupted,
  monotonicMs,
  type Progress,
  runCommand,
  silentProgress,
} from '../base/index.ts';
import { ensureFixtureModules } from './fixture-modules.ts';
import { parseFragment } from './fragment.ts';
import { ensureKernel } from './kernel.ts';
import type { Variant } from './variants.ts';

const testdata = fileURLToPath(new URL('testdata', import.meta.url));
const PACKAGE = 'linux-source-9.9';
process.env['PATH'] = `${join(testdata, 'bin')}:${process.env['PATH']}`;

const variant: Variant = {
  name: 'baseline',
  source: { kind: 'debian', package: PACKAGE },
  series: [],
  profile: 'sanitize',
  contains: [],
  lacks: [],
  asked: parseFragment('f', 'f.config', 'CONFIG_WANTED=y\n').symbols,
};

interface World {
  readonly cache: CachePaths;
  readonly apt: string;
  readonly deb: string;
  /** What was said, and to be handed to the functions. */
  readonly said: string[];
  readonly progress: Progress;
  readonly options: { readonly cache: CachePaths; readonly progress: Progress; readonly cpus: number };
}

const VERSION_1 = '9.9.1-1~deb12u1';

/** An empty cache and an archive with one version of the package. */
async function world(t: Test): Promise<World> {
  const directory = t.testdir({ apt: { online: '' }, cache: {} });
  const apt = join(directory, 'apt');
  const deb = await addPackage(apt, VERSION_1);
  process.env['FAKE_APT'] = apt;
  const cache = cachePaths({ XDG_CACHE_HOME: join(directory, 'cache') });
  const said: string[] = [];
  const progress: Progress = {
    ...silentProgress,
    info: (line) => said.push(line),
    warn: (line) => said.push(line),
  };
  return { cache, apt, deb, said, progress, options: { cache, progress, cpus: 2 } };
}

/** Puts a version into the archive and into apt's lists. */
async function addPackage(apt: string, version: string): Promise<string> {
  const build = join(apt, 'build');
  rmSync(build, { recursive: true, force: true });
  mkdirSync(join(build, 'DEBIAN'), { recursive: true });
  mkdirSync(join(build, 'usr/src'), { recursive: true });
  writeFileSync(
    join(build, 'DEBIAN/control'),
    `Package: ${PACKAGE}\nVersion: ${version}\nArchitecture: all\nMaintainer: n <n@example.org>\nDescription: d\n`,
  );
  const tree = join(apt, PACKAGE);
  cpSync(join(testdata, 'tree'), tree, { recursive: true });
  writeFileSync(join(tree, 'VERSION'), version);
  await runCommand({ argv: ['tar', '-cJf', join(build, `usr/src/${PACKAGE}.tar.xz`), '-C', apt, PACKAGE] });
  for (const name of readdirSync(apt).filter((name) => name.endsWith('.deb'))) rmSync(join(apt, name));
  chmodSync(join(build, 'DEBIAN'), 0o755);
  const deb = `${PACKAGE}_${version}_all.deb`;
  await runCommand({ argv: ['dpkg-deb', '--root-owner-group', '-b', build, join(apt, deb)] });
  const { length } = readFileSync(join(apt, deb));
  writeFileSync(
    join(apt, 'lists'),
    `'http://archive.example/${deb}' ${deb} ${length} SHA256:${await hashFile(join(apt, deb))}\n`,
  );
  return deb;
}

const calls = ({ apt }: World): string[] => readFileSync(join(apt, 'calls'), 'utf8').trim().split('\n');
const downloads = (w: World): number => calls(w).filter((call) => /^download (?!--print)/.test(call)).length;

t.test('built once, then taken from the cache', async (t) => {
  const w = await world(t);
  const built = await ensureKernel(variant, w.options);
  t.equal(built.cached, false);
  t.equal(built.release, '9.9.1');
  t.equal(readFileSync(built.vmlinux, 'utf8'), 'the kernel\n');
  t.match(readFileSync(built.config, 'utf8'), /^CONFIG_WANTED=y$/m);
  t.same(built.modules, [join(built.directory, 'modules/drivers/m.ko')]);
  t.same(built.metadata.inputs.source, await hashFile(join(w.cache.downloads, w.deb)));
  t.ok(existsSync(built.buildDirectory));
  const again = await ensureKernel(variant, w.options);
  t.equal(again.cached, true);
  t.equal(again.key, built.key);
  t.equal(downloads(w), 1);
  t.equal(readFileSync(join(built.source.directory, 'compilations'), 'utf8'), 'compiled\n');
  const other = await ensureKernel({ ...variant, name: 'same-inputs' }, w.options);
  t.equal(other.cached, true, 'the same inputs under another name');
});

t.test('a truncated file is noticed and the kernel built again', async (t) => {
  const w = await world(t);
  const { vmlinux, key, buildDirectory } = await ensureKernel(variant, w.options);
  truncateSync(vmlinux, 3);
  const again = await ensureKernel(variant, w.options);
  t.equal(again.cached, false);
  t.equal(again.key, key);
  t.equal(readFileSync(vmlinux, 'utf8'), 'the kernel\n');
  t.ok(
    w.said.includes(`${vmlinux} has 3 bytes instead of 11: building this kernel again`),
    w.said.join('\n'),
  );

  truncateSync(vmlinux, 3);
  truncateSync(join(buildDirectory, 'vmlinux'), 5);
  await ensureKernel(variant, w.options);
  t.equal(readFileSync(vmlinux, 'utf8'), 'the kernel\n', 'also when the build folder is damaged');
  t.ok(w.said.some((line) => line.includes('damaged too: building from scratch')));
});

t.test('two at once: one builds, the other waits and takes it', async (t) => {
  const w = await world(t);
  const kernels = await Promise.all([ensureKernel(variant, w.options), ensureKernel(variant, w.options)]);
  t.same(kernels.map(({ cached }) => cached).sort(), [false, true]);
});

t.test('a lost symbol fails the build, naming what it lacks', async (t) => {
  const w = await world(t);
  const asked = parseFragment('f', 'f.config', '\nCONFIG_LOST=y\n').symbols;
  await t.rejects(ensureKernel({ ...variant, asked }, w.options), {
    code: 'BUILD',
    message: 'CONFIG_LOST was lost: needs NOTHING, which is not set',
    location: { file: 'f.config', line: 2 },
  });
  t.same(readdirSync(w.cache.root).includes('kernels'), false, 'nothing was published');
});

t.test('a compile error, and then going on', async (t) => {
  const w = await world(t);
  const { source } = await ensureKernel(variant, w.options);
  const asked = [...variant.asked, ...parseFragment('f', 'f.config', 'CONFIG_TINY=y\n').symbols];
  writeFileSync(join(source.directory, 'broken'), '');
  await t.rejects(ensureKernel({ ...variant, asked }, w.options), {
    code: 'BUILD',
    message: 'kernel baseline: init/main.c:5:3: broken',
    location: { file: join(source.directory, 'init/main.c'), line: 5, column: 3 },
    hint: /unplug-build\.log$/,
  });
  rmSync(join(source.directory, 'broken'));
  t.equal((await ensureKernel({ ...variant, asked }, w.options)).cached, false);
  t.ok(w.said.some((line) => line.startsWith('kernel baseline: going on with the build')));
});

t.test('an abort in the middle ends within 5 s, the next run goes on', async (t) => {
  const w = await world(t);
  const { source } = await ensureKernel(variant, w.options);
  const asked = [...variant.asked, ...parseFragment('f', 'f.config', 'CONFIG_TINY=y\n').symbols];
  writeFileSync(join(source.directory, 'slow'), '');
  const abort = new AbortController();
  let abortedMs = Number.NaN;
  const progress: Progress = {
    ...w.progress,
    update: (line) => {
      if (!line.includes('objects') || abort.signal.aborted) return;
      abortedMs = monotonicMs();
      abort.abort(new Interrupted('by the test'));
    },
  };
  const build = ensureKernel({ ...variant, asked }, { ...w.options, progress, signal: abort.signal });
  await t.rejects(build, { code: 'INTERRUPTED', message: 'by the test' });
  t.ok(monotonicMs() - abortedMs < 5000);
  rmSync(join(source.directory, 'slow'));
  t.equal((await ensureKernel({ ...variant, asked }, w.options)).release, '9.9.1');
});

t.test('a truncated package is downloaded again', async (t) => {
  const w = await world(t);
  mkdirSync(w.cache.downloads, { recursive: true });
  writeFileSync(join(w.cache.downloads, w.deb), 'half');
  await ensureKernel(variant, w.options);
  t.equal(downloads(w), 1);
  t.ok(w.said.some((line) => line.includes(`${w.deb} is damaged`)));
});

t.test('a source folder without marker is unpacked again', async (t) => {
  const w = await world(t);
  const { source, directory } = await ensureKernel(variant, w.options);
  rmSync(join(source.directory, '..', 'source.json'));
  rmSync(join(source.directory, 'Makefile'));
  rmSync(directory, { recursive: true });
  t.equal((await ensureKernel(variant, w.options)).cached, false);
  t.equal(downloads(w), 1, 'the package was still there');
  t.ok(w.said.some((line) => line.includes('is incomplete: unpacking it again')));
});

t.test('a package put into the folder by hand is enough, offline and without lists', async (t) => {
  const w = await world(t);
  mkdirSync(w.cache.downloads, { recursive: true });
  cpSync(join(w.apt, w.deb), join(w.cache.downloads, w.deb));
  rmSync(join(w.apt, 'online'));
  rmSync(join(w.apt, 'lists'));
  t.equal((await ensureKernel(variant, w.options)).source.description, `${PACKAGE} ${VERSION_1}`);
  rmSync(join(w.cache.downloads, w.deb));
  t.equal((await ensureKernel(variant, w.options)).cached, true, 'the unpacked source names itself');
  truncateSync(join(w.apt, w.deb), Math.floor(readFileSync(join(w.apt, w.deb)).length / 2));
  const { length } = readdirSync(w.cache.sources);
  cpSync(join(w.apt, w.deb), join(w.cache.downloads, `${PACKAGE}_9.9.9-1_all.deb`));
  await t.rejects(ensureKernel(variant, w.options), { code: 'INFRA', message: /^can't unpack / });
  t.equal(readdirSync(w.cache.sources).length, length, 'and leaves nothing of a damaged one');
});

t.test('a newer version is another kernel; when it cannot be had, the cached one serves', async (t) => {
  const w = await world(t);
  const old = await ensureKernel(variant, w.options);
  await addPackage(w.apt, '9.9.10-1~deb12u1');
  rmSync(join(w.apt, 'online'));
  const offline = await ensureKernel(variant, w.options);
  t.equal(offline.key, old.key);
  t.ok(w.said.some((line) => line.endsWith('an older package is taken from the cache')));
  writeFileSync(join(w.apt, 'online'), '');
  const fresh = await ensureKernel(variant, w.options);
  t.not(fresh.key, old.key);
  t.equal(fresh.source.description, `${PACKAGE} 9.9.10-1~deb12u1`);
});

t.test('too little disk is said before the download, with how much is needed', async (t) => {
  const w = await world(t);
  const lists = readFileSync(join(w.apt, 'lists'), 'utf8');
  writeFileSync(join(w.apt, 'lists'), lists.replace(/ \d+ SHA256/, ` ${2 ** 20 * 1e9} SHA256`));
  await t.rejects(ensureKernel(variant, w.options), {
    code: 'INFRA',
    message: /^too little disk space for kernel baseline .*: 1000002500 MiB needed, \d+ MiB free/,
  });
  t.equal(downloads(w), 0);
});

t.test('what a killed unplug left is cleared away', async (t) => {
  const w = await world(t);
  const { directory, source } = await ensureKernel(variant, w.options);
  rmSync(directory, { recursive: true });
  rmSync(join(source.directory, '..'), { recursive: true });
  rmSync(join(w.cache.downloads, w.deb));
  mkdirSync(join(w.cache.downloads, `${w.deb}.tmp-1-ab`));
  mkdirSync(`${join(source.directory, '..')}.tmp-1-ab`);
  await ensureKernel(variant, w.options);
  t.same(readdirSync(w.cache.downloads).sort(), [w.deb, `${w.deb}.sha256`]);
  t.notOk(readdirSync(w.cache.sources).some((name) => name.includes('.tmp-')));
});

t.test('no package anywhere: which command failed, and what helps', async (t) => {
  const w = await world(t);
  rmSync(join(w.apt, 'online'));
  await t.rejects(ensureKernel(variant, w.options), {
    code: 'INFRA',
    message: `can't download ${w.deb}: apt-get download -o Acquire::Retries=2 '${PACKAGE}=${VERSION_1}' failed`,
    detail: 'E: Failed to fetch it: no network',
    hint: new RegExp(`offline: put ${w.deb} into ${w.cache.downloads}`),
  });
  rmSync(join(w.apt, 'lists'));
  await t.rejects(ensureKernel(variant, w.options), {
    code: 'INFRA',
    message: `apt has no package ${PACKAGE}, and there is none in ${w.cache.downloads}`,
    hint: `run apt-get update as root; offline: put a ${PACKAGE}_VERSION_all.deb into ${w.cache.downloads}`,
  });
});

t.test(
  'a machine whose apt has no lists yet',
  { skip: process.getuid?.() === 0 ? false : 'needs root' },
  async (t) => {
    const w = await world(t);
    cpSync(join(w.apt, 'lists'), join(w.apt, 'lists-online'));
    rmSync(join(w.apt, 'lists'));
    t.equal((await ensureKernel(variant, w.options)).cached, false);
    t.ok(calls(w).includes('update'));
  },
);

t.test('modules of the repository for a kernel', async (t) => {
  const w = await world(t);
  const guestDirectory = join(t.testdirName, 'guest');
  cpSync(join(testdata, 'guest'), guestDirectory, { recursive: true });
  const options = { ...w.options, guestDirectory };
  const kernel = await ensureKernel(variant, w.options);
  const built = await ensureFixtureModules(kernel, options);
  t.same([built.cached, built.modules.map(({ name }) => name)], [false, ['m_one']]);
  t.match(readFileSync(built.modules[0]?.path as string, 'utf8'), /int one;\n\/\* a header \*\//);
  t.equal((await ensureFixtureModules(kernel, options)).cached, true);

  truncateSync(built.modules[0]?.path as string, 1);
  t.equal((await ensureFixtureModules(kernel, options)).cached, false, 'a truncated module is built again');

  writeFileSync(join(guestDirectory, 'include/one.h'), '/* another header */\n');
  rmSync(join(kernel.source.directory, '..'), { recursive: true });
  const other = await ensureFixtureModules(kernel, options);
  t.not(other.key, built.key, 'a header is an input');
  t.ok(w.said.some((line) => line.includes('was pruned: preparing it again for modules')));
  t.equal(
    readFileSync(join(kernel.source.directory, 'compilations'), 'utf8'),
    'prepared\n',
    'the kernel was not compiled',
  );

  writeFileSync(join(guestDirectory, 'modules/m_one.c'), 'int one;\n#error no\n');
  await t.rejects(ensureFixtureModules(kernel, options), {
    code: 'BUILD',
    message: `modules for kernel baseline: ${join(guestDirectory, 'modules/m_one.c')}:2:1: #error no`,
    location: { file: join(guestDirectory, 'modules/m_one.c'), line: 2 },
  });
  t.notOk(existsSync(join(kernel.buildDirectory, 'unplug-modules')), 'no copy is left');
});
