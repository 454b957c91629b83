/** Selftests of a kernel's own source (tools/testing/selftests), built for the guest. */
import { cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import {
  acquireLock,
  exists,
  hashParts,
  publish,
  runCommand,
  temporaryBeside,
  verify,
} from '../base/index.ts';
import { checkInstrumented, ensureBuildFolder } from './fixture-modules.ts';
import { buildContext, type Kernel } from './kernel.ts';
import { obtainTree } from './kernel-tree.ts';
import { makeEnvironment, modulesArgv } from './make-command.ts';
import { type KernelOptions, settle } from './options.ts';
import { runMake } from './run-make.ts';

/** {@link KernelOptions}, and what the collection is needed for. */
export interface SelftestOptions extends KernelOptions {
  /** Programs that are to be run; without any of them in the source nothing is built. All when absent. */
  readonly wanted?: readonly string[];
}

/** A collection's files, built and verified. */
export interface Selftests {
  readonly collection: string;
  /** Laid out like tools/testing/selftests. */
  readonly directory: string;
  /** Paths in `directory`: `gpio/gpio-sim.sh`, `kselftest/ktap_helpers.sh`. */
  readonly files: readonly string[];
  /** False: the kernel's source has no such collection. */
  readonly present: boolean;
  readonly cached: boolean;
}

interface SelftestManifest {
  readonly schemaVersion: 1;
  readonly kernel: string;
  readonly collection: string;
  readonly present: boolean;
}

const SELFTESTS = 'tools/testing/selftests';
/** Raise it when the way of building changes what comes out. */
const BUILDER_VERSION = 'selftests 1';
/** What is for the compiler, for people or for the runner, and not for the guest. */
const NOT_FOR_GUEST = /\.(?:[chSoad]|rst|txt|md|mod|cmd|order|symvers)$|^(?:Makefile|config|Kbuild)$|^\./;

/**
 * Builds a collection's programs, statically linked, and its test modules (TEST_GEN_MODS_DIR) for a kernel, unless the
 * cache has them. Everything is built in copies: nothing is written in the kernel's source.
 * @throws BuildError with the first error; InfraError; what the signal was aborted with
 */
export async function ensureSelftests(
  kernel: Kernel,
  collection: string,
  options: SelftestOptions = {},
): Promise<Selftests> {
  const settled = settle(options);
  const { cache, progress, signal } = settled;
  const abort = signal === undefined ? {} : { signal };
  const libc = await runCommand({ argv: ['gcc', '--version'], ...abort });
  const key = hashParts([BUILDER_VERSION, kernel.key, collection, libc.stdout]).slice(0, 24);
  const directory = join(cache.kernels, `${kernel.key}-selftests-${key}`);
  const cached = await fromCache();
  if (cached !== undefined) return cached;
  await using _lock = await acquireLock(cache.locks, `kernel-${kernel.key}`, signal, () =>
    progress.info(`waiting for another unplug that builds kernel ${kernel.variant.name} or something for it`),
  );
  const meanwhile = await fromCache();
  if (meanwhile !== undefined) return meanwhile;
  const source = kernel.source.directory;
  const data: SelftestManifest = { schemaVersion: 1, kernel: kernel.key, collection, present: true };
  if (!(await exists(join(source, SELFTESTS, 'lib.mk')))) await obtainTree(kernel.source, settled);
  if (!(await exists(join(source, SELFTESTS, collection, 'Makefile')))) {
    await publish(directory, new Map(), { ...data, present: false }, signal);
    return { collection, directory, files: [], present: false, cached: false };
  }
  if (!(await hasAny(join(source, SELFTESTS, collection), options.wanted)))
    return { collection, directory, files: [], present: true, cached: false };
  progress.update(`selftests ${collection} of kernel ${kernel.variant.name}: building`);
  const work = temporaryBeside(join(cache.builds, `selftests-${key}`));
  const log = join(cache.builds, `selftests-${key}.log`);
  const what = `selftests ${collection} of kernel ${kernel.variant.name}`;
  const env = makeEnvironment(cache.ccache);
  const make = (argv: readonly [string, ...string[]]): Promise<void> =>
    runMake({
      argv,
      env,
      what,
      logFile: log,
      directory: work,
      mapFile: (path) => {
        const inside = relative(join(work, 'tree'), path);
        return inside.startsWith('..') ? path : join(source, inside);
      },
      ...abort,
    });
  try {
    await mkdir(work, { recursive: true });
    const tree = join(work, 'tree');
    const folder = join(tree, SELFTESTS, collection);
    const [headers, out] = [join(work, 'headers'), join(work, 'out')];
    await copyCollection(source, tree, collection);
    const jobs = `-j${settled.cpus}`;
    await make(['make', '-C', source, `O=${headers}`, jobs, 'ARCH=x86_64', 'headers']);
    await mkdir(out);
    const include = `KHDR_INCLUDES=-isystem ${headers}/usr/include`;
    const programs = ['USERLDFLAGS=-static', 'TEST_GEN_MODS_DIR=', 'all'];
    await make(['make', '-C', folder, jobs, 'ARCH=x86_64', `OUTPUT=${out}`, include, ...programs]);
    const files = new Map<string, string>();
    await addFiles(files, folder, collection);
    await addFiles(files, out, collection);
    await addFiles(files, join(tree, SELFTESTS, 'kselftest'), 'kselftest');
    const modules = await modulesFolder(folder);
    if (modules !== undefined) {
      const context = buildContext(kernel, settled);
      await ensureBuildFolder(kernel, context, settled);
      await make(modulesArgv(context.layout, join(folder, modules), settled.cpus));
      const built = (await readdir(join(folder, modules))).filter((name) => name.endsWith('.ko')).sort();
      const paths = built.map((name) => join(folder, modules, name));
      await checkInstrumented(kernel, paths);
      for (const path of paths) files.set(join(collection, modules, basename(path)), path);
    }
    const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    await publish(directory, sorted, data, signal);
    return { collection, directory, files: [...sorted.keys()], present: true, cached: false };
  } finally {
    progress.clear();
    await rm(work, { recursive: true, force: true });
  }

  async function fromCache(): Promise<Selftests | undefined> {
    const found = await verify<SelftestManifest>(directory, signal);
    if (found.state === 'damaged') progress.warn(`${found.problem}: building selftests ${collection} again`);
    if (found.state !== 'good') return undefined;
    const { files, present } = found.manifest;
    return { collection, directory, files: Object.keys(files), present, cached: true };
  }
}

/**
 * A tree in which the collection and what all collections share are copies and the rest is links: makefiles find what
 * they include by `../../..`, and write nothing but their own.
 */
async function copyCollection(source: string, tree: string, collection: string): Promise<void> {
  const link = async (from: string, to: string, but: (name: string) => boolean): Promise<void> => {
    await mkdir(to, { recursive: true });
    for (const name of await readdir(from)) if (!but(name)) await symlink(join(from, name), join(to, name));
  };
  await link(source, tree, (name) => name === 'tools' || name === '.git' || name.startsWith('build-'));
  await link(join(source, 'tools'), join(tree, 'tools'), (name) => name === 'testing');
  const [from, to] = [join(source, SELFTESTS), join(tree, SELFTESTS)];
  // The files that all share, and those of the folders on the way to the collection.
  const parts = collection.split('/');
  for (const [index] of parts.entries()) {
    const way = parts.slice(0, index).join('/');
    await mkdir(join(to, way), { recursive: true });
    for (const entry of await readdir(join(from, way), { withFileTypes: true })) {
      const shared = entry.isFile() || (index === 0 && entry.name.startsWith('kselftest'));
      if (shared) await cp(join(from, way, entry.name), join(to, way, entry.name), { recursive: true });
    }
  }
  await mkdir(dirname(join(to, collection)), { recursive: true });
  await cp(join(from, collection), join(to, collection), { recursive: true });
}

/** Adds what is for the guest of a folder and the folders in it. */
async function addFiles(files: Map<string, string>, from: string, below: string): Promise<void> {
  if (!(await exists(from))) return;
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || NOT_FOR_GUEST.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(join(below, relative(from, path)), path);
  }
}

/** Whether one of the programs is a file of the collection, is compiled from one, or is named by its Makefile. */
async function hasAny(folder: string, wanted: readonly string[] | undefined): Promise<boolean> {
  if (wanted === undefined) return true;
  const makefile = await readFile(join(folder, 'Makefile'), 'utf8');
  for (const name of wanted) {
    if (
      makefile.includes(name) ||
      (await exists(join(folder, name))) ||
      (await exists(join(folder, `${name}.c`)))
    )
      return true;
  }
  return false;
}

/** The folder of a collection's modules, from its Makefile (lib.mk `TEST_GEN_MODS_DIR`). */
async function modulesFolder(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'Makefile'), 'utf8');
  return /^TEST_GEN_MODS_DIR\s*[:?]?=\s*([\w-]+)\s*$/m.exec(text)?.[1];
}
