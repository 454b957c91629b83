import t from 'tap';
import { expand } from './expand.ts';
import { parseSuite } from './parse.ts';
import type { Catalogue } from './types.ts';

const common = { description: '', holds: ['t0'], removals: ['r0'], requiredSymbols: [] };
const CATALOGUE: Catalogue = {
  adapters: [
    { ...common, name: 'usb', deviceClass: 'i2c-dev', moments: ['storm'], misbehaves: true },
    { ...common, name: 'soft', deviceClass: 'i2c-dev' },
  ],
};

function suite(misbehaviours: string, moments: string) {
  const text = `suite: s
description: d
variants: [v]
limits: { removalMs: 1000, userMs: 1000 }
misbehaviours:
${misbehaviours}
matrices:
  - { adapters: [usb, soft], holds: [t0], removals: [r0], moments: ${moments} }
`;
  return parseSuite(text, 's.yaml', { catalogue: CATALOGUE, variants: ['v'] });
}

t.test('a misbehaviour is a moment of the suite’s own', async (t) => {
  const read = suite(
    '  mute: [{ from: 2, kind: out, do: silence }, { do: late, afterCancelMs: 50 }]',
    '[idle, mute]',
  );
  const { cases, notApplicable } = expand(read, CATALOGUE);
  t.same(
    cases.map(({ name }) => name),
    ['usb/i2c-dev/t0/r0', 'usb/i2c-dev/t0/r0/mute', 'soft/i2c-dev/t0/r0'],
  );
  t.match(cases[1], {
    moment: 'mute',
    misbehaviour: [
      { from: 2, kind: 'out', behaviour: { do: 'silence' } },
      { behaviour: { do: 'late', afterCancelMs: 50 } },
    ],
  });
  t.match(notApplicable, [{ name: 'soft/i2c-dev/t0/r0/mute', reason: "soft can't be told to misbehave" }]);
});

t.test('what is wrong is told with its place', async (t) => {
  for (const [rules, moments, message] of [
    ['  mute: [{ do: sulk }]', '[mute]', /s\.yaml:6:.*do: delay, status, silence/],
    ['  mute: []', '[mute]', /s\.yaml:6:.*at least one rule/],
    ['  mute: [{ do: delay }]', '[mute]', /s\.yaml:6:.*delayMs|milliseconds/],
    ['  mute: [{ at: 0, do: silence }]', '[mute]', /s\.yaml:6:.*number of a request/],
    ['  mute: [{ do: silence, loud: 1 }]', '[mute]', /s\.yaml:6:.*loud/],
    ['  storm: [{ do: silence }]', '[idle]', /s\.yaml:6:.*storm is a moment of adapters/],
    ['  mute: [{ do: silence }]', '[mut]', /s\.yaml:8:.*unknown moment mut/],
  ] as const)
    t.throws(() => suite(rules, moments), { code: 'CONFIG', message }, `${rules} ${moments}`);
});
