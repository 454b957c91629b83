/** Temporary folders. Their names say whose they are, so that those of a killed unplug can be removed later. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed when it is disposed of. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes a folder that only this user can read: keys and control sockets lie in it. Short, for socket names. */
export async function makeTemporaryDirectory(purpose: string): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), `unplug-${process.pid}-${purpose}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Removes the folders of processes that are gone: after SIGKILL nobody else does. */
export async function removeStaleTemporaries(directory: string = tmpdir()): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^unplug-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    // Another user's folder can't be removed, and is not ours to remove.
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
