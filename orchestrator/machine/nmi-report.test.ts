/** What Linux 6.12.117 printed on an NMI, and had on its stack: a CPU that takes a spinlock twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseNmiReport, tellingFunction } from './nmi-report.ts';
import { parseStackWords, stackCommand, stackFunctions } from './stack-words.ts';
import { findFunction, parseSystemMap } from './system-map.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

t.test('the interrupted code, not the handler; and who called what spins', async (t) => {
  const report = parseNmiReport(read('nmi-spin.log').split('\n'));
  t.same(report, {
    cpu: 0,
    functions: [
      'queued_spin_lock_slowpath',
      'dg_deadlock',
      'dg_thread',
      'kthread',
      'ret_from_fork',
      'ret_from_fork_asm',
    ],
  });
  t.equal(tellingFunction(report.functions), 'dg_deadlock');
  t.equal(
    tellingFunction(['native_queued_spin_lock_slowpath', '_raw_spin_lock_irqsave']),
    'native_queued_spin_lock_slowpath',
  );
  for (const name of [
    '__const_udelay',
    'delay_tsc',
    '__delay',
    'kasan_check_range',
    '__asan_load4',
    'smp_call_function_many_cond',
  ])
    t.equal(tellingFunction([name, 'x']), 'x', name);
  for (const name of ['queue_work_on', 'lock_sock_nested', 'delayed_work_timer_fn', 'spi_sync'])
    t.equal(tellingFunction([name, 'x']), name, name);
});

t.test('a kernel that does not panic, is cut short, or says nothing', async (t) => {
  const lines = read('nmi-spin.log').split('\n');
  t.same(parseNmiReport(lines.slice(0, 1)), { cpu: 0, functions: [] });
  t.same(parseNmiReport(lines.slice(0, 4)), { cpu: 0, functions: [] });
  t.same(parseNmiReport([]), { cpu: null, functions: [] });
  t.same(parseNmiReport(['RIP: 0010:0xffffffffa0000010', 'Code: 00']).functions, []);
  // A task that came from user space: its own registers end the kernel's part.
  t.same(
    parseNmiReport([
      'RIP: 0010:spin+0x1/0x2 [m]',
      ' <TASK>',
      ' vfs_write.part.0+0x1/0x2',
      ' ? ksys_write+0x1/0x2',
      'RIP: 0033:0x41',
      ' not_this+0x1/0x2',
    ]).functions,
    ['spin', 'vfs_write'],
  );
});

t.test('the stack as the monitor reads it', async (t) => {
  t.equal(stackCommand(0xffff888005f27de8n), 'x /192gx 0xffff888005f27de8');
  const words = parseStackWords(read('stack-spin.txt'));
  t.equal(words.length, 192);
  t.equal(words[0], 0xffffffff810e4b9bn);
  const map = parseSystemMap(read('System.map'));
  const names = stackFunctions(words, (address) => findFunction(map, address));
  t.ok(names.includes('kthread') && names.includes('ret_from_fork_asm'), names.join(' '));
  t.same(parseStackWords('ffffffff81000000: Cannot access memory\r\n'), []);
});
