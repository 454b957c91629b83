import t from 'tap';
import { z } from 'zod';
import { parseYaml } from './yaml.ts';

const schema = z.strictObject({ name: z.string(), list: z.array(z.number()).optional() });

t.test('values and their places', async (t) => {
  const yaml = parseYaml('f.yaml', 'name: a\nlist:\n  - 1\n  - 22\n', schema);
  t.same(yaml.value, { name: 'a', list: [1, 22] });
  t.same(yaml.locate(['list', 1]), { file: 'f.yaml', line: 4, column: 5 });
});

for (const [what, text, expected] of [
  ['an unquoted star', 'name: *x\n', { message: 'f.yaml:1:7: *x is an alias of nothing', hint: /quotes/ }],
  ['a tab', 'list:\n\t- 1\n', { message: /^f\.yaml:2:1: /, hint: /no tabs/ }],
  ['an open bracket', 'name: a\nlist: [1, 2\n', { message: /^f\.yaml:\d+:\d+: /, hint: /bracket/ }],
  ['an unknown key', 'name: a\nnmae: b\n', { message: /^f\.yaml:2:1: /, detail: '  2 | nmae: b\n    | ^' }],
  ['a wrong type', 'name: a\nlist: [1, x]\n', { message: /^f\.yaml:2:11: list\.1: /, detail: / {10}\^$/ }],
  [
    'too many aliases',
    `name: a\nlist: &a [1]\n${'x'.repeat(3)}: [${'*a,'.repeat(200)}]\n`,
    { code: 'CONFIG' },
  ],
] as const) {
  t.test(`${what} is told with its place`, async (t) => {
    t.throws(() => parseYaml('f.yaml', text, schema), { code: 'CONFIG', ...expected });
  });
}

t.test('a wrong key of a record is shown at the key', async (t) => {
  const record = z.record(z.string().regex(/^[a-z]+$/, 'expected a-z'), z.number());
  t.throws(() => parseYaml('f.yaml', 'a: 1\nB: 2\n', record), {
    message: 'f.yaml:2:1: B: expected a-z',
    detail: '  2 | B: 2\n    | ^',
  });
});
