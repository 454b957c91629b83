/** The programs that build a kernel: what is needed, and which compiler it is. */
import {
  InfraError,
  missingPackages,
  type NeededPackage,
  neededPackages,
  tryCommand,
} from '../base/index.ts';

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
  packages?: readonly NeededPackage[],
): Promise<Toolchain> {
  const options = signal === undefined ? {} : { signal };
  const needed = (packages ?? (await neededPackages())).filter(({ neededBy }) => neededBy.includes('kernel'));
  const missing = await missingPackages(needed);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name);
    throw new InfraError(`a kernel can't be built here: ${names.join(', ')} missing`, {
      detail: missing.map(({ name, proof, what }) => `${name} (${proof}): ${what}`).join('\n'),
      hint: `apt-get install ${names.join(' ')}`,
    });
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
