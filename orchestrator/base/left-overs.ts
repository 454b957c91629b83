/** What an unplug that was killed left half-made beside a target. */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Removes everything that `temporaryBeside(target)` named. To be called under the lock of `target`: then nobody uses it. */
export async function removeLeftOvers(target: string): Promise<void> {
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    if (name.startsWith(`${basename(target)}.tmp-`)) {
      await rm(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}
