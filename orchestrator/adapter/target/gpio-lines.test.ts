import fc from 'fast-check';
import t from 'tap';
import { type Edge, GpioLines, type Level } from './gpio-lines.ts';

t.test('inputs follow the outside, or the pull when nothing drives them', async (t) => {
  const lines = new GpioLines(2);
  t.equal(lines.count, 2);
  t.same([lines.isOutput(0), lines.level(0), lines.level(1)], [false, 0, 0]);
  lines.drive(0, 1);
  t.equal(lines.level(0), 1);
  lines.pull(0, 0);
  t.equal(lines.level(0), 1, 'what drives is stronger than the pull');
  lines.drive(0, 'open');
  t.equal(lines.level(0), 0);
  lines.pull(0, 1);
  t.equal(lines.level(0), 1);
  lines.drive(0, 0);
  t.equal(lines.level(0), 0);
});

t.test('outputs have what the guest drives; the rest comes back with the input', async (t) => {
  const lines = new GpioLines(1);
  lines.drive(0, 1);
  lines.setLevel(0, 0);
  t.equal(lines.level(0), 1, 'not yet an output');
  lines.setOutput(0, true);
  t.same([lines.isOutput(0), lines.level(0)], [true, 0]);
  lines.setLevel(0, 1);
  lines.drive(0, 0);
  t.equal(lines.level(0), 1);
  lines.setOutput(0, false);
  t.equal(lines.level(0), 0);
});

t.test('levels of all lines, also of more than 31', async (t) => {
  const lines = new GpioLines(40);
  lines.drive(1, 1);
  lines.drive(31, 1);
  lines.drive(39, 1);
  t.equal(lines.levels(), 2 + 2 ** 31 + 2 ** 39);
});

t.test('a line that is not there', async (t) => {
  const lines = new GpioLines(8);
  t.throws(() => lines.drive(8, 1), new RangeError('no line 8: there are 8'));
  t.throws(() => lines.level(-1), RangeError);
  t.throws(() => lines.setOutput(8, true), RangeError);
});

t.test('edges are told to all, until they have enough', async (t) => {
  const lines = new GpioLines(2);
  const seen: string[] = [];
  const listen = (name: string): (() => void) =>
    lines.onEdge(({ line, level, atMs }) => seen.push(`${name} ${line}=${level} ${Number.isFinite(atMs)}`));
  const [first, second] = [listen('first'), listen('second')];
  lines.drive(1, 1);
  lines.drive(1, 1);
  first();
  lines.drive(1, 0);
  second();
  lines.drive(1, 1);
  t.same(seen, ['first 1=1 true', 'second 1=1 true', 'second 1=0 true']);
});

t.test('a listener that changes lines: everyone sees all edges in order', async (t) => {
  const lines = new GpioLines(2);
  const seen: string[] = [];
  lines.onEdge(({ line, level }) => {
    if (line === 0) lines.drive(1, level);
  });
  lines.onEdge(({ line, level }) => seen.push(`${line}=${level}`));
  lines.drive(0, 1);
  lines.drive(0, 0);
  t.same(seen, ['0=1', '1=1', '0=0', '1=0']);
});

t.test('a listener that another one took off is not told any more', async (t) => {
  const lines = new GpioLines(1);
  let told = 0;
  let off: () => void = () => undefined;
  lines.onEdge(() => off());
  off = lines.onEdge(() => {
    told += 1;
  });
  lines.drive(0, 1);
  t.equal(told, 0);
});

t.test('a listener that throws does not make the lines deaf', async (t) => {
  const lines = new GpioLines(1);
  const off = lines.onEdge(() => {
    throw new Error('mine');
  });
  t.throws(() => lines.drive(0, 1), /mine/);
  off();
  const seen: Edge[] = [];
  lines.onEdge((edge) => seen.push(edge));
  lines.drive(0, 0);
  t.match(seen, [{ line: 0, level: 0 }]);
});

t.test('edges alternate, and the last one is the level', async () => {
  const step = fc.record({
    what: fc.constantFrom('drive', 'open', 'pull', 'output', 'input', 'level'),
    level: fc.constantFrom<Level>(0, 1),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const lines = new GpioLines(1);
      const seen: Level[] = [];
      lines.onEdge(({ level }) => seen.push(level));
      for (const { what, level } of steps) {
        if (what === 'drive') lines.drive(0, level);
        else if (what === 'open') lines.drive(0, 'open');
        else if (what === 'pull') lines.pull(0, level);
        else if (what === 'level') lines.setLevel(0, level);
        else lines.setOutput(0, what === 'output');
      }
      const expected = seen.map((_, index) => (index + 1) % 2);
      if (seen.join() !== expected.join()) throw new Error(`edges ${seen}`);
      if (lines.level(0) !== (seen.at(-1) ?? 0)) throw new Error(`level ${lines.level(0)} after ${seen}`);
    }),
  );
});
