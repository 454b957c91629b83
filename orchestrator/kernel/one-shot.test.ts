import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cachePaths } from '../base/index.ts';
import { type OneShot, oneShotOptions, oneShotVariants } from './one-shot.ts';
import { brokenPromises, systemMapNames } from './promises.ts';
import { describeVariant, parseVariants } from './variants.ts';

const patch = (n: number, of: number, subject: string): string =>
  `From: n <n@example.org>\nSubject: [PATCH ${n}/${of}] ${subject}\nMessage-ID: <${n}@example.org>\n\n---\n` +
  `diff --git a/f${n} b/f${n}\n--- a/f${n}\n+++ b/f${n}\n@@ -1 +1,2 @@\n line\n+more\n`;

interface World {
  readonly directory: string;
  readonly variants: (wanted: Partial<OneShot>) => ReturnType<typeof oneShotVariants>;
}

function world(t: Test): World {
  const directory = t.testdir({
    fragments: { 'f.config': 'CONFIG_A=y\n' },
    'v3 of it': { '1.patch': patch(1, 2, 'gpio: Begin'), '2.patch': patch(2, 2, 'gpio: End') },
    'other.mbx': `From x Thu Jan  1 00:00:00 1970\n${patch(1, 1, 'Other')}`,
  });
  const yaml = parseVariants('v.yaml', 'profiles: { sanitize: [f] }\nvariants: {}\n');
  const options = { cache: cachePaths({ XDG_CACHE_HOME: join(directory, 'cache') }) };
  return {
    directory,
    variants: (wanted) =>
      oneShotVariants(
        yaml,
        { source: 'debian:linux-source-6.12', series: [], eachPatch: false, profile: 'sanitize', ...wanted },
        directory,
        options,
      ),
  };
}

t.test('without and with: the source, then each series', async (t) => {
  const { directory, variants } = world(t);
  const [series, other] = [join(directory, 'v3 of it'), join(directory, 'other.mbx')];
  const made = await variants({ series: [series, `${series},${other}`, `revert:${other}`] });
  t.same(
    made.map(({ name }) => name),
    ['6.12', '6.12+v3-of-it', '6.12+v3-of-it+other', '6.12+revert-other'],
  );
  t.equal(describeVariant(made[0] as (typeof made)[0]), 'debian:linux-source-6.12');
  t.equal(
    describeVariant(made[2] as (typeof made)[0]),
    `debian:linux-source-6.12 + ${series} + ${other}`,
    'what is said is what is put on',
  );
  t.same(
    made[1]?.asked.map(({ name }) => name),
    ['A'],
  );
});

t.test('one variant a patch, each with those before it', async (t) => {
  const { directory, variants } = world(t);
  const [series, other] = [join(directory, 'v3 of it'), join(directory, 'other.mbx')];
  const made = await variants({ series: [`${series},${other}`], eachPatch: true });
  t.same(
    made.map(({ name, series: used }) => [name, used.map(({ first }) => first ?? 'all')]),
    [
      ['6.12', []],
      ['6.12+01-gpio-begin', [1]],
      ['6.12+02-gpio-end', [2]],
      ['6.12+03-other', ['all', 1]],
    ],
  );
});

t.test('the same variants can be made again from any folder', async (t) => {
  const relative = { source: 'dir:tree', series: ['a.mbx,revert:b.mbx'], eachPatch: true, profile: 'timing' };
  const cwd = process.cwd();
  t.same(oneShotOptions(relative), [
    ...['--source', `dir:${join(cwd, 'tree')}`],
    ...['--series', `${join(cwd, 'a.mbx')},revert:${join(cwd, 'b.mbx')}`, '--each-patch'],
    ...['--profile', 'timing'],
  ]);
});

t.test('names of sources, and two series of one name', async (t) => {
  const { directory, variants } = world(t);
  const name = async (source: string): Promise<string | undefined> => (await variants({ source }))[0]?.name;
  t.equal(await name(directory), 'tree');
  t.equal(await name(`git:${directory}#v7.1-rc3`), 'v7.1-rc3');
  t.equal(await name('debian:linux-source-7.2@sid'), '7.2-sid');
  t.equal(await name(`tar:${directory}/linux-7.1.tar.xz`), 'linux-7.1');
  const other = join(directory, 'other.mbx');
  t.same(
    (await variants({ series: [other, other] })).map((one) => one.name),
    ['6.12', '6.12+other', '6.12+other-2'],
  );
});

t.test('what does not exist is named', async (t) => {
  const { directory, variants } = world(t);
  await t.rejects(variants({ source: 'svn:somewhere' }), {
    code: 'USAGE',
    message: 'unknown source svn:somewhere',
  });
  await t.rejects(variants({ series: [join(directory, 'othr.mbx')] }), { code: 'USAGE', hint: /other\.mbx/ });
  await t.rejects(variants({ profile: 'sanitise' }), { code: 'USAGE', hint: /sanitize/ });
});

t.test('promises are looked up in System.map', async (t) => {
  const names = systemMapNames('ffffffff81000000 T _text\nffffffff81000010 t local\n');
  t.same(brokenPromises({ contains: ['_text', 'local'], lacks: ['other'] }, names), []);
  t.same(brokenPromises({ contains: ['other'], lacks: ['local'] }, names), ['lacks other', 'has local']);
});
