/**
 * The list of a tree's files with the hash of each: what two trees of the cache are compared by. The hashes are those
 * of git's blobs (SHA-1 of `blob SIZE NUL content`), so a tree from a repository and one from a folder compare too.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file's mode as git knows it: plain, executable, symbolic link. */
export type FileMode = '100644' | '100755' | '120000';

/** One file of a tree. */
export interface FileEntry {
  readonly mode: FileMode;
  /** Object name of its content as a git blob. */
  readonly id: string;
  /** Relative to the tree's root. */
  readonly path: string;
}

/** Name of the list, beside the tree. */
export const FILE_LIST = 'files.list';

/** `MODE ID PATH` of each file, ended by NUL (a path may have a line end), sorted by path. */
export function formatFileList(entries: Iterable<FileEntry>): string {
  return [...entries]
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map(({ mode, id, path }) => `${mode} ${id} ${path}\0`)
    .join('');
}

/** The reverse of {@link formatFileList}; undefined when the text is none. */
export function parseFileList(text: string): Map<string, FileEntry> | undefined {
  const entries = new Map<string, FileEntry>();
  if (text !== '' && !text.endsWith('\0')) return undefined;
  for (const line of text.split('\0').slice(0, -1)) {
    const [, mode, id, path] = /^(100644|100755|120000) ([0-9a-f]{40,64}) (.+)$/s.exec(line) ?? [];
    if (id === undefined || path === undefined) return undefined;
    entries.set(path, { mode: mode as FileMode, id, path });
  }
  return entries;
}

/** The list of a tree of the cache; undefined when it has none. */
export async function readFileList(treeDirectory: string): Promise<Map<string, FileEntry> | undefined> {
  const text = await readFile(join(dirname(treeDirectory), FILE_LIST), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseFileList(text);
}

/** Whether two entries of one path are the same file. */
export function sameFile(a: FileEntry | undefined, b: FileEntry | undefined): boolean {
  return a !== undefined && b !== undefined && a.mode === b.mode && a.id === b.id;
}
