/** Finished folders of the cache: published by rename, with a checksum of every file, verified when used. */
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { messageOf } from './errors.ts';
import { exists, temporaryBeside, writeFileAtomic } from './files.ts';
import { hashFile } from './hash.ts';
import { removeLeftOvers } from './left-overs.ts';

/** Size and checksum of a published file. */
export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** What every manifest has beside its own data. */
export interface Manifest {
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** A folder that was checked, or what is wrong with it. */
export type Verified<M> =
  | { readonly state: 'good'; readonly manifest: M & Manifest }
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly problem: string; readonly files: Manifest['files'] | undefined };

const MANIFEST = 'manifest.json';

/**
 * Copies files into a folder that appears complete or not at all. To be called under a lock on `directory`.
 * @param files name in the folder → path to copy from
 * @param data goes into the manifest
 */
export async function publish<M extends object>(
  directory: string,
  files: ReadonlyMap<string, string>,
  data: M,
  signal?: AbortSignal,
): Promise<M & Manifest> {
  const copy = async (temporary: string): Promise<M> => {
    for (const [name, from] of files) {
      const to = join(temporary, name);
      await mkdir(dirname(to), { recursive: true });
      await copyFile(from, to, constants.COPYFILE_FICLONE);
    }
    return data;
  };
  return publishMade(directory, copy, signal);
}

/**
 * As {@link publish}, for files that are made in place, e.g. because a copy would fill their holes.
 * @param make writes the files into the folder that it is given; what it gives goes into the manifest
 */
export async function publishMade<M extends object>(
  directory: string,
  make: (temporary: string) => Promise<M>,
  signal?: AbortSignal,
): Promise<M & Manifest> {
  await removeLeftOvers(directory);
  const temporary = temporaryBeside(directory);
  try {
    await mkdir(temporary, { recursive: true });
    const data = await make(temporary);
    const records: Record<string, FileRecord> = {};
    const entries = await readdir(temporary, { recursive: true, withFileTypes: true });
    for (const path of entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()) {
      records[relative(temporary, path)] = {
        bytes: (await stat(path)).size,
        sha256: await hashFile(path, signal),
      };
    }
    const manifest = { ...data, files: records };
    await writeFileAtomic(join(temporary, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rm(directory, { recursive: true, force: true });
    await rename(temporary, directory);
    return manifest;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Checks every file of a published folder against its manifest. */
export async function verify<M extends object>(
  directory: string,
  signal?: AbortSignal,
): Promise<Verified<M>> {
  if (!(await exists(directory))) return { state: 'absent' };
  let manifest: M & Manifest;
  try {
    manifest = JSON.parse(await readFile(join(directory, MANIFEST), 'utf8')) as M & Manifest;
    if (typeof manifest.files !== 'object' || manifest.files === null) throw new Error('no list of files');
  } catch (error) {
    return {
      state: 'damaged',
      problem: `${join(directory, MANIFEST)}: ${messageOf(error)}`,
      files: undefined,
    };
  }
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const path = join(directory, name);
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    const problem =
      size === undefined
        ? 'is missing'
        : size !== bytes
          ? `has ${size} bytes instead of ${bytes}`
          : (await hashFile(path, signal)) !== sha256
            ? 'has changed'
            : undefined;
    if (problem !== undefined)
      return { state: 'damaged', problem: `${path} ${problem}`, files: manifest.files };
  }
  return { state: 'good', manifest };
}

/** Whether two manifests describe the same bytes. */
export function sameFiles(a: Manifest['files'], b: Manifest['files']): boolean {
  const list = (files: Manifest['files']): string =>
    JSON.stringify(
      Object.entries(files)
        .map(([name, { sha256 }]) => [name, sha256])
        .sort(),
    );
  return list(a) === list(b);
}
