import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isDebiansApt, rememberedCandidate } from './apt-memo.ts';

t.test('apt is asked again only when something that it answers from has changed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const lists = join(directory, 'lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await writeFile(join(lists, 'one'), 'a');
  const memo = join(directory, 'memo.json');
  let asked = 0;
  const candidate = (version: string) => ({
    package: 'p',
    version,
    fileName: `p_${version}_all.deb`,
    bytes: 1,
    sha256: 'e849faf31ca35557'.repeat(4),
  });
  const ask = (name = 'p') =>
    rememberedCandidate(
      memo,
      name,
      async () => {
        asked += 1;
        return name === 'p' ? candidate(String(asked)) : undefined;
      },
      [lists, join(directory, 'status')],
    );

  t.same(await ask(), candidate('1'));
  t.same(await ask(), candidate('1'), 'remembered');
  t.equal(await ask('other'), undefined);
  t.equal(await ask('other'), undefined);
  t.equal(asked, 3, 'that there is none is asked each time');
  t.same(await ask(), candidate('1'), 'and does not void the rest');

  await writeFile(join(directory, 'new'), 'a');
  await rename(join(directory, 'new'), join(lists, 'one'));
  t.same(await ask(), candidate('4'), 'a list was replaced by one of the same size');
  await writeFile(join(lists, 'partial', 'two'), '');
  t.same(await ask(), candidate('5'), 'something came deeper down');
  await writeFile(join(directory, 'status'), 'installed');
  t.same(await ask(), candidate('6'), 'a file that was not there');
  t.same(await ask(), candidate('6'));

  await writeFile(memo, (await readFile(memo, 'utf8')).slice(0, -20));
  t.same(await ask(), candidate('7'), 'a torn memo is no memo');
});

t.test('an apt-get that comes first and is not Debian’s is asked each time', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'apt-get'), '');
  t.equal(await isDebiansApt(`${directory}:/usr/bin`), false);
  t.equal(await isDebiansApt(''), false);
  t.equal(await isDebiansApt('/nonexistent:/usr/bin'), true, 'this host is a Debian');
});
