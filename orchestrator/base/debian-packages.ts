/** What unplug needs of the host: debian-packages.txt, which the launcher reads too. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './files.ts';
import { repositoryRoot } from './paths.ts';

/** A Debian package that something in unplug needs. */
export interface NeededPackage {
  readonly name: string;
  /** A file of it that is there when the package is. */
  readonly proof: string;
  /** Folders of orchestrator/ that need it. */
  readonly neededBy: readonly string[];
  readonly what: string;
}

/** The lines of the list: `package | proof | needed by | what for`. */
export function parsePackageList(text: string): readonly NeededPackage[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', proof = '', neededBy = '', what = ''] = line.split('|').map((part) => part.trim());
      return { name, proof, neededBy: neededBy.split(/,\s*/), what };
    });
}

/** The list of this checkout. */
export async function neededPackages(): Promise<readonly NeededPackage[]> {
  return parsePackageList(await readFile(join(repositoryRoot, 'debian-packages.txt'), 'utf8'));
}

/** Those of `packages` whose proof is not there. */
export async function missingPackages(packages: readonly NeededPackage[]): Promise<readonly NeededPackage[]> {
  const there = await Promise.all(packages.map(({ proof }) => exists(proof)));
  return packages.filter((_, index) => !there[index]);
}
