/** The suites of the repository, against the adapters and variants that there are. */
import t from 'tap';
import { loadSuite, suiteNames } from '../cli/suites.ts';
import { expectationFor } from '../suite/index.ts';

t.test('every suite can be read, and asks for nothing that its adapters lack', async (t) => {
  for (const name of await suiteNames()) {
    const { expansion } = await loadSuite(name, []);
    t.ok(expansion.cases.length > 0, name);
    t.same(expansion.notApplicable, [], name);
  }
});

t.test('what the revocable suite expects of its variants', async (t) => {
  const { suite, expansion } = await loadSuite('revocable', []);
  const verdicts = (name: string): (string | undefined)[] => {
    t.ok(
      expansion.cases.some((one) => one.name === name),
      name,
    );
    return suite.variants.map((variant) => expectationFor(suite, name, variant)?.verdict);
  };
  t.same(suite.variants, [
    'baseline',
    'revocable-v1',
    'revocable-v1-fix',
    'revocable-v11',
    'wake-before-sync',
  ]);
  for (const [blocked, onV1] of [
    ['gpio-sim/gpio-cdev/t2-read/sysfs_unbind', 'hang'],
    ['gpio-sim-line/gpio-line/t3-read/configfs_disable', 'crash'],
    ['gpio-sim-line-v1/gpio-line-v1/t3-read/sysfs_unbind', 'crash'],
  ] as const)
    t.same(verdicts(blocked), ['hang', onV1, 'hang', 'hang', undefined], 'only the wake-up helps');
  for (const polled of [
    'gpio-sim/gpio-cdev/t1-poll/sysfs_unbind',
    'gpio-sim-line/gpio-line/t1-poll/sysfs_unbind',
    'gpio-sim-line-v1/gpio-line-v1/t1-poll/sysfs_unbind',
    'fixture-revocable-stack/fixture/t4-shared/sysfs_unbind',
  ])
    t.same(verdicts(polled), [undefined, undefined, undefined, undefined, undefined]);
  for (const misused of [
    'fixture-revocable-shared/fixture/t4-shared/sysfs_unbind',
    'fixture-revocable-irq/fixture/t4-busy/sysfs_unbind',
  ])
    t.same(verdicts(misused), [undefined, 'hang', undefined, undefined, undefined], 'v1 alone');
  // Variants of the command line are named by their source and series.
  const shared = 'fixture-revocable-shared/fixture/t4-shared/sysfs_unbind';
  const onCommandLine = (name: string, variant: string): string | undefined =>
    expectationFor(suite, name, variant)?.verdict;
  t.equal(onCommandLine(shared, '7.2-sid+revocable-v1-on-7.2+gpiolib-v1-conversion-on-7.2'), 'hang');
  t.equal(onCommandLine(shared, '6.12+revocable-v1-on-6.12'), 'hang');
  t.equal(onCommandLine(shared, '6.12+revocable-v1-on-6.12+revocable-v1-fixes'), undefined);
  t.equal(onCommandLine(shared, '7.2-sid+revocable-v11-on-7.2'), undefined);
  t.equal(onCommandLine('gpio-sim/gpio-cdev/t2-read/sysfs_unbind', '7.2-sid+revocable-v11-on-7.2'), 'hang');
});
