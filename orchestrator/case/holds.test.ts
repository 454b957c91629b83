/** What the adapters say of holds, against the programs that do the holding. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { adapters, COMMON_HOLDS, type HoldName } from '../adapter/index.ts';
import { cachePaths, repositoryRoot, runCommand, tryCommand } from '../base/index.ts';
import { ensureWorkloads } from '../guest/index.ts';
import { holdProgram } from './hold.ts';

/** All that any adapter has. */
const HOLDS: readonly HoldName[] = [...new Set(adapters.flatMap(({ holds }) => holds))];

/** The programs need nothing of a class for these; an adapter may have a reason of its own against them. */
const OF_ANY_FILE: ReadonlySet<HoldName> = new Set(
  COMMON_HOLDS.filter(({ needs }) => needs.includes('t0-idle')).map(({ hold }) => hold),
);

t.test('every hold of every adapter has its program, and what the program can do is no less', async (t) => {
  const cache = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const programs = await ensureWorkloads(
    join(repositoryRoot, 'guest'),
    cachePaths({ ...process.env, XDG_CACHE_HOME: cache }),
  );
  const ask = async (deviceClass: string, hold: HoldName): Promise<string> => {
    const { stdout, stderr } = await tryCommand({
      argv: [join(programs, holdProgram(hold)), '--class', deviceClass, '--dev', '/nonexistent'],
    });
    t.equal(stderr.includes('unknown'), false, stderr);
    return stdout.toString();
  };
  for (const { name, deviceClass, holds } of adapters.filter(
    (one, index) => adapters.findIndex(({ deviceClass }) => deviceClass === one.deviceClass) === index,
  )) {
    for (const hold of holds) {
      const said = await ask(deviceClass, hold);
      t.match(said, /"what":"open \/nonexistent","errno":"ENOENT"/, `${name} ${hold}`);
      t.match(said, `"hold":"${hold}"`, `${name} ${hold}`);
    }
    for (const hold of HOLDS.filter((one) => !holds.includes(one) && !OF_ANY_FILE.has(one))) {
      // A read is one program, and which of the two holds it is depends on the class.
      if (holdProgram(hold) === 'hold-read' && holds.some((one) => holdProgram(one) === 'hold-read'))
        continue;
      // The class has it, by another adapter: another discipline, or a driver that waits for long.
      if (adapters.some((one) => one.deviceClass === deviceClass && one.holds.includes(hold))) continue;
      t.match(await ask(deviceClass, hold), /has no hold/, `${name} ${hold}`);
    }
  }
});

const MODULES = join(repositoryRoot, 'guest', 'modules');

/** What is given as `.name` in some of the modules' sources. */
async function namesIn(pattern: string): Promise<readonly string[]> {
  const { stdout } = await runCommand({
    argv: ['grep', '-rhoP', `--include=${pattern}`, '\\.name = "\\K[\\w-]+', MODULES],
  });
  return [...new Set(stdout.toString().trim().split('\n'))].sort();
}

t.test('the disciplines of the adapters are those of the modules', async (t) => {
  const ofAdapters = (prefix: string): readonly string[] => {
    const scripts = adapters
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ load = '', plug }) => `${load}\n${plug}`);
    return [...new Set(scripts.map((script) => /discipline=([\w-]+)/.exec(script)?.[1] ?? ''))].sort();
  };
  t.same(ofAdapters('fixture-'), await namesIn('discipline-*.c'));
  t.same(ofAdapters('edu-'), await namesIn('edu-disciplines.c'));
});
