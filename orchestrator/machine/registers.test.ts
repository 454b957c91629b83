/** Registers as QEMU 7.2 printed them: of its firmware, of a kernel at rest, in a user program, and in a deadlock. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isUnstarted, parseRegisters } from './registers.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

t.test('a kernel at rest: both CPUs halted, waiting for interrupts', async (t) => {
  const idle = {
    instructionPointer: 0xffffffff81946c9fn,
    interruptsOn: true,
    halted: true,
    privilege: 0,
  };
  const parsed = parseRegisters(read('registers-idle.txt'));
  t.match(parsed, [
    { cpu: 0, ...idle },
    { cpu: 1, ...idle },
  ]);
  t.not(parsed[0]?.stackPointer, parsed[1]?.stackPointer);
});

t.test('a kernel that spins with interrupts off, and a user program', async (t) => {
  t.same(parseRegisters(read('registers-spin.txt')), [
    {
      cpu: 0,
      instructionPointer: 0xffffffff819582ban,
      stackPointer: 0xffff888005f27de8n,
      interruptsOn: false,
      halted: false,
      privilege: 0,
    },
  ]);
  t.match(parseRegisters(read('registers-user.txt')), [
    { instructionPointer: 0x52edb3n, interruptsOn: true, halted: false, privilege: 3 },
  ]);
});

t.test('CPUs that are not in 64-bit mode; one that was never started', async (t) => {
  t.match(parseRegisters(read('registers-bios.txt')), [
    { cpu: 0, instructionPointer: 0xb7b9n, stackPointer: 0x6f94n, interruptsOn: true, halted: true },
    { cpu: 1 },
  ]);
  const halted = parseRegisters(read('registers-halt.txt'));
  t.match(halted, [{ instructionPointer: 0xfffff021n, interruptsOn: false, halted: true }, { halted: true }]);
  t.same(halted.map(isUnstarted), [false, true]);
});

t.test('torn or foreign text gives the CPUs that are whole, and no error', async (t) => {
  const text = read('registers-idle.txt');
  const counts = new Set<number>();
  for (let length = 0; length < text.length; length += 7)
    counts.add(parseRegisters(text.slice(0, length)).length);
  t.same([...counts].sort(), [0, 1, 2]);
  t.same(
    parseRegisters(text.slice(0, text.indexOf('CPU#1') + 100)).map(({ cpu }) => cpu),
    [0],
  );
  t.same(parseRegisters(''), []);
  t.same(parseRegisters('\nCPU#0\r\n pc 0000000000000000 sp 0000000000000000\r\n'), []);
});
