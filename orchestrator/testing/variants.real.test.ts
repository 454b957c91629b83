/**
 * Two kernels side by side, through the command line: the baseline, and the newest revocable series on it. In the full
 * test every design of suites/revocable.yaml, and builds that are killed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cachePaths, delay, repositoryRoot, tryCommand } from '../base/index.ts';
import { latestRun, type RunCase, type RunRecord, readRun, readVerdict } from '../results/index.ts';
import { userEnvironment } from './user-environment.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const SUITE = 'orchestrator/testing/suites/side-by-side.yaml';
const KILLED_BUILDS = 10;

async function temporary(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

async function unplug(
  argv: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const result = await tryCommand({
    argv: [join(repositoryRoot, 'unplug'), ...argv],
    cwd: repositoryRoot,
    env: userEnvironment(),
  });
  return { code: result.code, stdout: result.stdout.toString('utf8'), stderr: result.stderr };
}

async function lastRun(results: string): Promise<{ record: RunRecord; directory: string }> {
  const directory = join(results, (await latestRun(results)) ?? '');
  return { record: await readRun(directory), directory };
}

const of = (record: RunRecord, variant: string, name: string): RunCase => {
  const found = record.cases.find((one) => one.variant === variant && one.name === name);
  if (found === undefined) throw new Error(`no case ${name} on ${variant}`);
  return found;
};

t.test('the baseline and the newest revocable series, side by side', async (t) => {
  const results = await temporary(t);
  const run = await unplug(['run', SUITE, '--results', results]);
  t.equal(run.code, 0, `${run.stderr}\n${run.stdout}`);
  const { record, directory } = await lastRun(results);
  const [base, series] = record.variants;
  t.not(base?.kernelKey, series?.kernelKey, 'two kernels');
  t.equal(base?.release, series?.release, 'of one source');
  t.match(series?.description, /revocable-v11/, 'the column says which series it is');

  const blocked = 'gpio-sim/gpio-cdev/t2-read/sysfs_unbind';
  const verdict = await readVerdict(join(directory, of(record, 'revocable-v11', blocked).directory));
  t.match(JSON.stringify(verdict), /revocable_revoke/, "revoke is in the remover's stack");
  const without = await readVerdict(join(directory, of(record, 'baseline', blocked).directory));
  t.notMatch(JSON.stringify(without), /revocable_revoke/, 'and is not without the series');

  const shared = 'fixture-revocable-shared/fixture/t4-shared/sysfs_unbind';
  t.equal(of(record, 'revocable-v11', shared).verdict, 'pass');
  const skipped = of(record, 'baseline', shared);
  t.equal(skipped.verdict, 'skip');
  t.match(skipped.title, /lacks .*revocable_try_access/, 'the missing function is named');

  const tests = of(record, 'revocable-v11', 'kunit/revocable_test');
  t.equal(tests.verdict, 'pass');
  t.ok((tests.tests?.total ?? 0) >= 4, `${tests.tests?.total} KUnit results`);
  t.equal(of(record, 'baseline', 'kunit/revocable_test').verdict, 'skip');
});

t.test('--tree: what is no kernel tree is named, and so are two sources', async (t) => {
  const nowhere = await unplug(['run', SUITE, '--tree', join(repositoryRoot, 'guest')]);
  t.equal(nowhere.code, 64, nowhere.stderr);
  t.match(nowhere.stderr, /no kernel tree/);
  const both = await unplug(['run', SUITE, '--tree', '.', '--source', 'debian:linux-source-6.12']);
  t.equal(both.code, 64);
  t.match(both.stderr, /--tree and --source/);
});

t.test(
  'every design of suites/revocable.yaml',
  { skip: FULL ? false : 'only in npm run test:full' },
  async (t) => {
    const results = await temporary(t);
    const run = await unplug(['run', 'suites/revocable.yaml', '--results', results]);
    t.equal(run.code, 0, `${run.stderr}\n${run.stdout}`);
    const { record } = await lastRun(results);
    const shared = 'fixture-revocable-shared/fixture/t4-shared/sysfs_unbind';
    t.equal(of(record, 'revocable-v1', shared).verdict, 'hang');
    for (const variant of ['revocable-v1-fix', 'revocable-v11'])
      t.equal(of(record, variant, shared).verdict, 'pass');
    const blocked = 'gpio-sim/gpio-cdev/t2-read/sysfs_unbind';
    for (const { name } of record.variants) {
      t.equal(of(record, name, blocked).verdict, name === 'wake-before-sync' ? 'pass' : 'hang', name);
    }
  },
);

t.test(
  'builds that are killed never leave a broken kernel',
  { skip: FULL ? false : 'only in npm run test:full' },
  async (t) => {
    const results = await temporary(t);
    const { kernels, sources } = cachePaths();
    const variant = 'wake-before-sync';
    const argv = [
      'run',
      SUITE,
      '--variant',
      variant,
      '--case',
      'gpio-sim/gpio-cdev/t1-poll/*',
      '--results',
      results,
    ];
    const built = await unplug(argv);
    t.equal(built.code, 0, built.stderr);
    const { kernelKey } = (await lastRun(results)).record.variants[0] ?? {};
    const kernel = join(kernels, kernelKey ?? '');
    const before = await vmlinuxHash(kernel);
    for (let round = 1; round <= KILLED_BUILDS; round++) {
      await rm(kernel, { recursive: true });
      for (const source of await readdir(sources)) {
        // Every other round begins from a copied build folder, the rest go on with what the last one left.
        const build = join(sources, source, 'linux', `build-${kernelKey}`);
        if (round % 2 === 1) await rm(build, { recursive: true, force: true });
      }
      const child = spawn(join(repositoryRoot, 'unplug'), argv, {
        cwd: repositoryRoot,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: userEnvironment(),
      });
      const ended = once(child, 'exit');
      const atMs = 1000 + Math.random() * 40_000;
      await Promise.race([delay(atMs), ended]);
      child.kill('SIGKILL');
      await ended;
      const check = await unplug(['cache', 'verify']);
      t.equal(check.code, 0, `round ${round}, killed after ${Math.round(atMs)} ms: ${check.stdout}`);
      const again = await unplug(argv);
      t.equal(again.code, 0, again.stderr);
      t.equal(await vmlinuxHash(kernel), before, 'the same bytes');
    }
  },
);

async function vmlinuxHash(kernel: string): Promise<string | undefined> {
  const manifest = JSON.parse(await readFile(join(kernel, 'manifest.json'), 'utf8')) as {
    files: Readonly<Record<string, { sha256: string }>>;
  };
  return manifest.files['vmlinux']?.sha256;
}
