import t from 'tap';
import type { Variant } from '../kernel/index.ts';
import { dryRunText } from './dry-run.ts';
import { repetitions, timesOf } from './repetitions.ts';
import { loadSuite } from './suites.ts';

t.test(
  'a repeat of the command line goes before that of the matrix, and each run is one of so many',
  async (t) => {
    const { selected } = await loadSuite('quick', ['gpio-sim/*/t0-idle/sysfs_unbind']);
    const [one] = selected;
    if (one?.kind !== 'removal') throw new Error('no such case');
    const thrice = { ...one, repeat: 3 };
    t.same([timesOf(one, undefined), timesOf(thrice, undefined), timesOf(thrice, 2)], [1, 3, 2]);
    t.same(repetitions([one], undefined), [{ case: one }]);
    t.same(repetitions([one, thrice], 1), [{ case: one }, { case: thrice }]);
    t.same(
      repetitions([thrice, one], undefined).map(({ repetition }) => repetition ?? null),
      [{ number: 1, of: 3 }, { number: 2, of: 3 }, { number: 3, of: 3 }, null],
    );
  },
);

t.test('what would run, how often, what is expected, and why it may be skipped', async (t) => {
  const loaded = await loadSuite('quick', ['gpio-sim/*/t2-read/sysfs_unbind']);
  const [one] = loaded.selected;
  if (one?.kind !== 'removal') throw new Error('no such case');
  const selected = [{ ...one, repeat: 4, symbols: ['NO_SUCH'] }];
  const asked = ['GPIOLIB', 'GPIO_CDEV', 'GPIO_SIM', 'CONFIGFS_FS', 'MODULES'].map((name) => ({ name }));
  const variant = {
    name: 'baseline',
    source: { kind: 'debian', package: 'linux-source-6.12', suite: null },
    series: [],
    profile: 'sanitize',
    asked,
  } as unknown as Variant;
  const text = dryRunText({ ...loaded, selected }, [variant], undefined);
  t.match(
    text,
    /^run {3}baseline {2}gpio-sim\/gpio-cdev\/t2-read\/sysfs_unbind {2}\(4 times; expected: hang; skipped unless the kernel has (?:CONFIG_\w+, )*CONFIG_NO_SUCH\)$/m,
  );
  t.match(dryRunText({ ...loaded, selected }, [variant], 1), /t2-read\/sysfs_unbind {2}\(expected: hang;/);
});
