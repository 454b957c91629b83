/**
 * Golden logs: testdata/NAME.log and what is read out of it, testdata/NAME.json.
 * `UPDATE=1 node --import tsx orchestrator/oops/splats.test.ts` rewrites the
 * expectations; the diff is then for a person to read.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { isHang, parseConsole } from './index.ts';

const DATA = fileURLToPath(new URL('testdata/', import.meta.url));
const LOGS = readdirSync(DATA).filter((name) => name.endsWith('.log'));

t.test('golden logs', async (t) => {
  for (const name of LOGS) {
    const bytes = readFileSync(join(DATA, name));
    const splats = parseConsole(bytes);
    const seen = splats.map(({ text, ...facts }) => ({ ...facts, lines: text.split('\n').length }));
    const golden = join(DATA, name.replace(/\.log$/, '.json'));
    if (process.env.UPDATE === '1') writeFileSync(golden, `${JSON.stringify(seen, null, 2)}\n`);
    if (!existsSync(golden)) t.fail(`${name} has no expectations: run this file with UPDATE=1`);
    else t.same(seen, JSON.parse(readFileSync(golden, 'utf8')), name);
    for (const splat of splats) {
      const cut = bytes.subarray(splat.startByte, splat.endByte).toString();
      t.equal(cut.split('\n').length, splat.endLine - splat.startLine + 1, `${name}: bytes and lines agree`);
    }
  }
});

/** One task's KASAN report, each line printed by `caller`. */
function report(caller: string, name: string): readonly string[] {
  return [
    `BUG: KASAN: slab-use-after-free in ${name}+0x1/0x2`,
    'Read of size 8 at addr ffff888004a1c0c8 by task a/1',
    'Call Trace:',
    ' dump_stack_lvl+0x5d/0x80',
    ` ${name}+0x1/0x2`,
    ' vfs_read+0x151/0x8a0',
  ].map((body, i) => `[    1.00000${i}][${caller.padStart(6)}] ${body}`);
}

t.test('reports of two callers, line by line in turn, are two reports', async (t) => {
  const a = report('T10', 'alpha_read');
  const b = report('C1', 'beta_irq');
  const mixed = a.flatMap((line, i) => [line, b[i] as string]);
  const splats = parseConsole(`${mixed.join('\n')}\n`);
  t.same(
    splats.map((s) => [s.title, s.caller, s.text.split('\n').length]),
    [
      ['KASAN: slab-use-after-free Read in alpha_read', 'T10', 6],
      ['KASAN: slab-use-after-free Read in beta_irq', 'C1', 6],
    ],
  );
});

t.test('a log cut anywhere is read without an exception, and whole reports stay', async (t) => {
  for (const name of LOGS) {
    const bytes = readFileSync(join(DATA, name));
    const whole = parseConsole(bytes);
    for (let end = 0; end < bytes.length; end += 7) {
      const cut = parseConsole(bytes.subarray(0, end));
      if (cut.length > whole.length + 1) t.fail(`${name} cut at ${end}: ${cut.length} reports`);
    }
  }
  t.same(parseConsole(''), []);
  t.same(parseConsole(new Uint8Array(0)), []);
});

t.test('what is not a report', async (t) => {
  const lines = [
    'unplug: WARNING: ours',
    'daemon INFO:',
    'fatal error: gpio.h: No such file or directory',
    '[    1.000000][    T1] SRSO: WARNING: See https://kernel.org/doc/ for mitigation options.',
    '[    1.000000][    T1] BUG: Bad page state: 12 messages suppressed',
    '[    1.000000][    T1] rcu: INFO: Expedited stall ended before state dump start',
    '[    1.000000][    T1] foo: loading out-of-tree module taints kernel.',
    '[    1.000000][    T1] Showing all locks held in the system:',
    '[    1.000000][    T1] INFO: lockdep is turned off.',
    '[    1.000000][    T1] traps: sh[60] general protection fault ip:4cb213 sp:7ffe error:0 in busybox',
    '[    1.000000][    T1] sysrq: Show Blocked State',
  ];
  for (const line of lines) t.same(parseConsole(`${line}\n`), [], line);
});

t.test('without tags, a line that no such report goes on with is of another writer', async (t) => {
  const untagged = (lines: readonly string[]): string =>
    lines.map((body, i) => `[    1.00000${i}] ${body}\n`).join('');
  const stack = ['Call Trace:', ' beta_irq+0x1/0x2', ' vfs_read+0x151/0x8a0'];
  const [first, second, ...more] = parseConsole(
    untagged([
      'BUG: KASAN: slab-out-of-bounds in alpha_read+0x1/0x2',
      'WARNING: CPU: 0 PID: 9 at fs/beta.c:1 beta_irq+0x1/0x2',
      ...stack,
    ]),
  );
  t.match(first, { title: 'KASAN: slab-out-of-bounds in alpha_read', corrupted: true });
  t.match(second, { title: 'WARNING in beta_irq', corrupted: false });
  t.same(more, []);
  const [oops, ...none] = parseConsole(
    untagged(['kernel BUG at fs/beta.c:1!', 'Oops: invalid opcode: 0000 [#1] SMP', ...stack]),
  );
  t.match(oops, { title: 'kernel BUG in beta_irq', corrupted: false });
  t.same(none, []);
});

t.test('what makes a report doubtful', async (t) => {
  const corrupted = (lines: readonly string[]): boolean | undefined =>
    parseConsole(lines.map((body, i) => `[    1.00000${i}][   T10] ${body}\n`).join(''))[0]?.corrupted;
  const warning = 'WARNING: CPU: 0 PID: 9 at fs/beta.c:1 beta_irq+0x1/0x2';
  t.equal(corrupted([warning, 'Call Trace:', ' beta_irq+0x1/0x2']), false);
  t.equal(corrupted([warning]), true, 'no stack');
  t.equal(corrupted([warning, 'Call Trace:', ' ? beta_irq+0x1/0x2']), true, 'no frame that is vouched for');
  const forced = ['Call Trace:', ' should_fail_ex+0x1/0x2', ' beta_irq+0x1/0x2'];
  t.equal(corrupted([warning, ...forced]), true, "fault injection's own stack");
  t.equal(corrupted(['Kernel panic - not syncing: Fatal exception']), true, 'what it was about is lost');
  t.equal(corrupted(['BUG: workqueue lockup - pool cpus=0 node=0 stuck for 30s!']), false, 'has no stack');
});

t.test('a panic belongs to the report it is about', async (t) => {
  const [splat, ...more] = parseConsole(
    [
      ...report('T10', 'alpha_read'),
      '[    1.1][   T10] x',
      '[    1.100000][   T10] Kernel panic - not syncing: kasan.fault=panic set ...',
    ].join('\n'),
  );
  t.equal(splat?.panicked, true);
  t.same(more, []);
  const later = parseConsole(
    [
      ...report('T10', 'alpha_read'),
      '[   90.100000][   T10] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009',
    ].join('\n'),
  );
  t.same(
    later.map((s) => s.title),
    ['KASAN: slab-use-after-free Read in alpha_read', 'kernel panic: Attempted to kill init!'],
  );
});

t.test('hangs are told from breakage', async (t) => {
  t.same((['hang', 'lockup', 'rcu-stall'] as const).map(isHang), [true, true, true]);
  t.same((['kasan', 'panic', 'lockdep', 'rcu-usage'] as const).map(isHang), [false, false, false, false]);
});

t.test('carriage returns, colours, binary bytes and other languages do no harm', async (t) => {
  const lines = report('T10', 'alpha_read');
  const plain = parseConsole(lines.join('\n'))[0];
  t.equal(parseConsole(lines.join('\r\n'))[0]?.title, plain?.title);
  t.equal(parseConsole(lines.map((l) => `\x1b[0;31m${l}\x1b[0m`).join('\n'))[0]?.title, plain?.title);
  const noise = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 7919) & 0xff);
  const bytes = Buffer.concat([noise, Buffer.from(`\n${lines.join('\n')}\nпривет\n`)]);
  const splat = parseConsole(bytes).find((s) => s.type === 'kasan');
  t.equal(splat?.title, plain?.title);
  t.match(bytes.subarray(splat?.startByte, splat?.endByte).toString(), /^\[ {4}1\.000000\]/);
});
