/** A folder of patches: which files, in which order. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, UsageError } from '../../base/index.ts';
import { errorInFile } from './mail-file.ts';
import { pathFault } from './safe-paths.ts';

/** The files of a folder in the order to apply them. */
export interface PatchFiles {
  readonly files: readonly string[];
  /** A file named `series` gave the order: numbers in subjects don't count then. */
  readonly ordered: boolean;
}

/**
 * Lists the patches of a folder: those in its `series` file (quilt), or else all `*.patch`, or else all `*.mbx` and
 * `*.mbox`, by name.
 * @throws UsageError when there is none; ConfigError when `series` names what is not there
 */
export async function listPatches(directory: string): Promise<PatchFiles> {
  const series = join(directory, 'series');
  if (await exists(series)) return { files: await readSeriesFile(directory, series), ordered: true };
  const names = (await readdir(directory)).sort();
  const patches = names.filter((name) => /\.(patch|diff)$/i.test(name));
  const chosen = patches.length > 0 ? patches : names.filter((name) => /\.(mbx|mbox)(\.gz)?$/i.test(name));
  if (chosen.length === 0) {
    throw new UsageError(`${directory} has no patches`, {
      hint: 'put *.patch files into it (git format-patch), an mbox, or a file named series with the names of patches',
    });
  }
  return { files: chosen.map((name) => join(directory, name)), ordered: false };
}

/** quilt's series file: one name a line, options and comments after it. */
async function readSeriesFile(directory: string, series: string): Promise<readonly string[]> {
  const source = { file: series, text: await readFile(series, 'latin1') };
  const files: string[] = [];
  for (const [index, text] of source.text.split('\n').entries()) {
    const [name, ...options] = text
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (name === undefined || name === '') continue;
    const fail = (message: string, hint: string) =>
      errorInFile(source, index + 1, message, hint, text.indexOf(name) + 1);
    const level = options.find((option) => option !== '-p1');
    if (level !== undefined)
      throw fail(
        `${name} asks for ${level}`,
        'only patches with one component to strip (-p1) can be applied',
      );
    const fault = pathFault(name);
    if (fault !== undefined) throw fail(`the path ${name} ${fault}`, 'name patches of this folder');
    if (!(await exists(join(directory, name))))
      throw fail(`there is no ${name} in ${directory}`, 'add the patch, or take the line out');
    files.push(join(directory, name));
  }
  if (files.length === 0)
    throw errorInFile(
      source,
      1,
      'names no patch',
      'write one name a line, or remove the file to take all *.patch',
    );
  return files;
}
