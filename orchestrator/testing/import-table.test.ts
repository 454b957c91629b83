/** The import table of the README's architecture section, enforced. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

/** Who may import whom. Only downwards; a folder that is not listed may not exist. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  oops: ['base'],
  ktap: ['base'],
  suite: ['base'],
  timing: ['base'],
  verdict: ['base', 'suite', 'oops', 'ktap', 'timing'],
  kernel: ['base'],
  machine: ['base'],
  adapter: ['base', 'machine'],
  guest: ['base', 'kernel'],
  case: ['base', 'machine', 'adapter', 'guest', 'suite', 'oops', 'timing', 'verdict'],
  results: ['base', 'suite', 'oops', 'ktap', 'timing', 'verdict'],
  reporter: ['base', 'suite', 'ktap', 'timing', 'verdict', 'results'],
  farm: ['base', 'suite', 'verdict', 'kernel', 'machine', 'guest', 'oops', 'case', 'results'],
  cli: [
    'base',
    'oops',
    'ktap',
    'suite',
    'timing',
    'verdict',
    'kernel',
    'machine',
    'adapter',
    'guest',
    'case',
    'results',
    'reporter',
    'farm',
  ],
  testing: [
    'base',
    'oops',
    'ktap',
    'suite',
    'timing',
    'verdict',
    'kernel',
    'machine',
    'adapter',
    'guest',
    'case',
    'results',
    'reporter',
    'farm',
    'cli',
  ],
};

interface Import {
  readonly from: string;
  readonly fromFolder: string;
  readonly toFolder: string;
  readonly specifier: string;
  readonly throughIndex: boolean;
}

/** Relative imports of a source text, also dynamic ones. */
function importsOf(path: string, source: string, root: string): Import[] {
  const found = source.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"](\.[^'"]*)['"]/gm);
  return [...found].map((match) => {
    const specifier = match[1] as string;
    const target = relative(root, resolve(dirname(path), specifier));
    return {
      from: relative(root, path),
      fromFolder: relative(root, path).split('/')[0] as string,
      toFolder: target.split('/')[0] as string,
      specifier,
      throughIndex: target.split('/').length === 2 && target.endsWith('/index.ts'),
    };
  });
}

/** What is wrong with an import, or undefined. */
function violation(found: Import): string | undefined {
  if (found.fromFolder === found.toFolder) return undefined;
  const allowed = TABLE[found.fromFolder];
  if (allowed === undefined) return `${found.from}: folder ${found.fromFolder} is not in the table`;
  if (!allowed.includes(found.toFolder))
    return `${found.from}: ${found.fromFolder} may not import ${found.toFolder}`;
  // Tests may reach into a folder; the program goes through its index.
  if (!found.throughIndex && !found.from.endsWith('.test.ts') && found.fromFolder !== 'testing') {
    return `${found.from}: '${found.specifier}' goes past the index of ${found.toFolder}`;
  }
  return undefined;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

t.test('the check itself finds what is wrong', async (t) => {
  const check = (from: string, code: string): (string | undefined)[] =>
    importsOf(join(root, from), code, root).map(violation);
  t.same(check('base/x.ts', "import { a } from '../kernel/index.ts';"), [
    'base/x.ts: base may not import kernel',
  ]);
  t.same(check('cli/x.ts', "await import('../suite/parse.ts')"), [
    "cli/x.ts: '../suite/parse.ts' goes past the index of suite",
  ]);
  t.same(check('odd/x.ts', "export * from '../base/index.ts';"), [
    'odd/x.ts: folder odd is not in the table',
  ]);
  t.same(check('suite/x.ts', "import { b } from './y.ts';"), [undefined]);
});

t.test('every import goes down, and through an index', async (t) => {
  t.ok(files.length > 50);
  const found = files.flatMap((name) =>
    importsOf(join(root, name), readFileSync(join(root, name), 'utf8'), root),
  );
  t.ok(found.length > 100);
  t.same(found.map(violation).filter(Boolean), []);
});

t.test('the table has no cycle', async (t) => {
  const order = Object.keys(TABLE);
  for (const [folder, allowed] of Object.entries(TABLE)) {
    for (const other of allowed)
      t.ok(order.indexOf(other) < order.indexOf(folder), `${folder} after ${other}`);
  }
});
