import t from 'tap';
import { parseFragment } from './fragment.ts';
import { readKconfig } from './kconfig.ts';
import { describeLeftOut, sortKnown, unknownSymbols } from './known-symbols.ts';

const kconfig = await readKconfig(async (path) =>
  path === 'Kconfig' ? 'config GPIO_SIM\n\tbool "sim"\nconfig GPIO_CDEV\n\tbool "cdev"\n' : undefined,
);
const asked = (text: string): ReturnType<typeof parseFragment>['symbols'] =>
  parseFragment('f', 'kernel-configs/f.config', text).symbols;
const source = (release: string): { description: string; release: string } => ({
  description: `linux-source-${release} ${release}.1-1`,
  release,
});
const names = (symbols: readonly { readonly name: string }[]): string[] => symbols.map(({ name }) => name);

t.test('what a source need not know is left out, and named', async (t) => {
  const wishes = asked(
    'CONFIG_GPIO_SIM=y\n# unplug: optional since 6.14\nCONFIG_NEW=y\n# unplug: optional with series\nCONFIG_S=y\n',
  );
  t.same(names(unknownSymbols(wishes, kconfig)), ['NEW', 'S']);
  const { wanted, leftOut } = sortKnown(wishes, kconfig, source('6.12'));
  t.same(names(wanted), ['GPIO_SIM']);
  t.equal(
    describeLeftOut(leftOut),
    'NEW (f.config:3, optional since 6.14), S (f.config:5, optional with series)',
  );
  const known = sortKnown(
    asked('# unplug: optional since 6.14\nCONFIG_GPIO_SIM=y\n'),
    kconfig,
    source('6.12'),
  );
  t.same([names(known.wanted), known.leftOut], [['GPIO_SIM'], []], 'known in spite of its age: asked for');
});

t.test('what it has to know and does not is an error, also when it is to be off', async (t) => {
  const wishes = asked(
    '# CONFIG_GPIO_SIMM is not set\n# unplug: optional since 6.14\nCONFIG_ZZZZZZZZZZZZZZZZ=y\n# unplug: forbid CONFIG_GPIO_CDEF\n',
  );
  t.throws(() => sortKnown(wishes, kconfig, source('6.18')), {
    code: 'BUILD',
    message:
      'kernel-configs/f.config:1: linux-source-6.18 6.18.1-1 does not know CONFIG_GPIO_SIMM; ' +
      'did you mean CONFIG_GPIO_SIM, CONFIG_GPIO_CDEV? (and 2 more)',
    location: { file: 'kernel-configs/f.config', line: 1, column: 1 },
    detail:
      '  # CONFIG_GPIO_SIMM is not set (kernel-configs/f.config:1): unknown; did you mean CONFIG_GPIO_SIM, CONFIG_GPIO_CDEV?\n' +
      '  CONFIG_ZZZZZZZZZZZZZZZZ=y (kernel-configs/f.config:3): unknown, though marked optional since 6.14, so that 6.18 should have it\n' +
      '  # CONFIG_GPIO_CDEF is not set (kernel-configs/f.config:4): unknown; did you mean CONFIG_GPIO_CDEV, CONFIG_GPIO_SIM?',
    hint: /"# unplug: optional since VERSION" for one that is newer than 6\.18/,
  });
  t.throws(() => sortKnown(asked('CONFIG_X=y\n'), kconfig, { description: 'dir:mine', release: '7.2' }), {
    message: 'kernel-configs/f.config:1: dir:mine (7.2) does not know CONFIG_X',
  });
});
