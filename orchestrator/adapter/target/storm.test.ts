import t from 'tap';
import { delay } from '../../base/index.ts';
import { GpioLines } from './gpio-lines.ts';
import { startStorm } from './storm.ts';

t.test('a storm drives its lines to and fro until it is disposed of', async (t) => {
  const lines = new GpioLines(4);
  const edges: { line: number; level: number }[] = [];
  lines.onEdge(({ line, level }) => edges.push({ line, level }));
  let made: number;
  {
    using storm = startStorm(lines, [1, 3], 1000);
    while (storm.edges < 20) await delay(2);
    made = storm.edges;
  }
  t.ok(edges.length >= 20, `${edges.length} edges`);
  t.equal(edges.length, made, 'as many as it says');
  t.same([...new Set(edges.map(({ line }) => line))].sort(), [1, 3], 'no other line');
  t.same(
    edges.filter(({ line }) => line === 1).map(({ level }) => level),
    edges.filter(({ line }) => line === 1).map((_, index) => (index % 2 === 0 ? 1 : 0)),
    'high and low in turn',
  );
  const before = edges.length;
  await delay(20);
  t.equal(edges.length, before, 'it is over');
});
