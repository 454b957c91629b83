/** Diagnoses of a real QEMU that runs a few instructions of firmware in place of a kernel. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  makeTemporaryDirectory,
  monotonicMs,
  type SupervisedProcess,
  startProcess,
  within,
} from '../base/index.ts';
import { ConsoleRecorder } from './console.ts';
import { diagnose } from './diagnosis.ts';
import type { DiagnosableMachine, Diagnosis, DiagnosisLimits, GuestControl } from './diagnosis-types.ts';
import { listenForOne } from './listener.ts';
import { QmpClient } from './qmp.ts';

/** Generous where QEMU must answer, short where silence is waited for. */
const LIMITS: DiagnosisLimits = {
  endedMs: 300,
  qmpMs: 5000,
  controlMs: 300,
  looks: 8,
  lookGapMs: 25,
  nmiMs: 200,
  totalMs: 20_000,
};
const DEAD: GuestControl = { ask: () => new Promise(() => undefined) };

const FIRMWARE_BYTES = 0x10000;
/** The last page, which ends with the reset vector at 4 GiB - 16. */
const PAGE = FIRMWARE_BYTES - 0x1000;

/** Firmware that switches to 64-bit mode, as a kernel does, writes one byte to the serial port and runs `code` at fffff060. */
function firmware(code: string): Uint8Array {
  const image = new Uint8Array(FIRMWARE_BYTES);
  const place = (offset: number, hex: string): void =>
    image.set(Buffer.from(hex.replaceAll(' ', ''), 'hex'), offset);
  const table = (offset: number, entry: number, value: bigint): void =>
    new DataView(image.buffer).setBigUint64(offset + entry * 8, value, true);
  // 16 bit:  cli; lgdtl %cs:gdtr; mov %cr0,%eax; or $1,%al; mov %eax,%cr0; ljmpl $8,$1f
  place(PAGE, 'fa 2e660f011678f0 0f20c0 0c01 0f22c0 66ea18f0ffff0800');
  // 32 bit:  1: mov $16,%ax; mov %ax,%ds; mov %ax,%ss; mov %cr4,%eax; or $PAE,%eax; mov %eax,%cr4
  place(PAGE + 0x18, '66b81000 8ed8 8ed0 0f20e0 83c820 0f22e0');
  //          mov $pml4,%eax; mov %eax,%cr3; mov $EFER,%ecx; rdmsr; or $LME>>8,%ah; wrmsr
  place(PAGE + 0x29, 'b800d0ffff 0f22d8 b9800000c0 0f32 80cc01 0f30');
  //          mov %cr0,%eax; or $PG,%eax; mov %eax,%cr0; ljmp $24,$2f
  place(PAGE + 0x3d, '0f20c0 0d00000080 0f22c0 ea50f0ffff1800');
  // 64 bit:  2: mov $0x3f8,%dx; mov $'!',%al; out %al,%dx; jmp code
  place(PAGE + 0x50, '66baf803 b021 ee eb07');
  place(PAGE + 0x60, code);
  // Pseudo-descriptor; GDT: null, flat 32-bit code, flat data, 64-bit code.
  place(PAGE + 0x78, '1f00 80f0ffff');
  place(PAGE + 0x80, '0000000000000000 ffff0000009bcf00 ffff00000093cf00 ffff0000009baf00');
  // Page tables at ffffd000 and ffffe000, accessed and dirty already: one page for the fourth gigabyte.
  table(FIRMWARE_BYTES - 0x3000, 0, 0xffffe023n);
  table(FIRMWARE_BYTES - 0x2000, 3, 0xc00000e3n);
  place(FIRMWARE_BYTES - 16, 'e90df0');
  return image;
}

interface Booted {
  readonly qemu: SupervisedProcess;
  readonly machine: DiagnosableMachine;
}

/** Starts QEMU and waits until its guest is past the switch to 64-bit mode. */
async function boot(t: Test, code: string): Promise<Booted> {
  const directory = await makeTemporaryDirectory('test');
  t.teardown(() => directory[Symbol.asyncDispose]());
  const image = join(directory.path, 'firmware');
  await writeFile(image, firmware(code));
  const listener = await listenForOne(join(directory.path, 'qmp'));
  t.teardown(() => listener[Symbol.asyncDispose]());
  const log = join(directory.path, 'console.log');
  const recorder = new ConsoleRecorder(log);
  const qemu = startProcess({
    argv: [
      ...([
        'qemu-system-x86_64',
        '-nodefaults',
        '-no-user-config',
        '-no-reboot',
        '-display',
        'none',
      ] as const),
      ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-smp', '2', '-m', '16M', '-bios', image],
      ...['-chardev', `file,id=console,path=${log},append=on`, '-serial', 'chardev:console'],
      ...[
        '-chardev',
        `socket,id=qmp,path=${join(directory.path, 'qmp')}`,
        '-mon',
        'chardev=qmp,mode=control',
      ],
    ],
  });
  let stderr = '';
  qemu.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  t.teardown(async () => {
    await qemu.kill();
    await recorder.finish();
  });
  const socket = await listener.accept(20_000);
  if (socket === undefined) throw new Error(`QEMU did not call: ${stderr}`);
  const qmp = new QmpClient(socket);
  await qmp.negotiate();
  const startedMs = monotonicMs();
  while (recorder.bytes === 0 && monotonicMs() - startedMs < 20_000)
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(recorder.lastLines(1)[0], '!', 'the guest runs');
  const { pid, exited } = qemu;
  const ended = exited.then(() => stderr);
  return { qemu, machine: { pid, qmp, ended, exited, console: recorder, control: DEAD } };
}

/** The diagnosis of a guest that runs `code`. */
async function diagnosed(t: Test, code: string): Promise<Diagnosis> {
  const { machine } = await boot(t, code);
  return diagnose(machine, LIMITS);
}

t.test('1: jmp 1b with interrupts off', async (t) => {
  const found = await diagnosed(t, 'ebfe');
  t.match(found, {
    kind: 'frozen-spinning',
    summary: 'CPU 0 spins with interrupts off in 0xfffff060',
    nmiStartByte: 1,
  });
  t.ok(found.evidence.includes('CPU 0: spinning; interrupts off 16/16, halted 0/16; 0xfffff060 16×'));
  t.ok(found.evidence.includes('CPU 1: never started by the guest'));
});

t.test('1: hlt; jmp 1b with interrupts off', async (t) => {
  const found = await diagnosed(t, 'f4 ebfd');
  t.match(found, { kind: 'frozen-halted', summary: 'CPU 0 is halted with interrupts off in 0xfffff061' });
});

t.test('1: sti; hlt; jmp 1b: a guest that waits, with nobody in it to answer', async (t) => {
  const found = await diagnosed(t, 'fb f4 ebfc');
  t.match(found, { kind: 'no-userspace', summary: "the guest's programs do not answer; the CPUs idle" });
});

t.test('a QEMU that is stopped, paused, and killed', async (t) => {
  const { machine, qemu } = await boot(t, 'ebfe');
  process.kill(machine.pid, 'SIGSTOP');
  const startedMs = monotonicMs();
  const stopped = await diagnose(machine, LIMITS);
  t.match(stopped, {
    kind: 'qemu-stopped',
    summary: 'QEMU is stopped by a signal (SIGSTOP?)',
    evidence: [`/proc/${machine.pid}/stat: state T`],
  });
  t.ok(
    stopped.evidence.some((line) => /^thread \d+ qemu-system-x86: T$/.test(line)),
    stopped.evidence.join('\n'),
  );
  t.ok(monotonicMs() - startedMs < LIMITS.qmpMs, 'it is not waited for');
  process.kill(machine.pid, 'SIGCONT');

  await machine.qmp.execute('stop');
  t.match(await diagnose(machine, LIMITS), {
    kind: 'paused',
    summary: 'QEMU does not run the guest: paused, someone told QEMU to stop the guest',
  });

  process.kill(machine.pid, 'SIGKILL');
  t.match(await diagnose(machine, LIMITS), { kind: 'qemu-ended', summary: 'QEMU ended by SIGKILL' });
  t.ok(await within(qemu.exited, 5000));
});

t.test('a guest that resets itself ends QEMU', async (t) => {
  // int $0x80 without an interrupt table: a triple fault.
  const { machine } = await boot(t, 'cd80');
  t.match(await diagnose(machine, { ...LIMITS, endedMs: 5000 }), {
    kind: 'qemu-ended',
    summary: 'QEMU ended with exit code 0: the guest restarted or switched itself off',
  });
});
