/** For tests of sources: a user's tree of a few files in place of the kernel, and a cache. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { cachePaths, type Progress, runCommand, silentProgress } from '../../base/index.ts';
import { locateSource } from '../locate-source.ts';
import type { LocatedSource, SourceOptions } from '../located-source.ts';
import { obtainSource } from '../obtain-source.ts';
import { parseSource, type SourceSpec } from '../source.ts';

/** The top Makefile of the tree: Linux 9.8.7. */
export const MAKEFILE = 'VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\nEXTRAVERSION =\n';

/** A user's tree and a cache. */
export interface World {
  readonly directory: string;
  /** The user's tree. */
  readonly tree: string;
  readonly said: string[];
  readonly options: SourceOptions;
}

/** A cache, and a small tree that was last touched an hour ago. */
export function world(t: Test): World {
  const directory = realpathSync(t.testdir({ cache: {}, tree: {} }));
  const tree = join(directory, 'tree');
  put(tree, {
    Makefile: MAKEFILE,
    '.gitignore': '*.o\n.*\n!.gitignore\n/vmlinux\n/include/config/\n',
    'drivers/a.c': 'int a;\n',
    'drivers/b.c': 'int b;\n',
    'include/linux/a.h': '/* a */\n',
    'scripts/run.sh': '#!/bin/sh\n',
  });
  chmodSync(join(tree, 'scripts/run.sh'), 0o755);
  symlinkSync('../linux', join(tree, 'include/uapi'));
  const said: string[] = [];
  const progress: Progress = {
    ...silentProgress,
    info: (line) => said.push(line),
    warn: (line) => said.push(`warning: ${line}`),
  };
  const cache = cachePaths({ XDG_CACHE_HOME: join(directory, 'cache') });
  return { directory, tree, said, options: { cache, progress } };
}

/** Writes files below a folder, with the folders above them. */
export function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const identityOfUser = ['-c', 'user.name=n', '-c', 'user.email=n@example.org'];

/** Runs git as the user would. */
export async function git(directory: string, ...args: string[]): Promise<string> {
  const argv = ['git', '-C', directory, ...identityOfUser, ...args] as const;
  const { stdout } = await runCommand({
    argv: argv as unknown as readonly [string, ...string[]],
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
  });
  return stdout.toString('utf8');
}

/** Makes a folder a repository with one commit, tagged v9.8. */
export async function repository(tree: string): Promise<void> {
  await git(tree, 'init', '-q', '-b', 'main');
  await git(tree, 'add', '-A');
  await git(tree, 'commit', '-q', '-m', 'First "one"');
  await git(tree, 'tag', 'v9.8');
}

/** All that can be seen of a folder without reading times: names, modes, contents and times of change. */
export function fingerprint(root: string): string {
  const hash = createHash('sha256');
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    const status = lstatSync(join(root, path), { bigint: true });
    hash.update(`${path} ${status.ino} ${status.mode} ${status.mtimeNs} ${status.ctimeNs} ${status.nlink}\n`);
    if (status.isSymbolicLink()) hash.update(readlinkSync(join(root, path)));
    else if (status.isFile()) hash.update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/** A source as it is written. */
export function spec(text: string): SourceSpec {
  const parsed = parseSource(text);
  if (parsed === undefined) throw new Error(`no source: ${text}`);
  return parsed;
}

/** Locates and obtains a source. */
export async function get(text: string, { options }: World): Promise<LocatedSource> {
  const [source] = await locateSource(spec(text), options);
  await obtainSource(source, options);
  return source;
}

/** Content of a file of a source. */
export const read = (source: LocatedSource, path: string): string =>
  readFileSync(join(source.directory, path), 'utf8');
/** When a file of a source was changed, in ms. */
export const mtime = (source: LocatedSource, path: string): number =>
  statSync(join(source.directory, path)).mtimeMs;
/** Paths of all files and links of a source, sorted. */
export const filesOf = (source: LocatedSource): string[] =>
  readdirSync(source.directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(source.directory.length + 1))
    .sort();

/** All files of the user's tree at first. */
export const ALL = [
  '.gitignore',
  'Makefile',
  'drivers/a.c',
  'drivers/b.c',
  'include/linux/a.h',
  'include/uapi',
  'scripts/run.sh',
];
