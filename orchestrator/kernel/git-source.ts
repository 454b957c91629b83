/** `git:DIR#REF`: the files of a commit, as they are stored. The repository and its index are only read. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hashParts, InfraError, nearestNames, UsageError } from '../base/index.ts';
import { FILE_LIST, type FileEntry, type FileMode, formatFileList } from './file-list.ts';
import { gitIn, type OwnRepository, ownRepository } from './git-command.ts';
import { noKernelTree, parseKernelVersion } from './kernel-version.ts';
import {
  type LocatedSource,
  type SourceContent,
  type SourceOptions,
  treeDirectory,
} from './located-source.ts';
import { linkFrom, nearestTree } from './near-tree.ts';
import { ensureTree } from './publish-tree.ts';
import { formatSource, type GitSourceSpec, type KernelSource } from './source.ts';
import { refuseLinksOut } from './tree-links.ts';

/** What a source of git consists of. */
export type GitContent = Extract<SourceContent, { readonly at: 'git' }>;

const SHORT = 12;

/**
 * Finds out which tree a ref is at the moment.
 * @throws UsageError for a folder that is no repository, an unknown ref (with the nearest ones), and no kernel tree
 */
export async function locateGitSource(spec: GitSourceSpec, options: SourceOptions): Promise<LocatedSource> {
  const { cache, signal } = options;
  const { directory, ref } = spec;
  const { objects, objectFormat } = await findObjects(directory, signal);
  const parsed = await gitIn(directory, ['rev-parse', '--verify', '--quiet', ref], signal);
  const object = parsed.stdout.toString('utf8').trim();
  if (parsed.code !== 0 || object === '') throw await unknownRef(spec, signal);

  await using own = await ownRepository(signal, objects, objectFormat);
  const peeled = async (type: string): Promise<string | undefined> => {
    const result = await own.run(['rev-parse', '--verify', '--quiet', `${object}^{${type}}`]);
    return result.code === 0 ? result.stdout.toString('utf8').trim() : undefined;
  };
  const tree = await peeled('tree');
  if (tree === undefined) {
    const type = (await own.run(['cat-file', '-t', object])).stdout.toString('utf8').trim();
    throw type === ''
      ? missingObjects(formatSource(spec), '')
      : new UsageError(`${formatSource(spec)} is a ${type}, not a commit or tree`);
  }
  const commit = await peeled('commit');
  const makefile = await own.run(['cat-file', 'blob', `${tree}:Makefile`]);
  const listed = await own.run(['ls-tree', tree, 'Makefile']);
  if (makefile.code !== 0 && listed.stdout.length > 0)
    throw missingObjects(formatSource(spec), makefile.stderr);
  const version = parseKernelVersion(makefile.code === 0 ? makefile.stdout.toString('utf8') : '');
  if (version === undefined) throw noKernelTree(formatSource(spec));
  const subject = commit === undefined ? undefined : await subjectOf(own, commit);
  const said = [
    version.version,
    (commit ?? tree).slice(0, SHORT),
    ...(subject === undefined ? [] : [JSON.stringify(subject)]),
  ];
  const identity = hashParts(['git tree', tree]);
  return {
    identity,
    description: `${formatSource(spec)} (${said.join(', ')})`,
    directory: treeDirectory(cache, identity),
    content: { at: 'git', objects, objectFormat, tree },
  };
}

/**
 * Writes a tree into the cache; files that a tree there has already become hard links to it.
 * @throws InfraError when objects are missing; UsageError for links that lead out of the tree
 */
export async function checkOutTree(
  source: KernelSource,
  content: GitContent,
  options: SourceOptions,
): Promise<void> {
  const { cache, signal, progress } = options;
  await ensureTree(source, options, async (temporary) => {
    progress.update(`checking out ${source.description}`);
    const linux = join(temporary, 'linux');
    await using own = await ownRepository(signal, content.objects, content.objectFormat);
    const must = async (
      args: readonly string[],
      more?: Parameters<OwnRepository['run']>[1],
    ): Promise<string> => {
      const result = await own.run(args, more);
      if (result.code === 0) return result.stdout.toString('utf8');
      throw missingObjects(source.description, result.stderr);
    };
    const entries = parseLsTree(await must(['ls-tree', '-r', '-z', '--full-tree', content.tree]));
    const missing = await linkFrom(await nearestTree(entries, cache, signal), entries, linux, signal);
    await mkdir(linux, { recursive: true });
    // The index of our repository: git refuses paths with `..` or `.git` in it (read-cache.c, verify_path).
    await must(['read-tree', content.tree]);
    await must(['checkout-index', '--quiet', '--force', '-z', '--stdin'], {
      workTree: linux,
      input: missing.map(({ path }) => `${path}\0`).join(''),
    });
    const links = entries.filter(({ mode }) => mode === '120000').map(({ path }) => path);
    refuseLinksOut(source.description, linux, links);
    await writeFile(join(temporary, FILE_LIST), formatFileList(entries));
    return {};
  });
}

/** Parses `git ls-tree -r -z`; submodules, which have no files here, are left out. */
export function parseLsTree(output: string): FileEntry[] {
  const entries: FileEntry[] = [];
  for (const line of output.split('\0')) {
    // MODE TYPE OBJECT TAB PATH. 100664 is of old gits, and a plain file (fsck.c, fsck_tree).
    const [, mode, id, path] = /^(100644|100664|100755|120000) blob ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
    if (id === undefined || path === undefined) continue;
    entries.push({ mode: (mode === '100664' ? '100644' : mode) as FileMode, id, path });
  }
  return entries;
}

async function findObjects(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<{ objects: string; objectFormat: string }> {
  const folder = await stat(directory).catch(() => undefined);
  if (!folder?.isDirectory()) throw new UsageError(`no folder ${directory}`);
  const result = await gitIn(
    directory,
    ['rev-parse', '--show-prefix', '--show-object-format', '--git-path', 'objects'],
    signal,
  );
  const [prefix = '', objectFormat = '', objects = ''] = result.stdout.toString('utf8').split('\n');
  if (result.code !== 0 || objects === '' || prefix !== '') {
    throw new UsageError(`${directory} is not the top of a git repository that can be read`, {
      detail: prefix === '' ? result.stderr.trim() : `it is the folder ${prefix} of one`,
      hint: `for a tree without git, or as it is on disk: dir:${directory}`,
    });
  }
  return { objects: resolve(directory, objects), objectFormat };
}

async function unknownRef(spec: GitSourceSpec, signal: AbortSignal | undefined): Promise<UsageError> {
  const { directory, ref } = spec;
  const result = await gitIn(directory, ['for-each-ref', '--format=%(refname:lstrip=2)'], signal);
  const refs = result.stdout.toString('utf8').split('\n').filter(Boolean);
  const near = nearestNames(ref, refs, 5);
  return new UsageError(
    refs.length === 0 && ref === 'HEAD'
      ? `${directory} has no commit yet`
      : `${directory} has no branch, tag or commit ${ref}`,
    {
      hint:
        near.length > 0
          ? `nearest: ${near.join(', ')}`
          : refs.length > 0
            ? `it has ${refs.slice(0, 8).join(', ')}${refs.length > 8 ? ` and ${refs.length - 8} more` : ''}`
            : `for the tree as it is on disk: dir:${directory}`,
    },
  );
}

/** First line of a commit's message. Read from the object, because git log wants the parents of a shallow clone. */
async function subjectOf(own: OwnRepository, commit: string): Promise<string | undefined> {
  const text = (await own.run(['cat-file', 'commit', commit])).stdout.toString('utf8');
  const at = text.indexOf('\n\n');
  return at < 0 ? undefined : text.slice(at + 2).split('\n', 1)[0];
}

function missingObjects(what: string, stderr: string): InfraError {
  return new InfraError(`${what}: the repository lacks some of its objects`, {
    detail: stderr.trim().split('\n').slice(-5).join('\n'),
    hint: 'in a partial clone, git archive REF >/dev/null fetches them; in a damaged one, see git fsck',
  });
}
