/** `git:DIR#A..B`: the commits of a range, as mails. The repository is only read. */
import { relative } from 'node:path';
import { exists, InfraError, suggestNames, UsageError } from '../../base/index.ts';
import { readOnlyGitEnvironment, runGit, tryGit } from './git.ts';
import type { MailFile } from './mail-file.ts';

/** A range as text. */
export interface RangeMails {
  /** An mboxrd, one mail a commit, oldest first. */
  readonly mails: MailFile;
  /** Where A and B part: the commit that the range was made on. */
  readonly baseCommit: string | undefined;
  readonly notes: readonly string[];
}

/**
 * Reads the commits of a range with plumbing, which the user's `diff.*` and `format.*` settings don't touch.
 * @throws UsageError when DIR is no repository, an end does not exist, or the range is empty
 */
export async function readGitRange(
  directory: string,
  rangeText: string,
  signal?: AbortSignal,
): Promise<RangeMails> {
  const read = (args: readonly string[], input?: string) => ({
    directory,
    args,
    env: readOnlyGitEnvironment(),
    ...(input === undefined ? {} : { input }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!(await exists(directory)))
    throw new UsageError(`${directory} does not exist`, { hint: 'give git:DIRECTORY#A..B' });
  const repository = await tryGit(read(['rev-parse', '--git-dir']));
  if (repository.code !== 0)
    throw new UsageError(`${directory} is no git repository that can be read`, {
      detail: repository.stderr.trim(),
    });
  const [from, to] = rangeText.split('..') as [string, string];
  const [fromCommit, toCommit] = [await commitOf(from), await commitOf(to)];

  async function commitOf(name: string): Promise<string> {
    const found = await tryGit(
      read(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]),
    );
    if (found.code === 0) return found.stdout.toString('utf8').trim();
    const refs = await tryGit(read(['for-each-ref', '--format=%(refname:short)']));
    throw new UsageError(`${directory} has no commit ${name} (of the range ${rangeText})`, {
      hint: suggestNames(name, refs.stdout.toString('utf8').split('\n').filter(Boolean).slice(-2000)),
    });
  }

  const list = (extra: readonly string[]) =>
    runGit(read(['rev-list', '--reverse', '--topo-order', ...extra, toCommit, `^${fromCommit}`]));
  const commits = (await list(['--no-merges'])).stdout.toString('utf8');
  if (commits === '') {
    throw new UsageError(`the range ${rangeText} of ${directory} has no commit`, {
      hint: `it should be OLDER..NEWER; is it ${to}..${from}?`,
    });
  }
  const merges = (await list(['--merges'])).stdout.toString('utf8').split('\n').length - 1;
  const mails = await runGit(
    read(
      [
        'diff-tree',
        '--stdin',
        '--pretty=mboxrd',
        '--encoding=UTF-8',
        '--root',
        '-r',
        '--patch',
        '--binary',
        '--full-index',
        '--no-renames',
        '--no-ext-diff',
        '--no-textconv',
        '--no-color',
        '--src-prefix=a/',
        '--dst-prefix=b/',
      ],
      commits,
    ),
  );
  const base = await tryGit(read(['merge-base', fromCommit, toCommit]));
  return {
    mails: { file: `git:${directory}#${rangeText}`, text: mails.stdout.toString('latin1') },
    baseCommit: base.code === 0 ? base.stdout.toString('utf8').trim() : undefined,
    notes:
      merges === 0
        ? []
        : [
            `${merges} merge ${merges === 1 ? 'commit' : 'commits'} of the range left out: what they changed themselves is missing`,
          ],
  };
}

/** The object store of a repository, for 3-way merges. @throws InfraError when it is none */
export async function objectDirectory(directory: string, signal?: AbortSignal): Promise<string> {
  const found = await runGit({
    directory,
    args: ['rev-parse', '--path-format=absolute', '--git-path', 'objects'],
    env: readOnlyGitEnvironment(),
    ...(signal === undefined ? {} : { signal }),
  });
  const path = found.stdout.toString('utf8').replace(/\n$/, '');
  if (relative('/', path) === '')
    throw new InfraError(`git says that ${directory} has its objects in ${path}`);
  return path;
}
