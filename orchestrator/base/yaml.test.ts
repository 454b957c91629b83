import t from 'tap';
import { z } from 'zod';
import { parseYaml } from './yaml.ts';

const schema = z.strictObject({ name: z.string(), limits: z.strictObject({ ms: z.number() }).optional() });

function complaint(text: string): unknown {
  try {
    parseYaml('f.yaml', text, schema);
  } catch (error) {
    const { message, detail } = error as { message: string; detail: string };
    return `${message}\n${detail}`;
  }
  return 'no complaint';
}

t.test('a good file is returned with the places of its values', async (t) => {
  const checked = parseYaml('f.yaml', 'name: a\nlimits:\n  ms: 5\n', schema);
  t.same(checked.value, { name: 'a', limits: { ms: 5 } });
  t.same(checked.locate(['limits', 'ms']), { file: 'f.yaml', line: 3, column: 7 });
  t.same(checked.locate(['limits', 'absent']), { file: 'f.yaml', line: 3, column: 3 });
  t.match(checked.errorAt(['name'], 'no such name', 'did you mean b?'), {
    code: 'CONFIG',
    message: 'f.yaml:1:7: no such name',
    hint: 'did you mean b?',
    detail: '  1 | name: a\n    |       ^',
  });
});

t.test('syntax errors', async (t) => {
  t.match(complaint('name: "a\nlimits: 1\n'), /^f\.yaml:\d+:\d+: Missing closing "quote/);
  t.match(
    complaint('name: a\nname: b\n'),
    /^f\.yaml:2:1: Map keys must be unique\n {2}2 \| name: b\n {4}\| \^$/,
  );
});

t.test('schema errors', async (t) => {
  t.equal(
    complaint('name: a\nlimits:\n  ms: soon\n'),
    'f.yaml:3:7: limits.ms: Invalid input: expected number, received string\n  3 |   ms: soon\n    |       ^',
  );
  t.equal(
    complaint('name: a\nlimits:\n  ms: 5\n  s: 1\n'),
    'f.yaml:4:3: limits: Unrecognized key: "s"\n  4 |   s: 1\n    |   ^',
  );
  t.match(
    complaint('limits: {ms: 5}\n'),
    /^f\.yaml:1:1: name: Invalid input: expected string, received undefined/,
  );
  t.match(complaint(''), /^f\.yaml:1:1: Invalid input: expected object/);
});

t.test('an alias bomb is refused', async (t) => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let n = 1; n < 9; n++) {
    const [previous, next] = [n - 1, n].map((i) => String.fromCharCode(97 + i));
    bomb.push(`${next}: &${next} [${Array(9).fill(`*${previous}`).join(',')}]`);
  }
  t.match(complaint(bomb.join('\n')), /^f\.yaml:1:1: Excessive alias count/);
});
