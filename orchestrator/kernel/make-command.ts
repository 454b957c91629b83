/**
 * The make command of every kernel build.
 *
 * A build folder lies right below the root of its source. Kbuild then calls the source `..` (top Makefile: `srctree`),
 * so no compile command and no object has an absolute path in it: ccache hits across source folders, a copied build
 * tree stays valid, and the same inputs give the same bytes wherever the cache is.
 */
import { join } from 'node:path';

/** Where a build happens. */
export interface BuildLayout {
  readonly sourceDirectory: string;
  /** A direct child of the source's root. */
  readonly buildDirectory: string;
}

/** The layout of the build `key` of a source. */
export function buildLayout(sourceDirectory: string, key: string): BuildLayout {
  return { sourceDirectory, buildDirectory: join(sourceDirectory, `build-${key}`) };
}

/**
 * gcc takes DW_AT_comp_dir from PWD when PWD is the current directory by another name, and so does ccache for its
 * hash: with this one it is the same everywhere. It can't be set for make itself, because scripts such as
 * tools/objtool/sync-check.sh say `cd ../..`, which a shell resolves in the name.
 */
const STABLE_WORKING_DIRECTORY = '/proc/self/cwd';

/** Debug information names files from the root of the source: `./drivers/gpio/gpiolib.c`. */
const PREFIX_MAPS = `-fdebug-prefix-map=${STABLE_WORKING_DIRECTORY}=. -fdebug-prefix-map=../=`;

/** Variables of make that are the same for all kernels, and part of each kernel's key. */
export const KERNEL_FLAGS: readonly string[] = [
  'ARCH=x86_64',
  `CC=env PWD=${STABLE_WORKING_DIRECTORY} ccache gcc`,
  'HOSTCC=ccache gcc',
  `KCFLAGS=${PREFIX_MAPS}`,
  `KAFLAGS=${PREFIX_MAPS}`,
  // The setlocalversion script would add "+" in a git tree.
  'LOCALVERSION=',
  'KBUILD_BUILD_TIMESTAMP=2026-01-01 00:00:00 UTC',
  'KBUILD_BUILD_USER=unplug',
  'KBUILD_BUILD_HOST=unplug',
  'KBUILD_BUILD_VERSION=1',
];

/** A make command for a kernel. */
export function makeArgv(
  { sourceDirectory, buildDirectory }: BuildLayout,
  targets: readonly string[],
  cpus: number,
): readonly [string, ...string[]] {
  return ['make', '-C', sourceDirectory, `O=${buildDirectory}`, `-j${cpus}`, ...KERNEL_FLAGS, ...targets];
}

/**
 * A make command for the external modules in a folder. The path has to be a real one that holds in every process:
 * Kbuild tries compiler options in a temporary folder below it (scripts/Makefile.compiler, try-run), and where that
 * can't be made every option counts as unknown, KASAN's included (scripts/Makefile.kasan).
 * @param folder absolute
 */
export function modulesArgv(
  { buildDirectory }: Pick<BuildLayout, 'buildDirectory'>,
  folder: string,
  cpus: number,
): readonly [string, ...string[]] {
  const flags = KERNEL_FLAGS.map((flag) =>
    flag.startsWith('KCFLAGS=') ? `${flag} -fmacro-prefix-map=${folder}/=` : flag,
  );
  return ['make', '-C', buildDirectory, `-j${cpus}`, ...flags, `M=${folder}`, 'modules'];
}

/** Environment of make: nothing of the user's that could change what is built. */
export function makeEnvironment(
  ccacheDirectory: string,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return {
    PATH: env.PATH,
    HOME: env.HOME,
    TMPDIR: env.TMPDIR ?? '/tmp',
    LC_ALL: 'C',
    CCACHE_DIR: ccacheDirectory,
    CCACHE_MAXSIZE: '5G',
    // Small against the time of a build, and a debug build packs well.
    CCACHE_COMPRESS: '1',
  };
}
