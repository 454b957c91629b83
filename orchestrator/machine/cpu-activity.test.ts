/** What CPUs do, from made and from recorded looks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { activityText, type CpuActivityKind, cpuActivities, freezeOf, hasWork } from './cpu-activity.ts';
import { type CpuRegisters, parseRegisters } from './registers.ts';
import { findFunction, parseSystemMap } from './system-map.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

/** `h` halted, `r` running, with a capital letter when interrupts are on; `u` in user mode; `x` at the reset vector. */
function look(letter: string, cpu = 0): CpuRegisters {
  const interruptsOn = letter !== letter.toLowerCase() || letter === 'u';
  const halted = letter.toLowerCase() === 'h' || letter === 'x';
  const instructionPointer = letter === 'x' ? 0xfff0n : 0x1000n;
  return {
    cpu,
    instructionPointer,
    stackPointer: 0n,
    interruptsOn,
    halted,
    privilege: letter === 'u' ? 3 : 0,
  };
}

const kindOf = (letters: string): CpuActivityKind | undefined =>
  cpuActivities(
    [...letters].map((letter) => [look(letter)]),
    () => undefined,
  )[0]?.kind;

t.test('the kind of a CPU', async (t) => {
  const kinds: readonly (readonly [string, CpuActivityKind])[] = [
    ['rrrr', 'spinning'],
    ['rhrr', 'spinning'],
    ['hhhh', 'halted'],
    ['HHHH', 'idle'],
    ['xxxx', 'unstarted'],
    ['rRrr', 'busy'],
    ['RRRR', 'busy'],
    ['RuRR', 'active'],
    ['HHRH', 'active'],
    ['HHrH', 'active'],
    ['rrrH', 'active'],
  ];
  for (const [letters, kind] of kinds) t.equal(kindOf(letters), kind, letters);
});

t.test('which guests are frozen', async (t) => {
  const freeze = (...cpus: readonly string[]): string | undefined => {
    const looks = [0, 1, 2, 3].map((at) => cpus.map((letters, cpu) => look(letters[at] ?? '', cpu)));
    const found = freezeOf(cpuActivities(looks, () => undefined));
    return found && `${found.kind} ${found.cpus.map(({ cpu }) => cpu).join()}`;
  };
  t.equal(freeze('rrrr'), 'frozen-spinning 0');
  t.equal(freeze('HHHH', 'rrrr'), 'frozen-spinning 1');
  t.equal(freeze('RRrR', 'rrrr'), 'frozen-spinning 1', 'who waits for a frozen CPU is not what is frozen');
  t.equal(freeze('hhhh'), 'frozen-halted 0');
  t.equal(freeze('hhhh', 'hhhh'), 'frozen-halted 0,1');
  t.equal(freeze('hhhh', 'xxxx'), 'frozen-halted 0', 'a CPU that was never used does not count');
  t.equal(freeze('RRRR'), 'frozen-spinning 0');
  t.equal(freeze('RRRR', 'hhhh'), 'frozen-spinning 0');
  t.equal(freeze('HHHH', 'hhhh'), undefined, 'a CPU that was taken offline');
  t.equal(freeze('HHHH', 'RRRR'), undefined);
  t.equal(freeze('uuRR'), undefined);
  t.equal(freeze('xxxx'), undefined);
  t.equal(freeze(), undefined);
});

t.test('places are counted, the most frequent first', async (t) => {
  const map = parseSystemMap(read('System.map'));
  const spin = parseRegisters(read('registers-spin.txt'));
  const other = spin.map((one) => ({ ...one, instructionPointer: 0xffffffffa0000010n }));
  const user = parseRegisters(read('registers-user.txt'));
  const [activity] = cpuActivities([other, spin, spin, user], (address) => findFunction(map, address));
  if (activity === undefined) throw new Error('no CPU');
  t.equal(
    activityText(activity),
    'CPU 0: active; interrupts off 3/4, halted 0/4, in user mode 1/4; queued_spin_lock_slowpath 2×, 0xffffffffa0000010 1×, a user program 1×',
  );
  const [unstarted] = cpuActivities([[look('x', 3)]], () => undefined);
  t.equal(unstarted && activityText(unstarted), 'CPU 3: never started by the guest');
  t.same(
    cpuActivities([], () => undefined),
    [],
  );
});

t.test('a timer now and then is no work', async (t) => {
  const works = (letters: string): boolean | undefined =>
    cpuActivities(
      [...letters].map((letter) => [look(letter)]),
      () => undefined,
    ).map(hasWork)[0];
  t.same(['HHHH', 'HRHH', 'hhhh', 'xxxx'].map(works), [false, false, false, false]);
  t.same(['RRHR', 'rrrr', 'RRRR', 'uuuu'].map(works), [true, true, true, true]);
});
