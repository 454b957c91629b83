/** The workload programs: static C, built once per state of their sources. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acquireLock,
  BuildError,
  type CachePaths,
  exists,
  hashFile,
  hashParts,
  runCommand,
  temporaryBeside,
  tryCommand,
} from '../base/index.ts';

const CHECKSUMS = 'SHA256.json';

/**
 * Builds the programs of `guest/` (or takes them from the cache when their checksums hold).
 * @param source the repository's `guest` folder
 * @returns the folder with the programs, and nothing else in it
 * @throws BuildError with the first compiler error; what `signal` was aborted with
 */
export async function ensureWorkloads(
  source: string,
  cache: CachePaths,
  signal?: AbortSignal,
): Promise<string> {
  const abort = signal === undefined ? {} : { signal };
  const compiler = await runCommand({ argv: ['gcc', '--version'], ...abort });
  const files = (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter(
      (entry) =>
        entry.isFile() && /(\.[ch]|^Makefile)$/.test(entry.name) && !entry.parentPath.includes('modules'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const names = files.map((file) => file.slice(source.length));
  const key = hashParts(['workloads 1', compiler.stdout, ...names, ...contents]).slice(0, 20);
  const published = join(cache.images, `workloads-${key}`);
  const programs = join(published, 'bin');
  if (await intact(published)) return programs;
  await using _lock = await acquireLock(cache.locks, `workloads-${key}`, signal);
  if (await intact(published)) return programs;
  await mkdir(cache.images, { recursive: true });
  const building = temporaryBeside(published);
  try {
    await mkdir(join(building, 'bin'), { recursive: true });
    const make = await tryCommand({
      argv: ['make', '-s', '-C', source, `OUT=${join(building, 'bin')}`],
      ...abort,
    });
    if (make.code !== 0) {
      const output = `${make.stdout.toString()}${make.stderr}`;
      throw new BuildError('a workload program does not compile', {
        detail: /^.*error:.*$/m.exec(output)?.[0] ?? output.split('\n').slice(-10).join('\n'),
      });
    }
    const sums: Record<string, string> = {};
    for (const name of (await readdir(join(building, 'bin'))).sort())
      sums[name] = await hashFile(join(building, 'bin', name));
    await writeFile(join(building, CHECKSUMS), JSON.stringify(sums));
    await rm(published, { recursive: true, force: true });
    await rename(building, published);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return programs;
}

async function intact(published: string): Promise<boolean> {
  if (!(await exists(join(published, CHECKSUMS)))) return false;
  try {
    const sums = JSON.parse(await readFile(join(published, CHECKSUMS), 'utf8')) as Record<string, string>;
    for (const [name, sum] of Object.entries(sums)) {
      if ((await hashFile(join(published, 'bin', name))) !== sum) return false;
    }
    return Object.keys(sums).length > 0;
  } catch {
    return false;
  }
}
