import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { cachePaths, silentProgress, UsageError } from '../../base/index.ts';
import { loadSeries } from './load.ts';
import type { Series } from './series.ts';

t.test('a range of commits', async (t) => {
  const directory = t.testdir({ a: 'one\n' });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Zoë', '-c', 'user.email=z@x', ...args], {
      cwd: directory,
      encoding: 'utf8',
    });
  const commit = async (text: string, message: string): Promise<void> => {
    await writeFile(join(directory, 'a'), text);
    git('add', 'a');
    git('commit', '--quiet', `--message=${message}`);
  };
  git('init', '--quiet', '--initial-branch=main');
  // What people have in their configuration.
  git('config', 'diff.noprefix', 'true');
  git('config', 'format.attach', 'true');
  git('config', 'diff.external', 'false');
  await commit('one\n', 'base');
  git('tag', 'v1');
  await commit('two\n', '[PATCH 3/9] a: Two\n\nFrom zoe Thu Jan  1 00:00:00 1970\n>From me');
  await commit('three\n', 'a: Three');
  git('checkout', '--quiet', '-b', 'side', 'v1');
  await writeFile(join(directory, 'b'), 'b');
  git('add', 'b');
  git('commit', '--quiet', '--message=b: One');
  git('checkout', '--quiet', 'main');
  git('merge', '--quiet', '--no-ff', '--message=merge', 'side');
  const load = (range: string, at = directory): Promise<Series> =>
    loadSeries(
      { kind: 'git', directory: at, range },
      { cache: cachePaths({ XDG_CACHE_HOME: '/nowhere' }), progress: silentProgress },
    );

  const series = await load('v1..main~1');
  t.same(
    series.patches.map(({ subject, author, files }) => [subject, author, files]),
    [
      ['a: Two', 'Zoë <z@x>', ['a']],
      ['a: Three', 'Zoë <z@x>', ['a']],
    ],
  );
  t.equal(series.baseCommit, git('rev-parse', 'v1').trim());
  t.equal(series.name, 'v1..main-1');
  t.match(series.patches[0]?.text.toString(), /^>From zoe Thu/m);
  t.match(series.patches[0]?.text.toString(), /^>>From me/m);
  t.match((await load('v1..main')).notes, [/1 merge commit/]);
  t.equal((await load('v1..main')).patches.length, 3);

  const rejected = (range: string, message: RegExp, at = directory): Promise<unknown> =>
    t.rejects(
      load(range, at).catch((error: unknown) => {
        t.type(error, UsageError);
        throw new Error(`${(error as UsageError).message} ${(error as UsageError).hint ?? ''}`);
      }),
      { message },
    );
  await rejected('v1..mian', /no commit mian .*did you mean main/);
  await rejected('v2..main', /no commit v2/);
  await rejected('main..v1', /has no commit .*OLDER\.\.NEWER/);
  await rejected('a..b', /does not exist/, join(directory, 'nowhere'));
  await rejected('a..b', /no git repository/, '/');
});
