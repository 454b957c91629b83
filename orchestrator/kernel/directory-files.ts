/** Which files of a folder on disk belong to the source: all but what a build in it left. */
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError, UsageError } from '../base/index.ts';
import { gitIn, ownRepository } from './git-command.ts';

/**
 * What Kbuild leaves in a tree that was built in, and refuses a build elsewhere for (top Makefile, outputmakefile).
 * For trees whose .gitignore files are gone.
 */
const PRODUCTS = [
  '.*.cmd',
  '*.o',
  '*.ko',
  '/.config',
  '/.config.old',
  '/.version',
  '/vmlinux',
  '/include/config/',
  '/include/generated/',
  '/arch/*/include/generated/',
];

/**
 * Paths of a folder's source files, sorted. In a git checkout those that git knows and those that it does not ignore;
 * else those that the tree's own .gitignore files do not ignore. Nothing is written there.
 * @param directory absolute and real
 * @throws UsageError for a file name that is not UTF-8; InfraError when git fails
 */
export async function directoryFiles(directory: string, signal?: AbortSignal): Promise<string[]> {
  const output = (await isCheckout(directory, signal))
    ? await filesOfCheckout(directory, signal)
    : await filesOfFolder(directory, signal);
  const paths = new Set(output.split('\0').filter(Boolean));
  for (const path of paths) {
    if (path.includes('\ufffd')) throw new UsageError(`${join(directory, path)}: the name is not UTF-8`);
    // A repository inside, which git lists as one entry. The kernel has none.
    if (path.endsWith('/')) paths.delete(path);
  }
  return [...paths].sort();
}

/** Whether a folder is the top of a git checkout. A plain tree may lie in somebody's repository for other things. */
async function isCheckout(directory: string, signal: AbortSignal | undefined): Promise<boolean> {
  const result = await gitIn(directory, ['rev-parse', '--show-toplevel'], signal);
  if (result.code !== 0) {
    if (/dubious ownership/.test(result.stderr)) {
      throw new UsageError(`git refuses ${directory}: it belongs to another user`, {
        hint: `git config --global --add safe.directory ${directory}`,
      });
    }
    return false;
  }
  const top = result.stdout.toString('utf8').replace(/\n$/, '');
  return (await realpath(top).catch(() => top)) === directory;
}

async function filesOfCheckout(directory: string, signal: AbortSignal | undefined): Promise<string> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return outputOf(await gitIn(directory, args, signal), directory);
}

async function filesOfFolder(directory: string, signal: AbortSignal | undefined): Promise<string> {
  const top = await readFile(join(directory, '.gitignore'), 'utf8').catch(() => '');
  await using own = await ownRepository(signal);
  const args = ['ls-files', '-z', '--others', '--exclude-per-directory=.gitignore'];
  const excludes = folderExcludes(top).map((pattern) => `--exclude=${pattern}`);
  return outputOf(await own.run([...args, ...excludes], { workTree: directory }), directory);
}

/**
 * Patterns for a tree that git does not know, stronger than its .gitignore files. Debian's kernel packages have a
 * .gitignore that ends in a line `/*`, since their repository holds nothing but `debian/`: so everything at the top is
 * put back, and what the other lines say of the top is said again.
 * @param topGitignore text of the .gitignore at the top
 */
export function folderExcludes(topGitignore: string): string[] {
  const lines = topGitignore.split('\n').map((line) => line.replace(/\s+$/, ''));
  const again = lines.flatMap((line) => {
    const [, not = '', pattern = ''] = /^(!?)\/?(.*)$/.exec(line) ?? [];
    const isOfTop = line !== '' && !line.startsWith('#') && !pattern.replace(/\/$/, '').includes('/');
    return !isOfTop || pattern === '*' || pattern === 'debian/' ? [] : [`${not}/${pattern}`];
  });
  // KUnit's configurations are hidden files that git knows by name only.
  return ['!/*', ...again, '!.kunitconfig', ...PRODUCTS];
}

function outputOf(
  result: { readonly code: number | null; readonly stdout: Buffer; readonly stderr: string },
  directory: string,
): string {
  if (result.code === 0) return result.stdout.toString('utf8');
  throw new InfraError(`git can't list the files of ${directory}`, {
    detail: result.stderr.trim().split('\n').slice(-5).join('\n'),
  });
}
