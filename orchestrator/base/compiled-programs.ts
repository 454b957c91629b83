/** Programs in C of our own: compiled once per state of their sources and of the compiler. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, tryCommand } from './command.ts';
import { BuildError } from './errors.ts';
import { hashParts } from './hash.ts';
import { acquireLock } from './lock.ts';
import type { CachePaths } from './paths.ts';
import { publishMade, verify } from './published.ts';

/** Which programs, and how they are made. */
export interface ProgramSources {
  /** Part of the name of the folder in the cache. */
  readonly name: string;
  /** For a failure: `a workload program`. */
  readonly what: string;
  /** Folder with a Makefile that puts the programs into `OUT`. */
  readonly directory: string;
  /** Targets of the Makefile; its first one when absent. */
  readonly targets?: readonly string[];
  /** The compiler that the Makefile calls. */
  readonly compiler: string;
  /** Folders below that have nothing to do with them. */
  readonly without?: readonly string[];
}

/**
 * Builds programs, or takes them from the cache when their checksums hold.
 * @returns the folder with the programs
 * @throws BuildError with the first compiler error; what `signal` was aborted with
 */
export async function ensurePrograms(
  { name, what, directory, targets = [], compiler, without = [] }: ProgramSources,
  cache: CachePaths,
  signal?: AbortSignal,
): Promise<string> {
  const abort = signal === undefined ? {} : { signal };
  const { stdout: version } = await runCommand({ argv: [compiler, '--version'], ...abort });
  const files = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter(
      (entry) =>
        entry.isFile() &&
        /(\.[ch]|^Makefile)$/.test(entry.name) &&
        !without.some((folder) => entry.parentPath.startsWith(join(directory, folder))),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const names = files.map((file) => file.slice(directory.length));
  const key = hashParts([`${name} 2`, version, ...targets, ...names, ...contents]).slice(0, 20);
  const published = join(cache.images, `${name}-${key}`);
  const programs = join(published, 'bin');
  const isGood = async (): Promise<boolean> => (await verify(published, signal)).state === 'good';
  if (await isGood()) return programs;
  await using _lock = await acquireLock(cache.locks, `${name}-${key}`, signal);
  if (await isGood()) return programs;
  await publishMade(
    published,
    async (temporary) => {
      await mkdir(join(temporary, 'bin'));
      const make = await tryCommand({
        argv: ['make', '-s', '-C', directory, `OUT=${join(temporary, 'bin')}`, ...targets],
        ...abort,
      });
      if (make.code !== 0) {
        const output = `${make.stdout.toString()}${make.stderr}`;
        throw new BuildError(`${what} does not compile`, {
          detail: /^.*error:.*$/m.exec(output)?.[0] ?? output.split('\n').slice(-10).join('\n'),
        });
      }
      return {};
    },
    signal,
  );
  return programs;
}
