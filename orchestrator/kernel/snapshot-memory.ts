/** What was read of a folder the last time: files that look the same since need not be read again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CachePaths, hashParts, writeFileAtomic } from '../base/index.ts';
import type { FileMode } from './file-list.ts';
import type { ReadFile } from './read-whole.ts';

/** Files by path. */
export type SnapshotMemory = Map<string, ReadFile>;

interface Stored {
  readonly schemaVersion: 1;
  readonly directory: string;
  /** Path → stamp, mode, id. */
  readonly files: Readonly<Record<string, readonly [string, FileMode, string]>>;
}

/** Names a folder in names of files and locks. */
export function folderKey(directory: string): string {
  return hashParts([directory]).slice(0, 16);
}

/** What is remembered of a folder; empty when there is nothing or it can't be read. */
export async function recall(cache: CachePaths, directory: string): Promise<SnapshotMemory> {
  try {
    const stored = JSON.parse(await readFile(memoryFile(cache, directory), 'utf8')) as Stored;
    if (stored.schemaVersion !== 1 || stored.directory !== directory) return new Map();
    return new Map(
      Object.entries(stored.files).map(([path, [stamp, mode, id]]) => [
        path,
        { stamp, mode, id, settled: true },
      ]),
    );
  } catch {
    return new Map();
  }
}

/**
 * Remembers a folder: those of its files that had settled when they were read.
 * @param before what was remembered until now
 */
export async function remember(
  cache: CachePaths,
  directory: string,
  files: SnapshotMemory,
  before: SnapshotMemory,
): Promise<void> {
  const settled = [...files].filter(([, file]) => file.settled);
  if (settled.length === before.size && settled.every(([path, file]) => before.get(path) === file)) return;
  const stored: Stored = {
    schemaVersion: 1,
    directory,
    files: Object.fromEntries(settled.map(([path, { stamp, mode, id }]) => [path, [stamp, mode, id]])),
  };
  await writeFileAtomic(memoryFile(cache, directory), `${JSON.stringify(stored)}\n`);
}

function memoryFile(cache: CachePaths, directory: string): string {
  return join(cache.root, 'snapshots', `${folderKey(directory)}.json`);
}
