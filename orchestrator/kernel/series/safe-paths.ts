/** Patches are somebody's code: which paths and file kinds they may touch. Pure. */
import { posix } from 'node:path';
import type { FileDiff } from './diff.ts';

/** What is wrong with a patch, and where. */
export interface Refusal {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

const OUTSIDE = 'applying never writes outside the tree: look at who sent this';

/** What is wrong with a path inside a tree, or undefined. */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'is absolute';
  if (/[\0\n]/.test(path)) return 'has a line feed or a zero byte in it';
  for (const part of path.split('/')) {
    if (part === '..') return 'has a ".." in it';
    if (part === '' || part === '.') return 'has an empty part or a "." in it';
    // git refuses these itself (path.c, verify_path): hooks and configuration lie there.
    if (/^(\.git|git~\d)[ .]*$/i.test(part)) return `has a "${part}" in it, where git keeps its own files`;
  }
  return undefined;
}

/** What is wrong with a link `path` → `target`, or undefined: it must stay inside the tree. */
export function linkFault(path: string, target: string): string | undefined {
  if (target === '') return 'points nowhere';
  if (target.startsWith('/')) return `points to the absolute path ${target}`;
  const reached = posix.normalize(posix.join(posix.dirname(path), target));
  return reached === '..' || reached.startsWith('../') ? `points outside the tree, to ${target}` : undefined;
}

/**
 * The first thing for which a patch is refused before git sees it.
 * @param diffs of the patch
 * @param links paths that earlier patches of the series made symbolic links; those of this one are added
 */
export function refuseDiffs(diffs: readonly FileDiff[], links: Set<string>): Refusal | undefined {
  for (const diff of diffs) {
    const refusal = refuseDiff(diff, links);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refuseDiff(diff: FileDiff, links: Set<string>): Refusal | undefined {
  const refuse = (message: string, hint: string, line = diff.line): Refusal => ({ line, message, hint });
  const paths = [diff.oldPath, diff.newPath].filter((path) => path !== undefined);
  for (const path of [...diff.rawPaths, ...paths]) {
    const fault = pathFault(path);
    if (fault !== undefined) return refuse(`the path ${JSON.stringify(path)} ${fault}: refused`, OUTSIDE);
  }
  if (diff.noPrefix) {
    return refuse(
      `the paths have no a/ and b/ before them (${diff.rawPaths[0]} twice)`,
      'make the patch again with git -c diff.noprefix=false format-patch',
    );
  }
  for (const path of paths) {
    const parts = path.split('/');
    const through = parts
      .map((_, index) => parts.slice(0, index).join('/'))
      .find((above) => links.has(above));
    if (through !== undefined)
      return refuse(`${path} would be written through the symbolic link ${through}: refused`, OUTSIDE);
  }
  for (const mode of [diff.oldMode, diff.newMode]) {
    if (mode === '160000')
      return refuse(
        `${paths.at(-1)} is a submodule (mode 160000): refused`,
        'a kernel tree has none; leave that patch out',
      );
    if (mode !== undefined && !/^(100\d{3}|120000)$/.test(mode))
      return refuse(
        `${paths.at(-1)} has the mode ${mode}`,
        'only files (100644, 100755) and links (120000) can be patched',
      );
  }
  if (diff.binary === 'omitted')
    return refuse(
      `the content of the binary file ${paths.at(-1)} is not in the patch`,
      'make it with git format-patch --binary',
    );
  return refuseLink(diff, links, refuse);
}

function refuseLink(
  { oldMode, newMode, oldPath, newPath, binary, hunks }: FileDiff,
  links: Set<string>,
  refuse: (message: string, hint: string, line?: number) => Refusal,
): Refusal | undefined {
  if ((newMode ?? oldMode) !== '120000' || newPath === undefined) {
    links.delete(newPath ?? (oldPath as string));
    return undefined;
  }
  links.add(newPath);
  if (binary !== undefined)
    return refuse(
      `the link ${newPath} is given as binary content: refused`,
      'a link is given as a line of text',
    );
  for (const { lines, line } of hunks) {
    for (const [index, text] of lines.entries()) {
      if (index === 0 || text.startsWith('-') || text.startsWith('\\')) continue;
      const fault = linkFault(newPath, text.slice(1));
      if (fault !== undefined) return refuse(`the link ${newPath} ${fault}: refused`, OUTSIDE, line + index);
    }
  }
  return undefined;
}
