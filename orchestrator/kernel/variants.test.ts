import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { cachePaths, silentProgress } from '../base/index.ts';
import { loadSeries } from './series/index.ts';
import { loadVariants, parseVariants, resolveVariant } from './variants.ts';

const complaint = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    const { message, detail, hint } = error as { message: string; detail?: string; hint?: string };
    return [message, detail, hint].filter((part) => part !== undefined).join('\n');
  }
  return 'no complaint';
};
const GOOD = `profiles:
  sanitize: [guest, sanitize]
variants:
  baseline:
    source: debian:linux-source-6.12
    profile: sanitize
`;

t.test("the repository's variants are all good", async (t) => {
  const yaml = await loadVariants();
  const variants = await Promise.all(
    Object.keys(yaml.value.variants).map((name) => resolveVariant(yaml, name)),
  );
  t.ok(variants.some(({ name }) => name === 'baseline'));
  for (const { name, series, contains } of variants) {
    // A series without a promise could be left off without anybody seeing it.
    t.equal(series.length > 0, contains.length > 0, name);
    for (const { spec } of series) {
      const loaded = await loadSeries(spec, { cache: cachePaths({}), progress: silentProgress });
      t.ok(loaded.patches.length > 0, `${name}: ${loaded.description}`);
    }
  }
  const wishes = new Map(variants[0]?.asked.map(({ name, value }) => [name, value]));
  for (const symbol of ['KASAN', 'PROVE_LOCKING', 'PROVE_RCU', 'DETECT_HUNG_TASK', 'PRINTK_CALLER']) {
    t.equal(wishes.get(symbol), 'y', symbol);
  }
});

t.test('complaints about variants.yaml have a place and a caret', async (t) => {
  const of = (text: string): string => complaint(() => parseVariants('v.yaml', text));
  t.equal(of(GOOD), 'no complaint');
  t.equal(
    of(GOOD.replace('profile: sanitize', 'profile: sanitise')),
    'v.yaml:6:14: unknown profile sanitise\n  6 |     profile: sanitise\n    |              ^\ndid you mean sanitize?',
  );
  t.equal(
    of(GOOD.replace('debian:linux', 'debain:linux')),
    'v.yaml:5:13: unknown source debain:linux-source-6.12\n  5 |     source: debain:linux-source-6.12\n' +
      '    |             ^\nexpected debian:linux-source-VERSION, debian:linux-source-VERSION@SUITE, git:DIR#REF, dir:DIR or tar:FILE',
  );
  t.match(of(`${GOOD}    sauce: x\n`), /^v\.yaml:7:5: variants\.baseline: Unrecognized key: "sauce"\n/);
  t.match(
    of(GOOD.replace('[guest, sanitize]', 'guest')),
    /^v\.yaml:2:13: profiles\.sanitize: .*expected array/,
  );
  t.match(
    of(GOOD.replace('baseline:', 'Base Line:')),
    /^v\.yaml:4:3: variants\.Base Line: expected a name of a-z/,
  );
  t.match(of(GOOD.replace('[guest,', '[guest')), /^v\.yaml:2:\d+: /);
  t.match(of('profiles: {}\n'), /^v\.yaml:1:1: variants: /);
});

t.test('series, and what a kernel promises, are checked where they are written', async (t) => {
  const of = (more: string): string => complaint(() => parseVariants('v.yaml', `${GOOD}${more}`));
  t.equal(of('    series: [series/a, revert:series/b]\n    contains: [f_1]\n'), 'no complaint');
  t.match(of("    series: 'git:dir#no-range'\n"), /v\.yaml:7:13: unknown series git:dir#no-range/);
  t.match(of("    series: [series/a, 'lore:']\n"), /v\.yaml:7:24: unknown series lore:/);
  t.match(of('    contains: [not-a-function]\n'), /v\.yaml:7:16: .*the name of a kernel function/);
});

t.test('an unknown variant gets the nearest names', async (t) => {
  const yaml = parseVariants('v.yaml', GOOD);
  await t.rejects(resolveVariant(yaml, 'basline'), {
    code: 'USAGE',
    message: 'unknown variant basline',
    hint: 'did you mean baseline?',
  });
  await t.rejects(resolveVariant(yaml, 'constructor'), { code: 'USAGE' });
});

t.test('fragments: a missing one, two that disagree, two that exclude each other', async (t) => {
  const directory = t.testdir({ fragments: { 'guest.config': 'CONFIG_A=y\n', 'sanitizer.config': '' } });
  const yaml = parseVariants('v.yaml', GOOD);
  await t.rejects(resolveVariant(yaml, 'baseline', directory), {
    message: /^v\.yaml:2:21: no fragment sanitize /,
    hint: 'did you mean sanitizer?',
  });
  const file = join(directory, 'fragments', 'sanitize.config');
  await mkdir(join(directory, 'fragments'), { recursive: true });
  await writeFile(file, '# CONFIG_A is not set\n');
  await t.rejects(resolveVariant(yaml, 'baseline', directory), {
    code: 'CONFIG',
    message: `${file}:1: # CONFIG_A is not set, but ${join(directory, 'fragments', 'guest.config')}:1 asks for CONFIG_A=y`,
  });
  await writeFile(file, 'CONFIG_KASAN=y\nCONFIG_SLUB_TINY=y\n');
  await t.rejects(resolveVariant(yaml, 'baseline', directory), {
    code: 'CONFIG',
    message: /^CONFIG_KASAN and CONFIG_SLUB_TINY exclude each other: .*:1 asks for .*:2 for /,
  });
  await writeFile(file, 'CONFIG_KASAN=y\n');
  const variant = await resolveVariant(yaml, 'baseline', directory);
  t.same(
    variant.asked.map(({ name }) => name),
    ['A', 'KASAN'],
  );
});
