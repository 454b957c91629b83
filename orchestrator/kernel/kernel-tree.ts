/**
 * The tree that a kernel is built from: a source as it is, or a source with series on it.
 *
 * A patched tree consists of hard links to the files of its base, and of files of its own for what the series change.
 * It is named by its content: the base and the net effect of the series. So a series that is put on and reverted again
 * is the base itself, and two ways to the same text are one kernel.
 */
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  hashParts,
  InfraError,
  requireFreeSpace,
  throwIfAborted,
  tryCommand,
  writeFileAtomic,
} from '../base/index.ts';
import { type LocatedSource, type SourceOptions, sourceNeedMiB, treeDirectory } from './located-source.ts';
import { obtainSource } from './obtain-source.ts';
import { ensureTree } from './publish-tree.ts';
import { type AppliedSeries, applySeries, type FileChange, type Series } from './series/index.ts';

/** Where a kernel's source is, or will be, and what it consists of. */
export interface KernelTree {
  /** Hash of the content. */
  readonly identity: string;
  /** E.g. `linux-source-6.12 6.12.117-1 + revocable-v1 (4 patches)`. */
  readonly description: string;
  /** Root of the tree. */
  readonly directory: string;
  readonly base: LocatedSource;
  /** Net effect of the series on the base, sorted by path. Empty: the tree is the base. */
  readonly changes: readonly FileChange[];
  /** What is to be said about how the series were applied. */
  readonly notes: readonly string[];
}

/** Raise it when the same series may come to something else. */
const APPLY_VERSION = 'apply 1';

/** Disk for the files and folders of a tree of hard links (6.12: 90 thousand entries in 6 thousand folders). */
const LINKED_TREE_MIB = 60;

/** A source without series. */
export function plainTree(base: LocatedSource): KernelTree {
  const { identity, description, directory } = base;
  return { identity, description, directory, base, changes: [], notes: [] };
}

/**
 * Finds out what a source with series on it comes to. The base is fetched for it when these series were never applied
 * to it before.
 * @param otherBases sources in the cache, to be named when a patch does not apply to this one but to one of them
 * @throws BuildError when a patch does not apply; InfraError
 */
export async function patchTree(
  base: LocatedSource,
  series: readonly Series[],
  options: SourceOptions,
  otherBases: readonly { readonly description: string; readonly directory: string }[] = [],
): Promise<KernelTree> {
  const { cache, signal } = options;
  const patches = series.flatMap((one) => [String(one.reverted), ...one.patches.map(({ sha256 }) => sha256)]);
  const memo = join(cache.root, 'series', `${hashParts([APPLY_VERSION, base.identity, ...patches])}.json`);
  let applied = await readMemo(memo);
  if (applied === undefined) {
    const { directory, description } = await obtainSource(base, options);
    applied = await applySeries({ directory, description }, series, {
      otherBases,
      ...(signal === undefined ? {} : { signal }),
    });
    await mkdir(dirname(memo), { recursive: true });
    await writeFileAtomic(memo, memoText(applied));
  }
  const { changes, notes } = applied;
  const description = [base.description, ...series.map((one) => one.description)].join(' + ');
  if (changes.length === 0) return { ...plainTree(base), description, notes };
  const identity = hashParts([
    'patched',
    base.identity,
    ...changes.flatMap(({ path, mode, content }) => [
      path,
      content === null ? 'deleted' : mode,
      content ?? '',
    ]),
  ]);
  const directory = treeDirectory(cache, identity);
  return { identity, description, directory, base, changes, notes };
}

/** Makes sure that a tree lies in the cache. @throws InfraError; what the signal was aborted with */
export async function obtainTree(tree: KernelTree, options: SourceOptions): Promise<void> {
  if (tree.changes.length === 0) {
    await obtainSource(tree.base, options);
    return;
  }
  await ensureTree(
    tree,
    options,
    async (temporary) => {
      const linux = join(temporary, 'linux');
      await linkTree(tree.base.directory, linux, options.signal);
      for (const change of tree.changes) await putFile(linux, change);
      return { base: tree.base.identity, changes: tree.changes.map(({ path }) => path) };
    },
    async () => {
      await obtainSource(tree.base, options);
      await requireFreeSpace(options.cache.root, LINKED_TREE_MIB, tree.description);
    },
  );
}

/** Disk that {@link obtainTree} will take. */
export function treeNeedMiB(tree: KernelTree): number {
  return sourceNeedMiB(tree.base) + (tree.changes.length === 0 ? 0 : LINKED_TREE_MIB);
}

/** Hard links of all files but of the build folders, which lie right below the root. */
async function linkTree(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const entries = (await readdir(from)).filter((name) => !name.startsWith('build-'));
  await mkdir(to, { recursive: true });
  const result = await tryCommand({
    argv: ['cp', '-al', '--target-directory', to, '--', ...entries.map((name) => join(from, name))],
    ...(signal === undefined ? {} : { signal }),
  });
  throwIfAborted(signal);
  if (result.code !== 0) throw new InfraError(`can't link ${from}`, { detail: result.stderr.trim() });
}

/** Replaces one file by one of the tree's own: the name is unlinked first, so the base keeps its content. */
async function putFile(root: string, { path, mode, content }: FileChange): Promise<void> {
  const target = join(root, path);
  await rm(target, { force: true });
  if (content === null) return;
  await mkdir(dirname(target), { recursive: true });
  if (mode === '120000') {
    await symlink(content.toString('utf8'), target);
    return;
  }
  await writeFile(target, content);
  await chmod(target, mode === '100755' ? 0o755 : 0o644);
}

function memoText({ changes, patches, notes }: AppliedSeries): string {
  const coded = changes.map(({ path, mode, content }) => ({
    path,
    mode,
    content: content === null ? null : content.toString('base64'),
  }));
  const body = JSON.stringify({ changes: coded, patches, notes });
  return JSON.stringify({ sha256: hashParts([body]), body });
}

/** What was applied before; undefined when there is nothing, or something damaged: then it is done again. */
async function readMemo(file: string): Promise<AppliedSeries | undefined> {
  try {
    const { sha256, body } = JSON.parse(await readFile(file, 'utf8')) as { sha256: string; body: string };
    if (hashParts([body]) !== sha256) return undefined;
    const { changes, patches, notes } = JSON.parse(body) as Omit<AppliedSeries, 'changes'> & {
      readonly changes: readonly { path: string; mode: string; content: string | null }[];
    };
    return {
      changes: changes.map(({ path, mode, content }) => ({
        path,
        mode: mode as FileChange['mode'],
        content: content === null ? null : Buffer.from(content, 'base64'),
      })),
      patches,
      notes,
    };
  } catch {
    return undefined;
  }
}
