import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError, repositoryRoot } from '../base/index.ts';
import { expand } from './expand.ts';
import { parseSuite } from './parse.ts';
import { expectationFor, selectCases } from './select.ts';
import type { Catalogue } from './types.ts';

/** Two classes; one adapter lacks a hold, with a reason of its own. */
const TEST_CATALOGUE: Catalogue = {
  adapters: [
    {
      name: 'fixture-rwsem',
      deviceClass: 'fixture',
      description: 'the right fixture',
      holds: ['t0-idle', 't1-poll', 't2-read'],
      removals: ['sysfs_unbind'],
      requiredSymbols: ['CONFIG_MODULES'],
    },
    {
      name: 'i801',
      deviceClass: 'i2c-dev',
      description: 'SMBus',
      holds: ['t0-idle'],
      removals: ['sysfs_unbind', 'sysfs_remove'],
      requiredSymbols: ['CONFIG_I2C_I801'],
      whyNot: { 't1-poll': '/dev/i2c-N has no poll' },
    },
  ],
};

/** A suite over {@link TEST_CATALOGUE}. */
const TEST_SUITE = `suite: test
description: for tests
variants: [baseline, other]
limits: { removalMs: 12000, userMs: 5000 }
matrices:
  - adapters: [fixture-rwsem, i801]
    holds: [t0-idle, t1-poll]
    removals: [sysfs_unbind]
  - adapters: [i801]
    holds: [t0-idle]
    removals: [sysfs_remove]
expectations:
  - cases: i801/**
    verdict: hang
    variants: [baseline]
    reason: waits for the last close
    until: it does not
  - cases: '**/sysfs_unbind'
    verdict: crash
    title: 'KASAN: *'
    reason: later than the first
    until: never
`;

const KNOWN = { catalogue: TEST_CATALOGUE, variants: ['baseline', 'other'] };

/** The error of a suite, as the user reads it. */
function complaint(text: string, known = KNOWN): string {
  try {
    parseSuite(text, 's.yaml', known);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${error.message}${error.hint === undefined ? '' : ` [${error.hint}]`}`;
  }
  return 'no complaint';
}

t.test('a right suite', async (t) => {
  const suite = parseSuite(TEST_SUITE, 's.yaml', KNOWN);
  t.equal(suite.name, 'test');
  t.same(suite.limits, { removalMs: 12000, userMs: 5000 });
  t.same(suite.matrices[1]?.location, { file: 's.yaml', line: 9, column: 5 });
  t.same(suite.expectations[0]?.location, { file: 's.yaml', line: 13, column: 12 });
  const { cases, notApplicable } = expand(suite, TEST_CATALOGUE);
  t.same(
    cases.map((one) => one.name),
    [
      'fixture-rwsem/fixture/t0-idle/sysfs_unbind',
      'fixture-rwsem/fixture/t1-poll/sysfs_unbind',
      'i801/i2c-dev/t0-idle/sysfs_unbind',
      'i801/i2c-dev/t0-idle/sysfs_remove',
    ],
  );
  t.same(
    notApplicable.map(({ name, reason }) => `${name}: ${reason}`),
    ['i801/i2c-dev/t1-poll/sysfs_unbind: /dev/i2c-N has no poll'],
  );
});

t.test('every complaint has its place and what was expected', async (t) => {
  const change = (from: string, to: string): string => complaint(TEST_SUITE.replace(from, to));
  const expected: readonly [string, string][] = [
    [
      change('verdict: hang', 'verdict: hung'),
      's.yaml:14:14: expectations.0.verdict: expected fail, crash or hang, not "hung"',
    ],
    [
      change('verdict: hang', 'verdict: pass'),
      's.yaml:14:14: expectations.0.verdict: expected fail, crash or hang, not "pass"',
    ],
    [change('description', 'descripton'), 's.yaml:2:1: unknown key "descripton", did you mean description?'],
    [
      change('    until: never', '    unti: never'),
      's.yaml:22:5: expectations.1: unknown key "unti", did you mean until?',
    ],
    [change('    until: never\n', ''), 's.yaml:18:5: expectations.1.until: is missing, expected some text'],
    [
      change('removalMs: 12000', 'removalMs: 12s'),
      's.yaml:4:22: limits.removalMs: expected a whole number of milliseconds from 100 to 600000, not "12s"',
    ],
    [
      change('userMs: 5000', 'userMs: 5.5'),
      's.yaml:4:37: limits.userMs: expected a whole number of milliseconds from 100 to 600000, not 5.5',
    ],
    [
      change('variants: [baseline, other]', 'variants: []'),
      's.yaml:3:11: variants: expected a list of at least one name, not an empty list',
    ],
    [
      change('suite: test', 'suite: ../x'),
      's.yaml:1:8: suite: expected a name of letters, digits and _ . + -, not "../x"',
    ],
    [change('other]', 'othe]'), 's.yaml:3:22: unknown variant othe [did you mean other?]'],
    [
      change('[fixture-rwsem, i801]', '[fixture-rwsen, i801]'),
      's.yaml:6:16: unknown adapter fixture-rwsen [did you mean fixture-rwsem?]',
    ],
    [
      change('[t0-idle, t1-poll]', '[t0-idle, t1-pol]'),
      's.yaml:7:22: unknown hold t1-pol [did you mean t1-poll?]',
    ],
    [
      change('removals: [sysfs_remove]', 'removals: [sysfs_delete]'),
      's.yaml:11:16: unknown removal sysfs_delete [did you mean sysfs_remove or sysfs_unbind?]',
    ],
    [
      change('[t0-idle, t1-poll]', '[t0-idle, t0-idle]'),
      's.yaml:7:22: hold t0-idle is listed twice [expected each once]',
    ],
    [
      change('removals: [sysfs_remove]', 'removals: [sysfs_remove, sysfs_unbind]'),
      's.yaml:9:5: case i801/i2c-dev/t0-idle/sysfs_unbind is in two matrices, this one and the one at s.yaml:6:5 [expected each case once]',
    ],
    [
      change('i801/**', 'i810/**'),
      's.yaml:13:12: expectation for i810/**, which matches no case [expected a glob over adapter/class/hold/removal, kunit/SUITE or selftest/COLLECTION/PROGRAM]',
    ],
    [
      change('i801/**', 'i801/i2c-dev/t1-poll/*'),
      "s.yaml:13:12: expectation for i801/i2c-dev/t1-poll/sysfs_unbind, which can't be run [/dev/i2c-N has no poll]",
    ],
    [
      change('suite: test', 'suite: test\nsuite: again'),
      's.yaml:2:1: Map keys must be unique [expected each key once]',
    ],
    [
      complaint(''),
      's.yaml:1:1: expected a mapping with suite, description, variants, limits and matrices, not nothing',
    ],
    [
      complaint('- a'),
      's.yaml:1:1: expected a mapping with suite, description, variants, limits and matrices, not a list',
    ],
  ];
  for (const [found, wanted] of expected) t.equal(found, wanted);
  t.match(change('i801/**', '*/**'), /^s\.yaml:13:12: .*in quotes/);
  t.match(complaint(`${TEST_SUITE}---\nb: 1\n`), /^s\.yaml:23:1: .*multiple documents/);
});

/** A suite without matrices: the kernel's own tests. */
const TESTS_SUITE = `suite: test
description: for tests
variants: [baseline]
limits: { removalMs: 12000, userMs: 5000 }
kunit:
  - suite: revocable_test
    symbols: [CONFIG_REVOCABLE_KUNIT_TEST]
  - suite: list-kunit-test
selftests:
  - collection: gpio
    programs: [gpio-cdev-uaf.sh, gpio-sim.sh]
    symbols: [GPIO_SIM]
  - collection: drivers/base/revocable
    programs: [test-revocable.sh]
    timeoutMs: 20000
expectations:
  - cases: selftest/gpio/*
    verdict: hang
    reason: blocked readers
    until: they are woken
`;

t.test("the kernel's own tests as cases", async (t) => {
  const suite = parseSuite(TESTS_SUITE, 's.yaml', KNOWN);
  t.same(suite.matrices, []);
  t.same(suite.selftests[1]?.location, { file: 's.yaml', line: 13, column: 5 });
  const { cases } = expand(suite, TEST_CATALOGUE);
  t.same(cases, [
    {
      kind: 'kunit',
      name: 'kunit/revocable_test',
      suite: 'revocable_test',
      symbols: ['REVOCABLE_KUNIT_TEST'],
    },
    { kind: 'kunit', name: 'kunit/list-kunit-test', suite: 'list-kunit-test', symbols: [] },
    {
      kind: 'selftest',
      name: 'selftest/gpio/gpio-cdev-uaf.sh',
      collection: 'gpio',
      program: 'gpio-cdev-uaf.sh',
      symbols: ['GPIO_SIM'],
      timeoutMs: null,
    },
    {
      kind: 'selftest',
      name: 'selftest/gpio/gpio-sim.sh',
      collection: 'gpio',
      program: 'gpio-sim.sh',
      symbols: ['GPIO_SIM'],
      timeoutMs: null,
    },
    {
      kind: 'selftest',
      name: 'selftest/drivers/base/revocable/test-revocable.sh',
      collection: 'drivers/base/revocable',
      program: 'test-revocable.sh',
      symbols: [],
      timeoutMs: 20_000,
    },
  ]);
  t.equal(expectationFor(suite, 'selftest/gpio/gpio-sim.sh', 'baseline')?.verdict, 'hang');
  const both = parseSuite(`${TEST_SUITE}kunit: [{ suite: a }]\n`, 's.yaml', KNOWN);
  t.equal(expand(both, TEST_CATALOGUE).cases.length, 5);
});

t.test("complaints about the kernel's own tests", async (t) => {
  const change = (from: string, to: string): string => complaint(TESTS_SUITE.replace(from, to));
  const expected: readonly [string, string][] = [
    [
      change('suite: revocable_test', 'suite: revocable_*'),
      's.yaml:6:12: kunit.0.suite: expected the exact name of a KUnit suite, of letters, digits, _ and -, not "revocable_*"',
    ],
    [
      change('suite: revocable_test', 'suite: a.b'),
      's.yaml:6:12: kunit.0.suite: expected the exact name of a KUnit suite, of letters, digits, _ and -, not "a.b"',
    ],
    [
      change('    symbols: [GPIO_SIM]', '    symbol: [GPIO_SIM]'),
      's.yaml:12:5: selftests.0: unknown key "symbol", did you mean symbols?',
    ],
    [
      change('[GPIO_SIM]', '[GPIO SIM]'),
      's.yaml:12:15: selftests.0.symbols.0: expected a config symbol such as GPIO_SIM, not "GPIO SIM"',
    ],
    [
      change('collection: gpio', 'collection: ../gpio'),
      's.yaml:10:17: selftests.0.collection: expected a folder below tools/testing/selftests, such as drivers/gpio, not "../gpio"',
    ],
    [
      change('collection: gpio', 'collection: /gpio'),
      's.yaml:10:17: selftests.0.collection: expected a folder below tools/testing/selftests, such as drivers/gpio, not "/gpio"',
    ],
    [
      change('[test-revocable.sh]', '[bin/x]'),
      's.yaml:14:16: selftests.1.programs.0: expected a name of letters, digits and _ . + -, not "bin/x"',
    ],
    [
      change('timeoutMs: 20000', 'timeoutMs: 20s'),
      's.yaml:15:16: selftests.1.timeoutMs: expected a whole number of milliseconds from 100 to 600000, not "20s"',
    ],
    [
      change('suite: list-kunit-test', 'suite: revocable_test'),
      's.yaml:8:5: case kunit/revocable_test is asked for twice, here and at s.yaml:6:5 [expected each case once]',
    ],
    [
      change('gpio-sim.sh]', 'gpio-cdev-uaf.sh]'),
      's.yaml:10:5: case selftest/gpio/gpio-cdev-uaf.sh is asked for twice, here and at s.yaml:10:5 [expected each case once]',
    ],
    [
      complaint(TESTS_SUITE.replace(/kunit:[\s\S]*(?=expectations)/, '')),
      's.yaml:1:1: matrices: is missing, expected a list of at least one matrix (or kunit, or selftests)',
    ],
    [
      complaint(TEST_SUITE.replace(/matrices:[\s\S]*(?=expectations)/, 'matrices: []\n')),
      's.yaml:5:11: matrices: expected a list of at least one matrix, not an empty list',
    ],
  ];
  for (const [found, wanted] of expected) t.equal(found, wanted);
});

t.test('a caret points to the place', async (t) => {
  try {
    parseSuite(TEST_SUITE.replace('hang', 'hung'), 's.yaml', KNOWN);
    t.fail('no complaint');
  } catch (error) {
    t.match(error, {
      location: { file: 's.yaml', line: 14, column: 14 },
      detail: '  14 |     verdict: hung\n     |              ^',
      exitCode: 64,
    });
  }
});

t.test('hostile files are refused with a place and in bounded time', async (t) => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((key, index) => {
      const previous = 'abcdefg'[index];
      return `${key}: &${key} [${Array(9).fill(`*${previous}`).join(',')}]`;
    }),
  ].join('\n');
  for (const text of [
    '['.repeat(990),
    `${'- '.repeat(490)}a`,
    'x'.repeat(5000),
    'a: 1\n'.repeat(300_000),
    bomb,
    `${TEST_SUITE}  - &a [*a]\n`,
    '\u0000\u0007\uffff\ud800',
    '\u202e: x',
    `%YAML 9\n---\n${'{'.repeat(50)}`,
  ]) {
    t.match(complaint(text), /^s\.yaml:\d+:\d+: ./);
  }
});

t.test('windows line ends and a byte order mark change nothing', async (t) => {
  const suite = parseSuite(`\ufeff${TEST_SUITE.replaceAll('\n', '\r\n')}`, 's.yaml', KNOWN);
  t.equal(expand(suite, TEST_CATALOGUE).cases.length, 4);
});

t.test('selection', async (t) => {
  const expansion = expand(parseSuite(TEST_SUITE, 's.yaml', KNOWN), TEST_CATALOGUE);
  const names = (...globs: string[]): string[] => selectCases(expansion, globs).map((one) => one.name);
  t.equal(names().length, 4);
  t.same(names('i801/**', '**/t1-poll/*'), [
    'fixture-rwsem/fixture/t1-poll/sysfs_unbind',
    'i801/i2c-dev/t0-idle/sysfs_unbind',
    'i801/i2c-dev/t0-idle/sysfs_remove',
  ]);
  t.throws(() => names('i801/**', 'i801/i2c-dev/t0-idle/sysfs_unbnd'), {
    code: 'USAGE',
    message: 'no case matches i801/i2c-dev/t0-idle/sysfs_unbnd',
    hint: /did you mean i801\/i2c-dev\/t0-idle\/sysfs_unbind/,
  });
  t.throws(() => names('i801/*/t1-poll/*'), {
    message: "case i801/i2c-dev/t1-poll/sysfs_unbind can't be run: /dev/i2c-N has no poll",
  });
});

t.test('the first expectation that covers case and variant counts', async (t) => {
  const suite = parseSuite(TEST_SUITE, 's.yaml', KNOWN);
  t.equal(expectationFor(suite, 'i801/i2c-dev/t0-idle/sysfs_unbind', 'baseline')?.verdict, 'hang');
  t.equal(expectationFor(suite, 'i801/i2c-dev/t0-idle/sysfs_unbind', 'other')?.verdict, 'crash');
  t.equal(expectationFor(suite, 'i801/i2c-dev/t0-idle/sysfs_remove', 'other'), undefined);
});

t.test('the quick suite is right', async (t) => {
  const text = readFileSync(join(repositoryRoot, 'suites', 'quick.yaml'), 'utf8');
  const adapter = (name: string, deviceClass: string, holds: string[], removals: string[]) => ({
    name,
    deviceClass,
    holds,
    removals,
    description: name,
    requiredSymbols: [],
  });
  const holds = ['t0-idle', 't1-poll', 't2-read', 't4-ioctl'];
  const catalogue: Catalogue = {
    adapters: [
      adapter('fixture-naive', 'fixture', holds, ['sysfs_unbind']),
      adapter('fixture-rwsem', 'fixture', holds, ['sysfs_unbind']),
      adapter('gpio-sim', 'gpio-cdev', holds.slice(0, 3), ['sysfs_unbind', 'configfs_disable']),
      adapter('i801', 'i2c-dev', ['t0-idle'], ['sysfs_unbind', 'sysfs_remove']),
    ],
  };
  const suite = parseSuite(text, 'suites/quick.yaml', {
    catalogue,
    variants: ['baseline', 'revocable-v11'],
  });
  const { cases, notApplicable } = expand(suite, catalogue);
  t.equal(cases.length, 16);
  t.equal(notApplicable.length, 0);
  const expected = cases.map((one) => expectationFor(suite, one.name, 'baseline')?.verdict ?? 'pass');
  t.same(
    ['crash', 'hang', 'pass'].map((verdict) => expected.filter((one) => one === verdict).length),
    [4, 4, 8],
  );
});
