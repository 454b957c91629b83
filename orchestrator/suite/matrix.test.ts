/** What a matrix may say beyond its product: what it leaves out and adds, how often, what it needs, named things. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigError, repositoryRoot } from '../base/index.ts';
import { expand } from './expand.ts';
import { parseSuite } from './parse.ts';
import { suiteJsonSchema } from './schema.ts';
import type { Catalogue, RemovalCase } from './types.ts';

const CATALOGUE: Catalogue = {
  adapters: ['a', 'b'].map((name) => ({
    name,
    deviceClass: 'c',
    description: name,
    holds: ['t0-idle', 't4-ioctl'],
    removals: ['r0', 'r1'],
    moments: ['storm'],
    ...(name === 'a' ? { aftermaths: ['rebind'] } : {}),
    requiredSymbols: [],
  })),
  holdParameters: { 't4-ioctl': { 'sleep-ms': { least: 1, most: 1000, description: 'milliseconds' } } },
};
const KNOWN = { catalogue: CATALOGUE, variants: ['v'] };
const HEAD = `suite: s
description: d
variants: [v]
limits: { removalMs: 1000, userMs: 1000 }
`;
/** Line 5 is the first of these. */
const read = (rest: string) => parseSuite(`${HEAD}${rest}`, 's.yaml', KNOWN);
const casesOf = (rest: string): readonly RemovalCase[] =>
  expand(read(rest), CATALOGUE).cases.filter((one) => one.kind === 'removal');
const namesOf = (rest: string): readonly string[] => casesOf(rest).map(({ name }) => name);

function complaint(rest: string): string {
  try {
    read(rest);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${error.message}${error.hint === undefined ? '' : ` [${error.hint}]`}`;
  }
  return 'no complaint';
}

const MATRIX = `matrices:
  - adapters: [a, b]
    holds: [t0-idle, t4-ioctl]
    removals: [r0, r1]
`;

t.test('what is excluded is not there, what is included comes after', async (t) => {
  t.same(
    namesOf(`${MATRIX}    exclude:
      - { adapters: b, holds: [t4-ioctl] }
      - { removals: r1 }
    include:
      - { adapters: [b], holds: [t0-idle], removals: [r1], moments: [storm] }
      - { adapters: [a], holds: [t0-idle], removals: [r1], aftermaths: [rebind] }
`),
    ['a/c/t0-idle/r0', 'a/c/t4-ioctl/r0', 'b/c/t0-idle/r0', 'b/c/t0-idle/r1/storm', 'a/c/t0-idle/r1/rebind'],
  );
});

t.test('an exclusion takes away its points and changes no other', async () => {
  const every = namesOf(MATRIX);
  fc.assert(
    fc.property(
      fc.subarray(['a', 'b'], { minLength: 1 }),
      fc.subarray(['t0-idle', 't4-ioctl'], { minLength: 1 }),
      fc.constantFrom('r0', 'r1'),
      (adapters, holds, removal) => {
        const left = namesOf(
          `${MATRIX}    exclude: [{ adapters: [${adapters}], holds: [${holds}], removals: ${removal} }]\n`,
        );
        const isOut = (name: string): boolean => {
          const [adapter = '', , hold = '', how = ''] = name.split('/');
          return adapters.includes(adapter) && holds.includes(hold) && how === removal;
        };
        return JSON.stringify(left) === JSON.stringify(every.filter((name) => !isOut(name)));
      },
    ),
  );
});

t.test(
  'repeats, symbols, named holds and contracts are in the cases, and names do not change by them',
  async (t) => {
    const plain = namesOf(MATRIX);
    const rest = `${MATRIX}    repeat: 5
    requires: [CONFIG_X, Y]
    contract: strict
holds:
  brief: { hold: t4-ioctl, with: { sleep-ms: 20 } }
contracts:
  strict:
    - { when: after, op: ioctl, allow: { errnos: [ENXIO] }, source: the series says so }
`;
    const cases = casesOf(rest);
    t.same(
      cases.map(({ name }) => name),
      plain,
    );
    t.match(cases[0], {
      repeat: 5,
      symbols: ['X', 'Y'],
      contract: [{ op: 'ioctl', source: 'the series says so' }],
    });
    const named = casesOf(rest.replace('[t0-idle, t4-ioctl]', '[brief]'));
    t.match(named[0], { name: 'a/c/brief/r0', hold: 't4-ioctl', parameters: { 'sleep-ms': 20 } });
    t.same(casesOf(MATRIX)[0], {
      kind: 'removal',
      name: 'a/c/t0-idle/r0',
      adapter: 'a',
      deviceClass: 'c',
      hold: 't0-idle',
      removal: 'r0',
    });
  },
);

t.test('an aftermath that one adapter has does not apply to the other', async (t) => {
  const { cases, notApplicable } = expand(read(`${MATRIX}    aftermaths: [use, rebind]\n`), CATALOGUE);
  t.equal(cases.length, 8 + 4);
  t.match(notApplicable[0], { name: 'b/c/t0-idle/r0/rebind', reason: 'b (c) has no aftermath rebind' });
});

t.test('complaints', async (t) => {
  for (const [more, wanted] of [
    [
      '    exclude: [{ holds: t4-ioct }]',
      's.yaml:9:24: unknown hold t4-ioct [did you mean t4-ioctl or t0-idle?]',
    ],
    [
      '    exclude: [{ adapters: a, moments: storm }]',
      's.yaml:9:15: excludes nothing: no point of the matrix fits all of its keys [expected names that the matrix has, or take it out]',
    ],
    [
      '    exclude: [{ adapters: [a, b] }]',
      's.yaml:9:14: excludes every point of the matrix [expected some left]',
    ],
    [
      '    exclude: [{}]',
      's.yaml:9:15: matrices.0.exclude.0: expected at least one key, or everything would be left out',
    ],
    [
      '    exclude: [{ hold: t0-idle }]',
      's.yaml:9:17: matrices.0.exclude.0: unknown key "hold", did you mean holds?',
    ],
    [
      '    include: [{ adapters: [a], holds: [t0-idle], removals: [r0] }]',
      's.yaml:6:5: case a/c/t0-idle/r0 is asked for twice by this matrix, which includes it again [expected each case once]',
    ],
    [
      '    repeat: 0',
      's.yaml:9:13: matrices.0.repeat: expected a whole number of times from 1 to 10000, not 0',
    ],
    [
      '    requires: [X Y]',
      's.yaml:9:16: matrices.0.requires.0: expected a config symbol such as GPIO_SIM, not "X Y"',
    ],
    [
      '    aftermaths: [replug]',
      "s.yaml:9:18: aftermath replug (as use; then the device is plugged again under the same name with the old files held) can't be run yet: no adapter has it [expected use or rebind]",
    ],
    ['    aftermaths: [rebnd]', 's.yaml:9:18: unknown aftermath rebnd [did you mean rebind?]'],
    ['    contract: x', 's.yaml:9:15: unknown contract x [there are none]'],
    [
      'holds: { h: { hold: t0-idle, with: { sleep-ms: 1 } } }',
      's.yaml:9:48: hold t0-idle has no parameter sleep-ms [t0-idle takes no parameter]',
    ],
    [
      'holds: { h: { hold: t4-ioctl, with: { sleep-ms: 1001 } } }',
      's.yaml:9:49: sleep-ms: expected milliseconds, a whole number from 1 to 1000, not 1001',
    ],
    [
      'holds: { t0-idle: { hold: t4-ioctl, with: {} } }',
      's.yaml:9:19: t0-idle is a hold of adapters [expected another name]',
    ],
    [
      'misbehaviours: { use: [{ at: 1, do: silence }] }',
      's.yaml:9:23: use is an aftermath [expected another name]',
    ],
    [
      'contracts: { c: [{ when: after, op: read, allow: { errno: [EIO] }, source: x }] }',
      /^s\.yaml:9:52: contracts\.c\.0\.allow: /,
    ],
  ] as const) {
    const found = complaint(`${MATRIX}${more}\n`);
    if (typeof wanted === 'string') t.equal(found, wanted);
    else t.match(found, wanted);
  }
});

t.test('the JSON Schema takes every suite of the repository, and no wrong one', async (t) => {
  const schema = z.fromJSONSchema(suiteJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const folder = join(repositoryRoot, 'suites');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  t.ok(files.length > 0);
  for (const file of files) {
    const value = parse(readFileSync(join(folder, file), 'utf8'));
    t.ok(schema.safeParse(value).success, file);
    t.notOk(schema.safeParse({ ...value, variants: 3 }).success, `${file} with a number for its variants`);
    t.notOk(schema.safeParse({ ...value, extra: 3 }).success, `${file} with a key too many`);
    t.notOk(schema.safeParse({ ...value, limits: undefined }).success, `${file} without limits`);
  }
});
