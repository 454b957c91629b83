/**
 * A git repository of ours that holds only the files that patches touch: a kernel tree has 90 thousand, a series changes
 * a dozen. It lies in a temporary folder; the tree that the files come from is only read.
 */
import { chmod, copyFile, lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BuildError, type CommandResult, makeTemporaryDirectory } from '../../base/index.ts';
import { ownGitEnvironment, runGit, tryGit } from './git.ts';
import { pathFault } from './safe-paths.ts';

/** A source that series are applied to. */
export interface BaseTree {
  readonly directory: string;
  readonly description: string;
}

/** The repository. Disposing it removes it. */
export interface Scratch extends AsyncDisposable {
  readonly base: BaseTree;
  /** For small files beside the repository. */
  readonly directory: string;
  /** Work tree. */
  readonly tree: string;
  /** The paths that it was made for; where they lead in the base was checked. */
  readonly files: ReadonlySet<string>;
  /** Commit with the base's files. */
  readonly baseCommit: string;
  /** Like `try`, and sees the objects of other people's stores, too: only for git that reads. */
  look(...args: readonly string[]): Promise<CommandResult>;
  /** Runs git in it, whatever its exit code. */
  try(...args: readonly string[]): Promise<CommandResult>;
  /** Runs git in it. @throws InfraError when it fails */
  git(...args: readonly string[]): Promise<Buffer>;
  /** Like `git`, with text on its standard input. */
  feed(input: string, ...args: readonly string[]): Promise<Buffer>;
  /** Like `git`, with a file on its standard input. */
  feedFile(file: string, ...args: readonly string[]): Promise<Buffer>;
}

/** Where the files lie that patches were made on, and which they are. */
export interface Originals {
  /** Object stores. They are only read. */
  readonly stores: readonly string[];
  /** Names of blobs, abbreviated or whole; those that no store has are left out. */
  readonly blobs: readonly string[];
}

/** Settings of the repository; nobody else's are read. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.autocrlf', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.fsync', 'none'],
  ['commit.gpgSign', 'false'],
  ['am.keepcr', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

/** What is committed is what the files have, whatever a `.gitattributes` among them says (gitattributes(5)). */
const ATTRIBUTES = '* -text -eol -filter -ident -working-tree-encoding\n';

/**
 * Makes the repository.
 * @param files paths that patches touch; those that `base` lacks are left out
 * @param originals what a 3-way merge may need
 * @throws BuildError when a patch would write through a link or a file of the base
 */
export async function makeScratch(
  base: BaseTree,
  files: readonly string[],
  originals: Originals,
  signal?: AbortSignal,
): Promise<Scratch> {
  const folder = await makeTemporaryDirectory('series');
  try {
    const tree = join(folder.path, 'tree');
    // The repository is beside the work tree, where no patch can reach it.
    const repository = join(folder.path, 'repository');
    await mkdir(tree);
    const env = {
      ...ownGitEnvironment(),
      GIT_DIR: repository,
      GIT_WORK_TREE: tree,
    };
    const lookEnv = {
      ...env,
      ...(originals.stores.length === 0
        ? {}
        : { GIT_ALTERNATE_OBJECT_DIRECTORIES: originals.stores.map(quoteStore).join(':') }),
    };
    const call = (args: readonly string[], input?: string | Uint8Array) => ({
      directory: tree,
      args,
      env,
      ...(input === undefined ? {} : { input }),
      ...(signal === undefined ? {} : { signal }),
    });
    const git = async (...args: readonly string[]) => (await runGit(call(args))).stdout;
    await git('init', '--quiet', '--template=');
    const own = ['[core]', '\tbare = false', '\trepositoryformatversion = 0', '\tfilemode = true'];
    const config = [...own, ...SETTINGS.map(settingLines), ''].join('\n');
    await writeFile(join(repository, 'config'), config);
    await mkdir(join(repository, 'info'), { recursive: true });
    await writeFile(join(repository, 'info', 'attributes'), ATTRIBUTES);
    await copyFiles(base, files, tree);
    await git('add', '--all', '--force', '.');
    await git('commit', '--quiet', '--allow-empty', '--message', 'base');
    if (originals.stores.length > 0) {
      const batch = await runGit({
        ...call(['cat-file', '--batch'], `${originals.blobs.join('\n')}\n`),
        env: lookEnv,
      });
      await keepBlobs(batch.stdout, join(folder.path, 'blobs'), (paths) =>
        runGit(call(['hash-object', '-w', '--no-filters', '--stdin-paths'], paths)),
      );
    }
    const baseCommit = (await git('rev-parse', 'HEAD')).toString('utf8').trim();
    return {
      base,
      directory: folder.path,
      tree,
      files: new Set(files),
      baseCommit,
      git,
      look: (...args) => tryGit({ ...call(args), env: lookEnv }),
      try: (...args) => tryGit(call(args)),
      feed: async (input, ...args) => (await runGit(call(args, input))).stdout,
      feedFile: async (file, ...args) => (await runGit(call(args, await readFile(file)))).stdout,
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

function settingLines([key, value]: readonly [string, string]): string {
  const [section, name] = key.split('.');
  return `[${section}]\n\t${name} = ${value}`;
}

/** Stores are separated by colons; one with a colon in its name is quoted (git(1)). */
function quoteStore(path: string): string {
  return /[:"]/.test(path) ? `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : path;
}

/**
 * Puts the blobs that `git cat-file --batch` gave into our own store. With the stores as alternates git would find them
 * by itself, but it sets the time of an object file in an alternate when it would write the same (object-file.c,
 * freshen_file), and they are not ours.
 */
async function keepBlobs(
  batch: Buffer,
  directory: string,
  store: (paths: string) => Promise<unknown>,
): Promise<void> {
  await mkdir(directory);
  const paths: string[] = [];
  for (const content of batchedBlobs(batch).values()) {
    const path = join(directory, String(paths.length));
    await writeFile(path, content);
    paths.push(path);
  }
  if (paths.length > 0) await store(`${paths.join('\n')}\n`);
}

/** Contents by object name, as `git cat-file --batch` prints them (git-cat-file(1)); what is missing is left out. */
export function batchedBlobs(output: Buffer): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at);
    const [, name, kind, bytes] =
      /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(output.subarray(at, end).toString('latin1')) ?? [];
    at = end + 1;
    // "NAME missing" and "NAME ambiguous" have no content.
    if (name === undefined) continue;
    if (kind === 'blob') contents.set(name, Buffer.from(output.subarray(at, at + Number(bytes))));
    at += Number(bytes) + 1;
  }
  return contents;
}

async function copyFiles(base: BaseTree, files: readonly string[], tree: string): Promise<void> {
  const refuse = (path: string, why: string): BuildError =>
    new BuildError(`${path} can't be patched: ${why}`, {
      hint: 'the patch was made for another tree, or wants to write where it should not',
    });
  const checked = new Set<string>();
  for (const path of files) {
    const fault = pathFault(path);
    if (fault !== undefined) throw refuse(path, `the path ${fault}`);
    const parts = path.split('/');
    let isMissing = false;
    for (let length = 1; length < parts.length && !isMissing; length++) {
      const above = parts.slice(0, length).join('/');
      if (checked.has(above)) continue;
      const found = await lstat(join(base.directory, above)).catch(() => undefined);
      if (found?.isSymbolicLink())
        throw refuse(path, `it would be written through ${above}, a symbolic link in ${base.description}`);
      if (found !== undefined && !found.isDirectory())
        throw refuse(path, `${above} is a file in ${base.description}`);
      if (found === undefined) isMissing = true;
      else checked.add(above);
    }
    if (isMissing) continue;
    const from = join(base.directory, path);
    const found = await lstat(from).catch(() => undefined);
    if (found === undefined) continue;
    const to = join(tree, path);
    await mkdir(dirname(to), { recursive: true });
    if (found.isSymbolicLink()) await symlink(await readlink(from), to);
    else if (found.isFile()) {
      await copyFile(from, to);
      await chmod(to, (found.mode & 0o100) === 0 ? 0o644 : 0o755);
    } else throw refuse(path, `it is ${found.isDirectory() ? 'a folder' : 'no file'} in ${base.description}`);
  }
}
