import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { parseConsole, type Splat, SplatStream } from './index.ts';

const DATA = fileURLToPath(new URL('testdata/', import.meta.url));
const LOGS = readdirSync(DATA)
  .filter((name) => name.endsWith('.log'))
  .map((name) => readFileSync(join(DATA, name)));

/** The splats of pieces, in the order of {@link parseConsole}. */
function inPieces(pieces: Iterable<Uint8Array>): readonly Splat[] {
  const stream = new SplatStream();
  const splats: Splat[] = [];
  for (const piece of pieces) splats.push(...stream.push(piece));
  return [...splats, ...stream.end()].sort((a, b) => a.openedLine - b.openedLine);
}

function* cut(bytes: Uint8Array, at: readonly number[]): Generator<Uint8Array> {
  const places = [0, ...[...at].sort((a, b) => a - b), bytes.length];
  for (const [i, from] of places.slice(0, -1).entries()) yield bytes.subarray(from, places[i + 1]);
}

/** A KASAN report that `caller` prints, its lines numbered on from `from`. */
function report(caller: string, name: string, from = 0): readonly string[] {
  return [
    `BUG: KASAN: slab-use-after-free in ${name}+0x1/0x2`,
    'Read of size 8 at addr ffff888004a1c0c8 by task a/1',
    'Call Trace:',
    ` ${name}+0x1/0x2`,
    '---[ end trace 0000000000000000 ]---',
  ].map((body, i) => `[${`${from + i}.000000`.padStart(12)}][${caller.padStart(6)}] ${body}\n`);
}

t.test('a log cut in two gives the same splats', async (t) => {
  for (const [index, log] of LOGS.entries()) {
    const whole = parseConsole(log);
    for (let at = index % 5; at <= log.length; at += 5) {
      const parts = inPieces(cut(log, [at]));
      if (JSON.stringify(parts) !== JSON.stringify(whole)) t.same(parts, whole, `cut at ${at}`);
    }
  }
  t.ok(LOGS.length > 5, 'there were logs to cut');
});

t.test('logs put together, mutated and cut in any number of pieces give the same splats', async () => {
  const log = fc.constantFrom(...LOGS);
  fc.assert(
    fc.property(
      fc.array(log, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(20_000), fc.nat(255)), { maxLength: 30 }),
      fc.array(fc.nat(20_000), { maxLength: 12 }),
      (logs, changes, at) => {
        const bytes = Buffer.concat(logs);
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        const whole = parseConsole(bytes);
        const parts = inPieces(
          cut(
            bytes,
            at.map((place) => place % bytes.length),
          ),
        );
        return JSON.stringify(parts) === JSON.stringify(whole);
      },
    ),
    { numRuns: 150 },
  );
});

t.test('mutations of logs never throw, and what is found lies within them', async () => {
  const piece = fc.oneof(
    fc.constantFrom(...LOGS.map((bytes) => bytes.toString('latin1'))),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '\0',
      '\r',
      '\n',
      '\x1b[31m',
      '[    1.000000]',
      '[    1.000000][   T1] ',
      'BUG: ',
      ' +0x1/0x2',
    ),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(300), fc.nat()), { maxLength: 8 }),
      (pieces, moves) => {
        let text = pieces.join('');
        for (const [from, length, to] of moves) {
          const at = from % (text.length + 1);
          const cutOut = text.slice(at, at + length);
          const rest = text.slice(0, at) + text.slice(at + length);
          const place = to % (rest.length + 1);
          text = rest.slice(0, place) + cutOut + rest.slice(place);
        }
        const bytes = Buffer.from(text, 'latin1');
        return parseConsole(bytes).every(
          (splat) =>
            splat.startByte >= 0 &&
            splat.startByte <= splat.endByte &&
            splat.endByte <= bytes.length &&
            splat.startLine <= splat.openedLine &&
            /^[\x20-\x7e]{1,120}$/.test(splat.title),
        );
      },
    ),
    { numRuns: 300 },
  );
});

t.test('a splat is delivered when it is complete', async (t) => {
  const stream = new SplatStream();
  const push = (text: string): readonly string[] => stream.push(Buffer.from(text)).map((s) => s.title);
  t.same(push(report('T10', 'alpha_read').join('')), [], 'the panic over it may still come');
  const others = Array.from({ length: 600 }, (_, i) => `[   50.000000][   T${20 + (i % 9)}] usb ${i}\n`);
  t.same(push(others.join('')), ['KASAN: slab-use-after-free Read in alpha_read']);
  t.same(stream.end(), []);
});

t.test('what is held is bounded, whatever is printed', async (t) => {
  const stream = new SplatStream();
  let delivered = 0;
  for (let caller = 0; caller < 500; caller++)
    delivered += stream.push(Buffer.from(report(`T${caller}`, 'alpha_read').slice(0, 4).join(''))).length;
  t.ok(delivered >= 500 - 64, `${delivered} of 500 callers' reports were given up for newer ones`);
  t.equal(delivered + stream.end().length, 500, 'none is lost');

  const endless = new SplatStream();
  const line = Buffer.from('[    1.000000][   T10]  beta_irq+0x1/0x2\n'.repeat(1000));
  const first = Buffer.from(report('T10', 'alpha_read').slice(0, 4).join(''));
  let parts = endless.push(first).length;
  for (let i = 0; i < 10; i++) parts += endless.push(line).length;
  t.equal(parts, 1, 'a stack without end is cut');
});

t.test('a line longer than any record is read at its beginning only, in any pieces', async (t) => {
  const head = `[    1.000000][   T10] BUG: KASAN: slab-use-after-free in alpha_read+0x1/0x2`;
  const bytes = Buffer.from(
    `${head}${' x'.repeat(500_000)}\n${report('T10', 'alpha_read').slice(1).join('')}`,
  );
  const whole = parseConsole(bytes);
  t.same(
    whole.map((s) => [s.title, s.startByte, s.endLine]),
    [['KASAN: slab-use-after-free Read in alpha_read', 0, 5]],
  );
  t.same(inPieces(cut(bytes, [50, 5000, 700_000])), whole);
  const hidden = Buffer.from(`${'x'.repeat(10_000)}${head}\n`);
  t.same(parseConsole(hidden), []);
  t.same(inPieces(cut(hidden, [9_990, 10_010])), []);
});
