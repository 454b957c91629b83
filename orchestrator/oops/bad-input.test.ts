/** What no console should hold, and work counted instead of timed: linear in what is printed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseConsole, RULES, SplatStream } from './index.ts';

const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));
const LOGS = readdirSync(CORPUS).map((name) => readFileSync(join(CORPUS, name)));

const REPORT = [
  'BUG: KASAN: slab-use-after-free in x_read+0x1/0x2',
  'Read of size 8 at addr ffff888004a1c0c8 by task a/1',
  'Call Trace:',
  ' x_read+0x1/0x2',
];
const TITLE = 'KASAN: slab-use-after-free Read in x_read';
const titles = (text: string): readonly string[] =>
  parseConsole(Buffer.from(text, 'latin1')).map((s) => s.title);

t.test('our own corpus cut in three at many places gives the same splats', async (t) => {
  for (const [index, log] of LOGS.entries()) {
    const whole = JSON.stringify(parseConsole(log));
    for (let at = index % 97; at < log.length; at += 997) {
      const stream = new SplatStream();
      const to = at + 1 + (at % 31);
      const splats = [log.subarray(0, at), log.subarray(at, to), log.subarray(to)].flatMap((piece) =>
        stream.push(piece),
      );
      const all = [...splats, ...stream.end()].sort((a, b) => a.openedLine - b.openedLine);
      if (JSON.stringify(all) !== whole) t.fail(`log ${index} cut at ${at}`);
    }
  }
  t.ok(LOGS.length >= 30, `${LOGS.length} logs`);
});

t.test('noise in a report', async (t) => {
  t.same(
    titles(REPORT.map((line) => `\x1b[1;31m${line}\x1b[0m\r`).join('\n')),
    [TITLE],
    'colours and carriage returns',
  );
  t.same(titles(REPORT.map((line) => `\0${line}\0\0`).join('\n')), [TITLE], 'NULs');
  t.same(
    titles(REPORT.map((line, i) => `[${`${9 - i}.000000`.padStart(12)}][   T1] ${line}`).join('\n')),
    [TITLE],
    'a clock that runs backwards',
  );
  t.same(
    titles(`${REPORT.slice(0, 2).join('\n')}\n\x1b]0;title\x07${REPORT.slice(2).join('\n')}`),
    [TITLE],
    'a title for a terminal',
  );
  t.same(titles(`\xff\xfe\x80\n${REPORT.join('\n')}\n\xe6\x97\xa5\n`), [TITLE], 'bytes of other languages');
  const four = ['T10', 'C1', 'C2', 'C3'];
  const mixed = REPORT.flatMap((line, i) => four.map((by) => `[    1.00000${i}][${by.padStart(6)}] ${line}`));
  t.same(titles(mixed.join('\n')), [TITLE, TITLE, TITLE, TITLE], 'four writers, line by line');
});

t.test('one line without end', async (t) => {
  const stream = new SplatStream();
  const piece = Buffer.alloc(1 << 20, 'x');
  for (let i = 0; i < 100; i++) t.same(stream.push(piece), []);
  t.same(stream.push(Buffer.from(`\n${REPORT.join('\n')}\n`)), []);
  const [splat] = stream.end();
  t.match(splat, { title: TITLE, startLine: 2, startByte: 100 * (1 << 20) + 1 });
});

t.test('rules are tried on lines with a hint only, once a line', async (t) => {
  let tried = 0;
  const rule = RULES[0];
  if (rule === undefined) return t.fail('there are rules');
  const { match } = rule;
  match.exec = (text) => {
    tried++;
    return RegExp.prototype.exec.call(match, text);
  };
  t.teardown(() => {
    match.exec = RegExp.prototype.exec;
  });
  parseConsole('usb 1-1: USB disconnect\n'.repeat(10_000));
  t.equal(tried, 0, 'a quiet console');
  const once = `${REPORT.join('\n')}\n---[ end trace 0000000000000000 ]---\n${'usb 1-1: reset\n'.repeat(5)}`;
  parseConsole(once);
  const one = tried;
  parseConsole(once.repeat(50));
  t.equal(tried - one, 50 * one, 'fifty times as many reports are fifty times the work');
});
