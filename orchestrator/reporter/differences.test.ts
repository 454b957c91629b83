import t from 'tap';
import type { RunCase } from '../results/index.ts';
import { differencesOf, outcomeLine } from './differences.ts';

const one = (variant: string, name: string, more: Partial<RunCase>): RunCase => ({
  name,
  variant,
  directory: '',
  verdict: 'pass',
  title: '',
  assessment: 'expected',
  expectation: null,
  removal: { ns: 50_000_000 },
  userSaw: 'ENODEV',
  tests: null,
  reproduce: '',
  durationMs: 1,
  ...more,
});

t.test('variants with the same outcome stand together, whatever the times', async (t) => {
  const hang = { verdict: 'hang', removal: { censoredAboveNs: 12e9 }, userSaw: 'EINTR' } as const;
  const cases = [
    one('base', 'a/b/c/d', { ...hang, title: 'stuck in f+0x10/0x20' }),
    one('v1', 'a/b/c/d', { ...hang, title: 'stuck in f+0x18/0x28', removal: { censoredAboveNs: 13e9 } }),
    one('fixed', 'a/b/c/d', {}),
    one('base', 'same', { removal: { ns: 1 } }),
    one('v1', 'same', { removal: { ns: 2 } }),
    one('base', 'skipped', { verdict: 'skip', title: 'the kernel lacks it' }),
    one('v1', 'skipped', {}),
  ];
  const differences = differencesOf({ cases });
  t.same(
    differences.map(({ name, outcomes }) => [name, outcomes.map(({ variants }) => variants)]),
    [['a/b/c/d', [['base', 'v1'], ['fixed']]]],
  );
  t.same(differences[0]?.outcomes.map(outcomeLine), [
    'base, v1: hang, removed in > 12 s, user saw EINTR: stuck in f+0x10/0x20',
    'fixed: pass, removed in 50 ms, user saw ENODEV',
  ]);
});

t.test('what the user saw is an outcome too', async (t) => {
  const cases = [one('base', 'x', {}), one('v1', 'x', { userSaw: 'EIO' })];
  t.equal(differencesOf({ cases }).length, 1);
});
