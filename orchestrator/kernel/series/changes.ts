/** The net effect of patches: files with their content. */
import { BuildError, InfraError } from '../../base/index.ts';
import { linkFault, pathFault } from './safe-paths.ts';
import { batchedBlobs, type Scratch } from './scratch.ts';

/** What a file can be in a tree. */
export type FileMode = '100644' | '100755' | '120000';

/** One file that is different in the end. */
export interface FileChange {
  /** Below the root of the tree, without `..`, and never through a link. */
  readonly path: string;
  /** As git writes it: a file, a program, a symbolic link. Of a deleted file: the mode that it had. */
  readonly mode: FileMode;
  /** Of a link, its target. Null: the file is deleted. */
  readonly content: Buffer | null;
}

/**
 * What is different between the base and the current commit, sorted by path.
 * @throws BuildError for what must not be in a tree: git's own checks and ours before it leave nothing
 */
export async function readChanges(scratch: Scratch): Promise<readonly FileChange[]> {
  const raw = await scratch.git(
    'diff-tree',
    '-r',
    '-z',
    '--no-renames',
    '--no-abbrev',
    scratch.baseCommit,
    'HEAD',
  );
  const fields = raw.toString('utf8').split('\0');
  const found: { path: string; mode: FileMode; blob: string | undefined }[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, oldMode = '', newMode = '', blob = '', status = ''] =
      /^:(\d+) (\d+) [0-9a-f]+ ([0-9a-f]+) ([A-Z])/.exec(fields[at] as string) ?? [];
    const path = fields[at + 1] as string;
    const mode = status === 'D' ? oldMode : newMode;
    const fault = pathFault(path);
    if (fault !== undefined) throw new BuildError(`the path ${JSON.stringify(path)} ${fault}: refused`);
    if (!scratch.files.has(path))
      throw new BuildError(`${path} was changed, but the patches do not name it: refused`);
    if (mode !== '100644' && mode !== '100755' && mode !== '120000')
      throw new BuildError(`${path} has the mode ${mode} in the end: refused`);
    found.push({ path, mode, blob: status === 'D' ? undefined : blob });
  }
  const contents = await readBlobs(
    scratch,
    found.map(({ blob }) => blob).filter((blob) => blob !== undefined),
  );
  const changes = found.map(
    ({ path, mode, blob }): FileChange => ({
      path,
      mode,
      content: blob === undefined ? null : (contents.get(blob) as Buffer),
    }),
  );
  refuseLinks(changes);
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A link must stay inside the tree, and nothing may be below one. */
function refuseLinks(changes: readonly FileChange[]): void {
  const links = changes.filter(({ mode, content }) => mode === '120000' && content !== null);
  for (const { path, content } of links) {
    const fault = linkFault(path, (content as Buffer).toString('utf8'));
    if (fault !== undefined) throw new BuildError(`the link ${path} ${fault}: refused`);
    const through = changes.find((other) => other.content !== null && other.path.startsWith(`${path}/`));
    if (through !== undefined)
      throw new BuildError(`${through.path} would be written through the link ${path}: refused`);
  }
}

/** Contents by object name, with one git for all. */
async function readBlobs(scratch: Scratch, names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return new Map();
  const contents = batchedBlobs(await scratch.feed(`${wanted.join('\n')}\n`, 'cat-file', '--batch'));
  const missing = wanted.find((name) => !contents.has(name));
  if (missing !== undefined) throw new InfraError(`git cat-file did not give the content of ${missing}`);
  return contents;
}
