import fc from 'fast-check';
import t from 'tap';
import { globMatches, titleMatches } from './glob.ts';

t.test('parts and stars', async (t) => {
  const name = 'gpio-sim/gpio-cdev/t2-read/sysfs_unbind';
  for (const glob of [
    name,
    '**',
    'gpio-sim/**',
    '**/sysfs_unbind',
    'gpio-sim/*/t?-read/*',
    '**/t2-*/**',
    '*/*/*/*',
    'gpio-sim/**/**/sysfs_unbind',
    'g**m/**',
  ]) {
    t.ok(globMatches(glob, name), glob);
  }
  for (const glob of [
    '',
    '*',
    'gpio-sim',
    'gpio-sim/*',
    '*/*/*',
    '*/*/*/*/*',
    'gpio-sim/t2-read/**',
    '**/sysfs',
  ]) {
    t.notOk(globMatches(glob, name), glob);
  }
});

t.test('characters with a meaning elsewhere are themselves', async (t) => {
  t.ok(globMatches('a.b/(c)[d]+', 'a.b/(c)[d]+'));
  t.notOk(globMatches('a.b', 'axb'));
  t.notOk(globMatches('[ab]', 'a'));
});

t.test('in a title a star spans everything', async (t) => {
  t.ok(titleMatches('KASAN: *', 'KASAN: slab-use-after-free Read in drivers/x'));
  t.notOk(titleMatches('KASAN: *', 'WARNING: KASAN: x'));
  t.notOk(titleMatches('KASAN', 'KASAN: x'));
});

t.test('a long hostile glob is no slower than the product of the lengths', async (t) => {
  const started = performance.now();
  t.notOk(titleMatches(`${'*a'.repeat(2000)}b`, 'a'.repeat(4000)));
  t.ok(performance.now() - started < 5000);
});

t.test('agrees with the definition by regular expression', async () => {
  const part = fc
    .string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 })
    .filter((one) => !one.includes('**'));
  const globs = fc.array(fc.oneof(part, fc.constant('**')), { minLength: 1, maxLength: 4 });
  const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(globs, names, (glob, name) => {
      // Each part is closed by a slash, so that ** can be any number of closed parts.
      const source = glob.map((one) =>
        one === '**' ? '(?:[^/]*/)*' : `${one.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}/`,
      );
      const expected = new RegExp(`^${source.join('')}$`).test(`${name.join('/')}/`);
      return globMatches(glob.join('/'), name.join('/')) === expected;
    }),
    { numRuns: 2000 },
  );
});
