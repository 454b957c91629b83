import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Interrupted, monotonicMs } from '../base/index.ts';
import { makeArgv, makeEnvironment, modulesArgv } from './make-command.ts';
import { runMake } from './run-make.ts';

const run = (directory: string, script: string) => ({
  argv: ['sh', '-c', script] as const,
  env: process.env,
  what: 'kernel test',
  logFile: join(directory, 'build', 'make.log'),
  directory: join(directory, 'build'),
});

t.test('the error names file, line and log', async (t) => {
  const directory = t.testdir({ build: {} });
  const script = 'echo "  CC      a.o"; echo "../drivers/a.c:3:7: error: wrong" >&2; exit 2';
  let output = '';
  await t.rejects(runMake({ ...run(directory, script), onOutput: (chunk) => (output += chunk) }), {
    code: 'BUILD',
    message: 'kernel test: drivers/a.c:3:7: wrong',
    location: { file: join(directory, 'drivers/a.c'), line: 3, column: 7 },
    detail: '../drivers/a.c:3:7: error: wrong',
    hint: `the whole log: ${join(directory, 'build/make.log')}`,
  });
  const log = readFileSync(join(directory, 'build/make.log'), 'utf8');
  t.match(log, /^\$ sh -c /);
  t.match(log, / {2}CC {6}a\.o\n/);
  t.match(output, /CC {6}a\.o/);
});

t.test("a copy's files are named as the original's", async (t) => {
  const directory = t.testdir({});
  await t.rejects(
    runMake({
      ...run(directory, 'echo "/copy/modules/m.c:9:1: error: x"; exit 1'),
      mapFile: (path) => path.replace('/copy', '/original'),
    }),
    {
      message: 'kernel test: /original/modules/m.c:9:1: x',
      location: { file: '/original/modules/m.c', line: 9 },
    },
  );
});

t.test("the host's faults are no build errors", async (t) => {
  await t.rejects(runMake(run(t.testdir({}), 'echo "x: No space left on device"; exit 1')), {
    code: 'INFRA',
  });
  await t.rejects(runMake(run(t.testdir({}), 'exit 1')), { code: 'BUILD', message: /failed without a word/ });
});

t.test('an abort ends make and all below it, well within 5 s', async (t) => {
  const directory = t.testdir({});
  writeFileSync(
    join(directory, 'Makefile'),
    'all: a b\na b:\n\t@trap "" TERM; echo started; sleep 60; sleep 60\n',
  );
  const abort = new AbortController();
  const startedMs = monotonicMs();
  const build = runMake({
    ...run(directory, ''),
    argv: ['make', '-C', directory, '-j2'],
    signal: abort.signal,
    onOutput: (chunk) => chunk.includes('started') && abort.abort(new Interrupted('by the test')),
  });
  await t.rejects(build, { code: 'INTERRUPTED', message: 'by the test' });
  t.ok(monotonicMs() - startedMs < 5000);
});

t.test('the commands name the source, the build and the modules', async (t) => {
  const layout = { sourceDirectory: '/c/linux', buildDirectory: '/c/linux/build-k' };
  t.same(makeArgv(layout, ['bzImage'], 3).slice(0, 5), [
    'make',
    '-C',
    '/c/linux',
    'O=/c/linux/build-k',
    '-j3',
  ]);
  const argv = modulesArgv(layout, '/c/linux/build-k/copy/modules', 3);
  t.same(argv.slice(0, 3), ['make', '-C', '/c/linux/build-k']);
  t.ok(
    argv.includes('M=/c/linux/build-k/copy/modules'),
    'a real path: Kbuild tries compiler options below it',
  );
  const environment = makeEnvironment('/c/ccache', {
    PATH: '/bin',
    HOME: '/h',
    KCFLAGS: '-O0',
    MAKEFLAGS: '-k',
  });
  t.same(Object.keys(environment).sort(), [
    'CCACHE_COMPRESS',
    'CCACHE_DIR',
    'CCACHE_MAXSIZE',
    'HOME',
    'LC_ALL',
    'PATH',
    'TMPDIR',
  ]);
});
