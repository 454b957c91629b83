import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { publish, sameFiles, verify } from './published.ts';

interface Data {
  readonly release: string;
}

/** A published folder with two files, in a fresh directory. */
async function published(directory: string) {
  writeFileSync(join(directory, 'a'), 'aaaa');
  writeFileSync(join(directory, 'b'), 'bbbb');
  const files = new Map([
    ['vmlinux', join(directory, 'a')],
    ['modules/m.ko', join(directory, 'b')],
  ]);
  const target = join(directory, 'out', 'key');
  const manifest = await publish<Data>(target, files, { release: '6.12' });
  return { target, files, manifest };
}

t.test('what was published is good', async (t) => {
  const { target, manifest } = await published(t.testdir({}));
  t.same(await verify<Data>(target), { state: 'good', manifest });
  t.equal(manifest.release, '6.12');
  t.same(Object.keys(manifest.files), ['modules/m.ko', 'vmlinux']);
  t.same(await verify(`${target}x`), { state: 'absent' });
});

t.test('every damage is noticed', async (t) => {
  const damages: Readonly<Record<string, (target: string) => void>> = {
    'has 2 bytes instead of 4': (target) => truncateSync(join(target, 'vmlinux'), 2),
    'm.ko has changed': (target) => writeFileSync(join(target, 'modules/m.ko'), 'bbbB'),
    'vmlinux is missing': (target) => rmSync(join(target, 'vmlinux')),
    'manifest.json: ': (target) => truncateSync(join(target, 'manifest.json'), 20),
    'no list of files': (target) => writeFileSync(join(target, 'manifest.json'), '{}'),
    ENOENT: (target) => rmSync(join(target, 'manifest.json')),
  };
  for (const [problem, damage] of Object.entries(damages)) {
    const { target } = await published(t.testdir({}));
    damage(target);
    const found = await verify(target);
    t.equal(found.state, 'damaged', problem);
    t.ok(found.state === 'damaged' && found.problem.includes(problem), problem);
  }
});

t.test('publishing again replaces, and clears what a killed run left', async (t) => {
  const directory = t.testdir({});
  const { target, files, manifest } = await published(directory);
  truncateSync(join(target, 'vmlinux'), 0);
  mkdirSync(`${target}.tmp-1-ab`);
  writeFileSync(join(directory, 'a'), 'AAAA');
  const again = await publish<Data>(target, files, { release: '6.12' });
  t.equal((await verify(target)).state, 'good');
  t.notOk(sameFiles(manifest.files, again.files));
  t.ok(sameFiles(again.files, { ...again.files }));
  t.same(readdirSync(join(directory, 'out')), ['key']);
});

t.test('a file that is not there publishes nothing', async (t) => {
  const directory = t.testdir({});
  const target = join(directory, 'out', 'key');
  await t.rejects(publish(target, new Map([['vmlinux', join(directory, 'none')]]), {}), { code: 'ENOENT' });
  t.same(readdirSync(join(directory, 'out')), []);
});
