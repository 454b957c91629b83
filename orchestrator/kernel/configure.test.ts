/** Configuring a small tree that answers as Kbuild does. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { silentProgress } from '../base/index.ts';
import { type BuildContext, configure } from './configure.ts';
import { parseFragment } from './fragment.ts';
import { buildLayout } from './make-command.ts';

const tree = fileURLToPath(new URL('testdata/tree', import.meta.url));

/** A copy of the tree that says it is 6.12, and the context to configure it. */
function world(t: Test): {
  readonly context: BuildContext;
  readonly config: string;
  readonly said: string[];
} {
  const directory = t.testdir({});
  cpSync(tree, directory, { recursive: true });
  const makefile = join(directory, 'Makefile');
  writeFileSync(makefile, `VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n${readFileSync(makefile, 'utf8')}`);
  const layout = buildLayout(directory, 'key');
  const said: string[] = [];
  return {
    context: {
      layout,
      what: 'kernel k',
      ccacheDirectory: join(directory, 'ccache'),
      cpus: 1,
      sourceDescription: 'linux 6.12.1-1',
      progress: { ...silentProgress, info: (line) => said.push(line) },
    },
    config: join(layout.buildDirectory, '.config'),
    said,
  };
}
const asked = (text: string): ReturnType<typeof parseFragment>['symbols'] =>
  parseFragment('f', 'f.config', text).symbols;

t.test('what the source need not know is left out of the config, and said', async (t) => {
  const { context, config, said } = world(t);
  const wishes = asked('CONFIG_WANTED=y\n# unplug: optional since 6.14\nCONFIG_NEW=y\n');
  const configured = await configure(context, wishes);
  t.same(
    configured.leftOut.map(({ name }) => name),
    ['NEW'],
  );
  t.equal(configured.config.get('WANTED'), 'y');
  t.equal(readFileSync(config, 'utf8'), 'CONFIG_TINY=y\nCONFIG_WANTED=y\n');
  t.same(said, [
    'kernel k: left out, because linux 6.12.1-1 has none: NEW (f.config:3, optional since 6.14)',
  ]);
  writeFileSync(config, 'CONFIG_TINY=y\nCONFIG_WANTED=y\n# kept\n');
  await configure(context, wishes);
  t.match(readFileSync(config, 'utf8'), /# kept/, 'a folder with these symbols keeps its config');
});

t.test('an unknown symbol is an error before anything is made', async (t) => {
  const { context, config } = world(t);
  await t.rejects(configure(context, asked('CONFIG_WANTED=y\n# CONFIG_WANTDE is not set\n')), {
    code: 'BUILD',
    message: 'f.config:2: linux 6.12.1-1 does not know CONFIG_WANTDE; did you mean CONFIG_WANTED?',
    location: { file: 'f.config', line: 2 },
  });
  t.notOk(existsSync(config));
  await t.rejects(configure(context, asked('# unplug: optional since 6.9\nCONFIG_NEW=y\n')), {
    code: 'BUILD',
    message: 'f.config:2: linux 6.12.1-1 does not know CONFIG_NEW',
    detail: /though marked optional since 6\.9, so that 6\.12 should have it/,
  });
});

t.test('a forbidden symbol that is on all the same fails the configuration', async (t) => {
  const { context } = world(t);
  const makefile = join(context.layout.sourceDirectory, 'Makefile');
  // olddefconfig of this tree switches it on again, as a select would.
  const text = readFileSync(makefile, 'utf8');
  writeFileSync(
    makefile,
    text.replace('olddefconfig:\n', 'olddefconfig:\n\t@echo CONFIG_TINY=y >> $(O)/.config\n'),
  );
  await t.rejects(configure(context, asked('# unplug: forbid CONFIG_TINY\n')), {
    code: 'BUILD',
    message: 'CONFIG_TINY is on, but forbidden: Kconfig set it to y (Kconfig:1)',
    location: { file: 'f.config', line: 1 },
  });
});
