import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { makeTemporaryDirectory, removeStaleTemporaries } from './temporary.ts';

t.test('private, and removed when disposed of', async (t) => {
  let path: string;
  {
    await using directory = await makeTemporaryDirectory('test');
    path = directory.path;
    t.equal((await stat(path)).mode & 0o777, 0o700);
  }
  await t.rejects(stat(path), { code: 'ENOENT' });
});

t.test('only what belongs to a process that is gone is removed', async (t) => {
  await using directory = await makeTemporaryDirectory('test');
  const child = spawn('true');
  await once(child, 'exit');
  for (const name of [
    `unplug-${child.pid}-qemu-x`,
    `unplug-${process.pid}-qemu-y`,
    'unplugged-1-a',
    'other',
  ]) {
    await mkdir(join(directory.path, name, 'inner'), { recursive: true });
  }
  await removeStaleTemporaries(directory.path);
  t.same(
    (await readdir(directory.path)).sort(),
    ['other', 'unplugged-1-a', `unplug-${process.pid}-qemu-y`].sort(),
  );
  t.match(basename(directory.path), /^unplug-\d+-test-/);
});
