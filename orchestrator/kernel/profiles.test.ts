/** The profiles of the repository: that they can be read, and that `timing` refuses what the others are made of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parseFragment } from './fragment.ts';
import { kernelConfigsDirectory, loadVariants, parseVariants, resolveVariant } from './variants.ts';

const PROFILES = ['sanitize', 'timing', 'leak', 'race'] as const;
const { profiles } = (await loadVariants()).value;
const yaml = parseVariants(
  'profiles.yaml',
  JSON.stringify({
    profiles,
    variants: Object.fromEntries(
      PROFILES.map((profile) => [profile, { source: 'debian:linux-source-6.12', profile }]),
    ),
  }),
);

t.test('every profile is there, agrees with itself, and sees hangs', async (t) => {
  for (const profile of PROFILES) {
    const { asked } = await resolveVariant(yaml, profile);
    const wishes = new Map(asked.map(({ name, value }) => [name, value]));
    for (const symbol of ['DETECT_HUNG_TASK', 'SOFTLOCKUP_DETECTOR', 'WQ_WATCHDOG', 'PRINTK_CALLER'])
      t.equal(wishes.get(symbol), 'y', `${profile}: ${symbol}`);
    t.equal(wishes.get('SLUB_TINY'), 'n', `${profile}: SLUB_TINY`);
  }
});

t.test('each detector belongs to its profile', async (t) => {
  const detectors = { sanitize: 'KASAN', leak: 'DEBUG_KMEMLEAK', race: 'KCSAN' } as const;
  for (const profile of PROFILES) {
    const { asked } = await resolveVariant(yaml, profile);
    for (const [owner, symbol] of Object.entries(detectors)) {
      const on = asked.some(({ name, value }) => name === symbol && value === 'y');
      t.equal(on, owner === profile, `${profile}: ${symbol}`);
    }
  }
});

/** What a profile chooses for its pace, and that looks for no errors. */
const NO_CHECK = /^(?:HZ_|UNWINDER_|JUMP_LABEL$)/;

t.test('timing forbids all that another profile switches on to find errors', async (t) => {
  const symbolsOf = async (fragment: string): Promise<ReturnType<typeof parseFragment>['symbols']> => {
    const file = join(kernelConfigsDirectory, 'fragments', `${fragment}.config`);
    return parseFragment(fragment, file, await readFile(file, 'utf8')).symbols;
  };
  const forbidden = (await symbolsOf('timing')).filter((symbol) => symbol.forbidden).map(({ name }) => name);
  for (const fragment of ['sanitize', 'leak', 'race', 'kunit']) {
    for (const { name, value, optional } of await symbolsOf(fragment)) {
      if (value === 'n' || optional !== undefined || NO_CHECK.test(name)) continue;
      // KASAN_INLINE and the like depend on KASAN.
      t.ok(
        forbidden.some((root) => name === root || name.startsWith(`${root}_`)),
        `${fragment}: ${name}`,
      );
    }
  }
});
