import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import {
  acquireLock,
  CleanupStack,
  cachePaths,
  caretExcerpt,
  editDistance,
  formatDurationMs,
  hashParts,
  locationAt,
  monotonicMs,
  nearestNames,
  requireFreeSpace,
  suggestNames,
  within,
  writeFileAtomic,
} from './index.ts';

t.test('clean-up runs all steps in reverse and rethrows the first failure', async (t) => {
  const order: string[] = [];
  const stack = new CleanupStack();
  stack.defer('a', () => order.push('a'));
  stack.defer('b', () => {
    throw new Error('b broke');
  });
  stack.defer('c', () => order.push('c'));
  await t.rejects(stack[Symbol.asyncDispose](), { message: 'clean-up of b failed' });
  t.same(order, ['c', 'a']);
  t.throws(() => stack.defer('late', () => undefined), /after disposal/);
});

t.test('a moved clean-up stack disposes of nothing itself', async (t) => {
  const order: string[] = [];
  let owned: CleanupStack;
  {
    await using stack = new CleanupStack();
    stack.defer('a', () => order.push('a'));
    owned = stack.move();
  }
  t.same(order, []);
  await owned[Symbol.asyncDispose]();
  t.same(order, ['a']);
});

t.test('lock: excludes, says that it waits, lets go', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const first = await acquireLock(directory, 'x');
  let waited = false;
  const second = acquireLock(directory, 'x', undefined, () => {
    waited = true;
  });
  t.equal(await within(second, 800), undefined);
  t.ok(waited);
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();
  const abort = new AbortController();
  const held = await acquireLock(directory, 'x');
  const refused = acquireLock(directory, 'x', abort.signal);
  setTimeout(() => abort.abort(), 50);
  await t.rejects(refused, { code: 'INTERRUPTED' });
  await held[Symbol.asyncDispose]();
});

t.test('within gives undefined when time is up, and does not wait for it otherwise', async (t) => {
  const startedMs = monotonicMs();
  t.equal(await within(Promise.resolve(7), 60_000), 7);
  t.equal(await within(new Promise(() => undefined), 10), undefined);
  t.ok(monotonicMs() - startedMs < 30_000);
});

t.test('atomic write replaces, and leaves nothing else', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'f');
  await writeFile(path, 'old');
  await writeFileAtomic(path, 'new');
  t.equal(await readFile(path, 'utf8'), 'new');
  await t.rejects(requireFreeSpace(join(directory, 'not', 'there'), 1e12, 'a test'), {
    code: 'INFRA',
    message: /too little disk space for a test: 1000000000000 MiB needed, \d+ MiB free/,
  });
});

t.test('names', async (t) => {
  t.equal(editDistance('kitten', 'sitting'), 3);
  t.same(nearestNames('gpio-sin', ['i801', 'gpio-sim', 'fixture-naive']), ['gpio-sim']);
  t.equal(
    suggestNames('fixture', ['fixture-naive', 'fixture-rwsem']),
    'did you mean fixture-naive or fixture-rwsem?',
  );
  t.equal(suggestNames('zzzzzz', ['a', 'b']), 'known: a, b');
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      (a, b) => editDistance(a, b) === editDistance(b, a) && editDistance(a, a) === 0,
    ),
  );
});

t.test('hash parts have borders', async (t) => {
  t.not(hashParts(['ab', 'c']), hashParts(['a', 'bc']));
  t.equal(hashParts(['ab']), hashParts([Buffer.from('ab')]));
});

t.test('places in files', async (t) => {
  const text = 'one\n\ttwo: 2\n';
  const location = locationAt('f.yaml', text, text.indexOf('two'));
  t.same(location, { file: 'f.yaml', line: 2, column: 2 });
  t.equal(caretExcerpt(text, location), '  2 | \ttwo: 2\n    | \t^');
});

t.test('durations', async (t) => {
  t.same([0.5, 9, 999, 2500, 59_400, 75_000].map(formatDurationMs), [
    '500 µs',
    '9.0 ms',
    '999 ms',
    '2.5 s',
    '59 s',
    '1 min 15 s',
  ]);
});

t.test('cache below XDG_CACHE_HOME only when it is absolute', async (t) => {
  t.equal(cachePaths({ XDG_CACHE_HOME: '/x' }).kernels, '/x/unplug/kernels');
  t.not(cachePaths({ XDG_CACHE_HOME: 'x' }).root, 'x/unplug');
});
