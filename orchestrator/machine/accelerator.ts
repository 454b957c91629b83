/** KVM is probed by running guest code, not assumed: a device node that opens proves nothing. */
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CachePaths,
  CleanupStack,
  InfraError,
  makeTemporaryDirectory,
  startProcess,
  within,
  writeFileAtomic,
} from '../base/index.ts';
import type { Accelerator } from './spec.ts';

/** What guests run on, and why not on KVM. */
export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  readonly reason: string;
}

const PROBE_LIMIT_MS = 2000;
const FIRMWARE_BYTES = 0x10000;
const EXIT_VALUE = 0x2a;
/** isa-debug-exit ends QEMU with `(value << 1) | 1` (QEMU hw/misc/debugexit.c). */
const EXPECTED_EXIT_CODE = (EXIT_VALUE << 1) | 1;

/**
 * Firmware that counts 20 million times down in 32-bit protected mode and then writes to the isa-debug-exit port.
 * Real mode would prove nothing: KVM may emulate it without ever entering the guest. And a KVM that only emulates is
 * some 25 times slower than TCG, so that the loop does not end within the limit; real KVM needs about 10 ms.
 */
function probeFirmware(): Uint8Array {
  const image = new Uint8Array(FIRMWARE_BYTES);
  const place = (offset: number, hex: string): void =>
    image.set(Buffer.from(hex.replaceAll(' ', ''), 'hex'), offset);
  const base = FIRMWARE_BYTES - 0x1000;
  // 16 bit:  cli; lgdtl %cs:gdtr; mov %cr0,%eax; or $1,%al; mov %eax,%cr0; ljmpl $8,$1f
  place(base, 'fa 2e660f011648f0 0f20c0 0c01 0f22c0 66ea18f0ffff0800');
  // 32 bit:  1: mov $16,%ax; mov %ax,%ds; mov $20000000,%ecx; 2: dec %ecx; jnz 2b
  place(base + 0x18, '66b81000 8ed8 b9002d3101 49 75fd');
  //          mov $0xf4,%dx; mov $0x2a,%al; out %al,%dx; hlt; jmp 1b
  place(base + 0x26, '66baf400 b02a ee f4 ebe8');
  // GDT: null, flat 32-bit code, flat data; then the pseudo-descriptor (limit 23, linear address of the GDT).
  place(base + 0x30, '0000000000000000 ffff0000009bcf00 ffff00000093cf00 1700 30f0ffff');
  // Reset vector, 16 bytes below the end: jmp to the beginning of this page.
  place(FIRMWARE_BYTES - 16, 'e90df0');
  return image;
}

/**
 * Runs a few guest instructions on an accelerator, within 2 s.
 * @returns undefined when they ran, else the reason why they did not
 * @throws InfraError when QEMU can't be started; what `signal` was aborted with
 */
export async function probeAccelerator(
  accelerator: Accelerator,
  signal?: AbortSignal,
): Promise<string | undefined> {
  await using cleanup = new CleanupStack();
  const { path: directory } = cleanup.use('probe folder', await makeTemporaryDirectory('probe'));
  const firmware = join(directory, 'firmware');
  await writeFile(firmware, probeFirmware());
  const qemu = startProcess({
    argv: [
      'qemu-system-x86_64',
      ...[
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-machine',
        'q35',
        '-accel',
        accelerator,
        '-m',
        '16M',
      ],
      ...['-bios', firmware, '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-no-reboot'],
    ],
    graceMs: 200,
    ...(signal === undefined ? {} : { signal }),
  });
  cleanup.use('probe', qemu);
  let stderr = '';
  qemu.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const status = await within(qemu.exited, PROBE_LIMIT_MS, signal);
  signal?.throwIfAborted();
  if (status === undefined) return `20 million guest loops did not end within ${PROBE_LIMIT_MS / 1000} s`;
  if (status.code === EXPECTED_EXIT_CODE) return undefined;
  const words = stderr.trim().split('\n')[0] ?? '';
  return `20 million guest loops ended with ${status.signal ?? `exit code ${status.code}`}${words === '' ? '' : `: ${words}`}`;
}

/**
 * The accelerator that was asked for, or else KVM when guest code runs on it and TCG when not.
 * @throws InfraError when KVM was asked for and is not usable; what `signal` was aborted with
 */
export async function chooseAccelerator(
  cache: CachePaths,
  signal?: AbortSignal,
  asked?: Accelerator,
): Promise<AcceleratorChoice> {
  if (asked === 'tcg') return { accelerator: 'tcg', reason: 'it was asked for' };
  const found = await probeKvm(cache, signal);
  if (asked === 'kvm' && found.accelerator !== 'kvm')
    throw new InfraError(`--accel kvm: ${found.reason}`, {
      hint: 'leave --accel out: guests then run on TCG',
    });
  return found;
}

/** The answer is kept per boot of the host. */
async function probeKvm(cache: CachePaths, signal?: AbortSignal): Promise<AcceleratorChoice> {
  const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!usable) return { accelerator: 'tcg', reason: '/dev/kvm is missing or may not be opened' };
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const remembered = join(cache.root, `accelerator-${bootId}.json`);
  try {
    const choice = JSON.parse(await readFile(remembered, 'utf8')) as AcceleratorChoice;
    if (choice.accelerator === 'kvm' || choice.accelerator === 'tcg') return choice;
  } catch {
    // Not probed since the host booted, or the note is damaged: probe.
  }
  const failure = await probeAccelerator('kvm', signal);
  const choice: AcceleratorChoice =
    failure === undefined
      ? { accelerator: 'kvm', reason: 'guest code ran on it' }
      : { accelerator: 'tcg', reason: `KVM is not usable here: ${failure}` };
  await writeFileAtomic(remembered, `${JSON.stringify(choice)}\n`);
  return choice;
}
