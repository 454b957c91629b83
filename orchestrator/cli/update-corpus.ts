/** `unplug parse --update-corpus DIR`: the expectations of a folder of logs, written anew. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../base/index.ts';
import { expectationDiff, withExpectations } from '../oops/index.ts';

/**
 * Rewrites the headers of logs in the corpus format and prints what changed: whether that is right is for a person.
 * @returns 1 when something changed, 0 when nothing did
 * @throws UsageError when a file can't be read or written
 */
export async function updateCorpus(folder: string): Promise<number> {
  let changed = 0;
  let logs = 0;
  try {
    for (const name of (await readdir(folder)).sort()) {
      const before = await readFile(join(folder, name), 'latin1');
      const after = withExpectations(before);
      logs++;
      if (after === before) continue;
      changed++;
      await writeFile(join(folder, name), after, 'latin1');
      process.stdout.write(
        `${name}\n${expectationDiff(before, after)
          .map((line) => `  ${line}\n`)
          .join('')}`,
      );
    }
  } catch (cause) {
    throw new UsageError(`parse: ${folder}: ${(cause as Error).message}`, { cause });
  }
  process.stdout.write(`${logs} logs, ${changed} changed\n`);
  return changed === 0 ? 0 : 1;
}
