/** Small file helpers: publish by rename, free space, existence. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InfraError } from './errors.ts';

/** Whether something is at `path` (a dangling link counts as nothing). */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A name beside `path` that nobody else uses, for building before a rename. */
export function temporaryBeside(path: string): string {
  return `${path}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Writes a file so that readers see the old content or the new, never a part; synced to disk. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Checks that the file system of `path` (or its nearest existing parent) has room.
 * @throws InfraError naming what is needed and what is free
 */
export async function requireFreeSpace(path: string, neededMiB: number, purpose: string): Promise<void> {
  let at = path;
  while (!(await exists(at)) && dirname(at) !== at) at = dirname(at);
  const fs = await statfs(at);
  const freeMiB = Math.floor((fs.bavail * fs.bsize) / 2 ** 20);
  if (freeMiB >= neededMiB) return;
  throw new InfraError(
    `too little disk space for ${purpose}: ${neededMiB} MiB needed, ${freeMiB} MiB free at ${at}`,
    {
      hint: 'free some space there, or point XDG_CACHE_HOME to a larger disk',
    },
  );
}
