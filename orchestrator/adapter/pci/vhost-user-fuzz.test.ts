/** host/vhost-user against random rings and messages, under the address and undefined-behaviour sanitizers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cachePaths, ensurePrograms, tryCommand } from '../../base/index.ts';
import { BACKEND_SOURCES } from './backend-program.ts';

const ROUNDS = 10_000;

t.test(`${ROUNDS} random rings and messages`, async (t) => {
  const cache = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const programs = await ensurePrograms(
    {
      name: 'vhost-user-fuzz',
      what: 'the fuzz program',
      directory: BACKEND_SOURCES,
      targets: ['fuzz'],
      compiler: 'cc',
    },
    cachePaths({ ...process.env, XDG_CACHE_HOME: cache }),
  );
  const { code, stdout, stderr } = await tryCommand({
    argv: [join(programs, 'fuzz'), String(ROUNDS), '1'],
  });
  t.equal(code, 0, stderr);
  const seen = new Map(
    stdout
      .toString()
      .trim()
      .split('\n')
      .map((line): [string, number] => {
        const [name = '', count] = line.split('=');
        return [name, Number(count)];
      }),
  );
  t.equal(seen.get('rounds'), ROUNDS);
  t.ok(seen.size > 15);
  for (const [name, count] of seen) t.ok(count > 100, `${name}: ${count} times`);
});
