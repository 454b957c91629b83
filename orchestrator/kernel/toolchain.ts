/** The programs that build a kernel: what is needed, and which compiler it is. */
import { InfraError, tryCommand } from '../base/index.ts';

/** A program or header that building needs, and where it comes from. */
export interface BuildNeed {
  /** Name on PATH, or of a header for `header`. */
  readonly name: string;
  readonly kind: 'program' | 'header';
  /** The Debian package that has it. */
  readonly package: string;
  readonly why: string;
}

/** All that unplug's kernel builds need beyond what is essential in Debian (read off real builds of 6.12). */
export const BUILD_NEEDS: readonly BuildNeed[] = [
  { name: 'gcc', kind: 'program', package: 'gcc', why: 'compiles kernel, host tools and modules' },
  { name: 'ld', kind: 'program', package: 'binutils', why: 'links them' },
  { name: 'make', kind: 'program', package: 'make', why: 'runs Kbuild' },
  { name: 'ccache', kind: 'program', package: 'ccache', why: 'makes the second kernel cheap' },
  { name: 'flex', kind: 'program', package: 'flex', why: 'the lexer of scripts/kconfig' },
  { name: 'bison', kind: 'program', package: 'bison', why: 'the parser of scripts/kconfig' },
  { name: 'bc', kind: 'program', package: 'bc', why: 'kernel/time/timeconst.bc' },
  { name: 'xz', kind: 'program', package: 'xz-utils', why: 'unpacks the source, packs the kernel image' },
  { name: 'stdlib.h', kind: 'header', package: 'libc6-dev', why: 'host tools of the build' },
  { name: 'gelf.h', kind: 'header', package: 'libelf-dev', why: 'tools/objtool (CONFIG_UNWINDER_ORC)' },
];

/** Compiler and linker as they name themselves: part of a kernel's key. */
export interface Toolchain {
  readonly compiler: string;
  readonly linker: string;
}

/**
 * Checks that everything is there and asks the compiler for its version.
 * @throws InfraError naming all that is missing and the command that installs it
 */
export async function probeToolchain(
  signal?: AbortSignal,
  needs: readonly BuildNeed[] = BUILD_NEEDS,
): Promise<Toolchain> {
  const options = signal === undefined ? {} : { signal };
  const checks = needs.map(({ name, kind }) =>
    kind === 'program'
      ? `command -v '${name}' >/dev/null || echo '${name}'`
      : `echo '#include <${name}>' | gcc -E -x c - >/dev/null 2>&1 || echo '${name}'`,
  );
  const checked = await tryCommand({ argv: ['sh', '-c', checks.join('\n')], ...options });
  const absent = new Set(checked.stdout.toString('utf8').split('\n'));
  const missing = needs.filter(({ name }) => absent.has(name));
  if (missing.length > 0) {
    throw new InfraError(
      `a kernel can't be built here: ${missing.map(({ name }) => name).join(', ')} not found`,
      {
        detail: missing
          .map(({ name, package: from, why }) => `  ${name} (package ${from}): ${why}`)
          .join('\n'),
        hint: `apt-get install ${[...new Set(missing.map((need) => need.package))].join(' ')}`,
      },
    );
  }
  const firstLine = async (program: string): Promise<string> =>
    (
      await tryCommand({ argv: [program, '--version'], env: { ...process.env, LC_ALL: 'C' }, ...options })
    ).stdout
      .toString('utf8')
      .split('\n', 1)[0] ?? '';
  const [compiler, linker] = await Promise.all([firstLine('gcc'), firstLine('ld')]);
  return { compiler, linker };
}
