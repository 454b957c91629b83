/**
 * 200 wrong suites: each is refused with its place, as a usage error, and nothing is written. Every mutation is one that
 * can't be right; which one is taken where depends on the seed alone.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { parseDocument, stringify } from 'yaml';
import { ConfigError, repositoryRoot } from '../base/index.ts';
import { catalogue } from '../case/index.ts';
import { loadVariants } from '../kernel/index.ts';
import { parseSuite } from '../suite/index.ts';

const SEEDS = 200;
const BASE = readFileSync(join(repositoryRoot, 'suites', 'quick.yaml'), 'utf8');

/** A small generator of numbers (mulberry32): the same seed gives the same suite, on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed * 0x9e3779b1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;
type Content = Record<string, unknown>;

const pick = <T>(from: readonly T[], next: Random): T => from[next(from.length)] as T;
const content = (): Content => parseDocument(BASE).toJS() as Content;
const written = (change: (value: Content) => void): string => {
  const value = content();
  change(value);
  return stringify(value);
};
const matrixOf = (value: Content): Content => (value['matrices'] as Content[])[0] as Content;

/** Odd things that look like names, or like nothing. */
const ODD = [
  'gpio\u2010sim',
  'g\u0440io-sim',
  'gpio-sim\u200b',
  '\u202egpio-sim',
  'gpio\u0000sim',
  'gpio sim',
  '../gpio-sim',
  'gpio-sim/',
  '\ud83d\ude00',
  'ﬁxture',
  'e\u0301',
  '',
  '__proto__',
  'constructor',
  'toString',
] as const;
const WRONG = [null, 3, -1, 1.5, true, '', {}, { a: 1 }, [[]], [null], [{}], 'no such thing'] as const;
const AXES = ['adapters', 'holds', 'removals', 'classes', 'moments', 'aftermaths'] as const;

const MUTATIONS: Readonly<Record<string, (next: Random) => string>> = {
  'wrong type of a key': (next) =>
    written((value) => {
      const wrong = pick(
        WRONG.filter((one) => typeof one !== 'string' && typeof one !== 'boolean'),
        next,
      );
      value[pick(['suite', 'description', 'variants', 'limits', 'matrices', 'expectations'], next)] = wrong;
    }),
  'wrong type in a matrix': (next) =>
    written((value) => (matrixOf(value)[pick(AXES, next)] = pick(WRONG, next))),
  'wrong repeat': (next) =>
    written((value) => (matrixOf(value)['repeat'] = pick([0, -1, 1.5, 1e9, '5x', [], null, Infinity], next))),
  'wrong requires': (next) =>
    written((value) => (matrixOf(value)['requires'] = pick([['A B'], 'X', [3], [''], {}], next))),
  'wrong exclude': (next) =>
    written((value) => {
      const wrong = [
        {},
        [{}],
        [{ adapters: [] }],
        [{ holds: 'no-such' }],
        [{ hold: 'x' }],
        [3],
        ['gpio-sim'],
      ];
      matrixOf(value)['exclude'] = pick(wrong, next);
    }),
  'wrong include': (next) =>
    written((value) => {
      const { adapters, holds, removals } = matrixOf(value);
      const again = { adapters, holds, removals };
      const wrong = [{}, [{}], [{ adapters, holds }], [again], [{ ...again, moments: ['x'] }], ['x']];
      matrixOf(value)['include'] = pick(wrong, next);
    }),
  'wrong holds': (next) =>
    written((value) => {
      const wrong = [{ h: {} }, { h: { hold: 'x', with: {} } }, { h: { hold: 't0-idle', with: { a: 1 } } }];
      value['holds'] = pick([...wrong, { h: { hold: 't4-ioctl', with: { 'sleep-ms': 0 } } }, 3, []], next);
    }),
  'wrong contracts': (next) =>
    written((value) => {
      const rule = { when: 'after', op: 'ioctl', allow: { errnos: ['ENODEV'] }, source: 'x' };
      const wrong = [[], [{ ...rule, when: 'never' }], [{ ...rule, allow: {} }], [{ ...rule, op: 'IOCTL' }]];
      value['contracts'] = { c: pick([...wrong, [{ ...rule, allow: { errnos: ['nodev'] } }], 3], next) };
    }),
  'unknown contract': () => written((value) => (matrixOf(value)['contract'] = 'no-such')),
  'aftermath that nobody has': (next) =>
    written((value) => (matrixOf(value)['aftermaths'] = [pick(['replug-twice', 'uses', 'Use'], next)])),
  'odd name': (next) =>
    written((value) => (matrixOf(value)[pick(AXES.slice(0, 3), next)] = [pick(ODD, next)])),
  'unknown name': (next) =>
    written((value) => {
      const axis = pick(AXES.slice(0, 3), next);
      const names = matrixOf(value)[axis] as string[];
      names[next(names.length)] += pick(['x', '-', '1', 'é'], next);
    }),
  'unknown variant': (next) => written((value) => (value['variants'] = [`baseline${next(1000)}`])),
  'unknown key': (next) =>
    written((value) => {
      const target = pick([value, matrixOf(value), value['limits'] as Content], next);
      target[pick(['x', 'adapter', 'hold', 'Matrices', '\u200b', 'toString'], next)] = 1;
    }),
  'missing key': (next) =>
    written((value) => {
      delete value[pick(['suite', 'description', 'variants', 'limits'], next)];
    }),
  'missing key of a matrix': (next) =>
    written((value) => delete matrixOf(value)[pick(AXES.slice(0, 3), next)]),
  'names twice': (next) =>
    written((value) => {
      const names = matrixOf(value)[pick(AXES.slice(0, 3), next)] as string[];
      names.push(names[0] as string);
    }),
  'matrix twice': () => written((value) => (value['matrices'] as unknown[]).push(matrixOf(value))),
  'expectation of nothing': (next) =>
    written((value) => {
      const expectations = value['expectations'] as Content[];
      (expectations[next(expectations.length)] as Content)['cases'] = `no-such-${next(100)}/**`;
    }),
  'cut in the middle': (next) => BASE.slice(0, 1 + next(BASE.indexOf('matrices:'))),
  'a cycle of anchors': (next) =>
    `${BASE}\n${pick(['x: &a [*a]', 'x: &a { b: *a }', 'x: &a [&b [*a, *b]]', 'x: *x', '<<: *x'], next)}\n`,
  'a bomb of aliases': () =>
    [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...[...'bcdefgh'].map((key, at) => `${key}: &${key} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`),
    ].join('\n'),
  '10 MB': (next) => {
    const filler = pick(['# x\n', 'x: 1\n', '- ', 'é', '\n', '[', '"', '&a '], next);
    return `${BASE}${filler.repeat(Math.ceil((10 * 1024 * 1024) / Buffer.byteLength(filler)))}`;
  },
  'deep nesting': (next) =>
    `${BASE}x: ${pick(['[', '{a: ', '- ', '? ', '!!seq [', '&a ['], next).repeat(150 + next(60))}`,
  'odd characters': (next) => {
    const at = next(BASE.indexOf('matrices:'));
    const odd = pick(
      ['\u0000', '\u0007', '\ufeff\ufeff:', '\u2028- ', '\t:\t', '\u0085]', '"', '}', '%', '@'],
      next,
    );
    return `${BASE.slice(0, at)}\n${odd}\n${BASE.slice(at)}`;
  },
  tags: (next) =>
    BASE.replace('suite: ', `suite: ${pick(['!!binary ', '!!js/function ', '!x ', '!!float '], next)}`),
  'several documents': () => `${BASE}\n---\n${BASE}`,
  'key twice': (next) => `${BASE}\n${pick(['suite: a', 'limits: {}', 'matrices: []'], next)}\n`,
};
const NAMES = Object.keys(MUTATIONS);

const mutated = (seed: number): { readonly what: string; readonly text: string } => {
  const next = random(seed);
  const what = NAMES[seed % NAMES.length] as string;
  return { what, text: (MUTATIONS[what] as (next: Random) => string)(next) };
};

t.test(`${SEEDS} mutated suites are refused with a place`, async (t) => {
  const known = { catalogue: catalogue(), variants: Object.keys((await loadVariants()).value.variants) };
  t.doesNotThrow(() => parseSuite(BASE, 's.yaml', known), 'unchanged it is right');
  t.doesNotThrow(() => parseSuite(stringify(content()), 's.yaml', known), 'written anew it is right');
  for (let seed = 0; seed < SEEDS; seed++) {
    const { what, text } = mutated(seed);
    let found: unknown;
    try {
      parseSuite(text, 's.yaml', known);
    } catch (error) {
      found = error;
    }
    const name = `seed ${seed}, ${what}`;
    if (!(found instanceof ConfigError)) t.fail(name, { found: String(found), text: text.slice(0, 2000) });
    else
      t.match(found, { exitCode: 64, message: /^s\.yaml:\d+:\d+: \S/, location: { file: 's.yaml' } }, name);
  }
});

t.test('the command says where, exits with 64, and leaves the results alone', async (t) => {
  const directory = t.testdir();
  const results = join(directory, 'results');
  const cli = join(import.meta.dirname, 'main.ts');
  const { writeFile } = await import('node:fs/promises');
  for (const what of ['wrong type in a matrix', '10 MB', 'a cycle of anchors', 'odd name']) {
    const file = join(directory, 'bad.yaml');
    await writeFile(file, (MUTATIONS[what] as (next: Random) => string)(random(1)));
    const arguments_ = ['--import=tsx', cli, 'run', file, '--results', results];
    const ended = await promisify(execFile)(process.execPath, arguments_).then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    t.equal(ended.code, 64, what);
    t.equal(ended.stdout, '', what);
    t.match(ended.stderr, /bad\.yaml:\d+:\d+: /, what);
    t.notOk(existsSync(results), `${what}: nothing was written`);
  }
});
