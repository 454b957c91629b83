/** Modules of the repository (`guest/modules`), built for one kernel. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import {
  acquireLock,
  BuildError,
  exists,
  hashParts,
  InfraError,
  publish,
  repositoryRoot,
  requireFreeSpace,
  verify,
} from '../base/index.ts';
import { buildState, prepareForModules } from './build.ts';
import { type BuildContext, restoreConfig } from './configure.ts';
import { buildContext, type Kernel } from './kernel.ts';
import { obtainTree, treeNeedMiB } from './kernel-tree.ts';
import { makeEnvironment, modulesArgv } from './make-command.ts';
import { type KernelOptions, type SettledOptions, settle } from './options.ts';
import { runMake } from './run-make.ts';
import { hasSymbol, readFinalConfig } from './symbols.ts';

/** A built module. */
export interface FixtureModule {
  /** Without `.ko`: `unplug_fixture`. */
  readonly name: string;
  readonly path: string;
}

/** The modules of the repository for one kernel; the files were verified. */
export interface FixtureModules {
  /** Hash of the kernel and of the modules' sources. */
  readonly key: string;
  readonly directory: string;
  readonly modules: readonly FixtureModule[];
  readonly cached: boolean;
}

/** {@link KernelOptions}, and where the sources are. */
export interface FixtureOptions extends KernelOptions {
  /** Folder with `modules/` (with a Makefile) and `include/`; the repository's `guest` when absent. */
  readonly guestDirectory?: string;
}

interface ModuleManifest {
  readonly schemaVersion: 1;
  readonly kernel: string;
}

/** Raise it when the way of building modules changes what comes out. */
const MODULES_BUILDER_VERSION = '1';

/** Where the sources are copied to, in the build folder. */
const COPY = 'unplug-modules';

/** Raised when modules are built in another way than before. */
const MODULES_VERSION = 'modules 2';

/** Disk for a prepared build folder (host tools and generated headers) and the modules. */
const PREPARE_NEED_MIB = 200;

/**
 * Builds the repository's modules for a kernel, unless the cache has them. When the kernel's build folder was pruned
 * it is prepared again, which takes the source but does not compile the kernel.
 * @throws BuildError with the first error, placed in the repository's file; InfraError
 */
export async function ensureFixtureModules(
  kernel: Kernel,
  options: FixtureOptions = {},
): Promise<FixtureModules> {
  const settled = settle(options);
  const { cache, progress, signal } = settled;
  const guest = options.guestDirectory ?? join(repositoryRoot, 'guest');
  const sources = await readSources(guest);
  const key = hashParts([MODULES_VERSION, kernel.key, MODULES_BUILDER_VERSION, ...[...sources].flat()]).slice(
    0,
    24,
  );
  const directory = join(cache.kernels, `${kernel.key}-modules-${key}`);
  const found = await verify<ModuleManifest>(directory, signal);
  if (found.state === 'good') return result(Object.keys(found.manifest.files), true);
  if (found.state === 'damaged') progress.warn(`${found.problem}: building the modules again`);

  await using _lock = await acquireLock(cache.locks, `kernel-${kernel.key}`, signal, () =>
    progress.info(`waiting for another unplug that builds kernel ${kernel.variant.name} or modules for it`),
  );
  const meanwhile = await verify<ModuleManifest>(directory, signal);
  if (meanwhile.state === 'good') return result(Object.keys(meanwhile.manifest.files), true);
  const context = buildContext(kernel, settled);
  await ensureBuildFolder(kernel, context, settled);
  progress.update(`modules for kernel ${kernel.variant.name}: building`);
  const copy = join(context.layout.buildDirectory, COPY);
  try {
    await rm(copy, { recursive: true, force: true });
    for (const [name, content] of sources) {
      await mkdir(dirname(join(copy, name)), { recursive: true });
      await writeFile(join(copy, name), content);
    }
    await compileModules(context, copy, guest);
    const modules = (await readdir(join(copy, 'modules'))).filter((name) => name.endsWith('.ko')).sort();
    if (modules.length === 0)
      throw new InfraError(`${join(guest, 'modules')} built no module: is obj-m set in its Makefile?`);
    await checkInstrumented(
      kernel,
      modules.map((name) => join(copy, 'modules', name)),
    );
    const data: ModuleManifest = { schemaVersion: 1, kernel: kernel.key };
    await publish(
      directory,
      new Map(modules.map((name) => [name, join(copy, 'modules', name)])),
      data,
      signal,
    );
    return result(modules, false);
  } finally {
    progress.clear();
    await rm(copy, { recursive: true, force: true });
  }

  function result(files: readonly string[], cached: boolean): FixtureModules {
    const modules = files.map((file) => ({ name: file.replace(/\.ko$/, ''), path: join(directory, file) }));
    return { key, directory, modules, cached };
  }
}

/**
 * A module without KASAN's checks in a kernel with KASAN would let every use-after-free of its own pass.
 * @throws BuildError naming the module
 */
export async function checkInstrumented(kernel: Kernel, modules: readonly string[]): Promise<void> {
  if (!hasSymbol(await readFinalConfig(kernel.config), 'KASAN')) return;
  for (const module of modules) {
    // Every checked access calls one of these or, inlined, reports through one (mm/kasan/generic.c).
    if ((await readFile(module)).includes('__asan_')) continue;
    throw new BuildError(`${basename(module)} was built without KASAN's checks for a kernel that has KASAN`, {
      hint: `see unplug-modules.log in ${kernel.buildDirectory}: were compiler options refused?`,
    });
  }
}

async function compileModules(context: BuildContext, copy: string, guest: string): Promise<void> {
  const { layout, what, cpus, ccacheDirectory, signal } = context;
  await runMake({
    argv: modulesArgv(layout, join(copy, 'modules'), cpus),
    env: makeEnvironment(ccacheDirectory),
    what: `modules for ${what}`,
    logFile: join(layout.buildDirectory, 'unplug-modules.log'),
    directory: layout.buildDirectory,
    mapFile: (path) => {
      const inside = relative(copy, path);
      return inside.startsWith('..') ? path : join(guest, inside);
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A build folder that modules can be built in. To be called under the kernel's lock. */
export async function ensureBuildFolder(
  kernel: Kernel,
  context: BuildContext,
  options: SettledOptions,
): Promise<void> {
  const { cache, progress } = options;
  const { buildDirectory, sourceDirectory } = context.layout;
  if ((await buildState(buildDirectory)) !== 'none' && (await exists(sourceDirectory))) return;
  progress.info(`the build folder of ${context.what} was pruned: preparing it again for modules`);
  await requireFreeSpace(
    cache.root,
    treeNeedMiB(kernel.source) + PREPARE_NEED_MIB,
    `modules for ${context.what}`,
  );
  await obtainTree(kernel.source, options);
  await restoreConfig(context, await readFile(kernel.config, 'utf8'));
  await prepareForModules(context, await readFile(kernel.moduleSymvers));
}

/** Sources and headers by their path below the guest folder, sorted. */
async function readSources(guest: string): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  for (const folder of ['include', 'modules']) {
    const names = (await readdir(join(guest, folder))).filter((name) =>
      /\.[chS]$|^(?:Makefile|Kbuild)$/.test(name),
    );
    // What modpost leaves beside sources that somebody built in place.
    for (const name of names.filter((name) => !name.endsWith('.mod.c')).sort()) {
      sources.set(join(folder, name), await readFile(join(guest, folder, name), 'utf8'));
    }
  }
  return sources;
}
