/** Whether plugging again and again loses memory, in the guest or here. */
import { readdirSync } from 'node:fs';
import type { Test } from 'tap';
import { slopePerStep } from '../timing/index.ts';
import type { UsbGuest } from './usb-guest.ts';

/** What a cycle may lose on the average. A leaked struct usb_device is some 2 KiB, a task's stack 16 KiB. */
const GUEST_LIMIT_KIB = 1;
const HOST_LIMIT_KIB = 8;
/** With fewer cycles caches and KASAN's quarantine are all that is seen. */
const LEAST_CYCLES = 100;

/** How many samples of a test's cycles are taken. */
export const SAMPLES = 8;

/** What was in use at one moment. */
export interface MemorySample {
  readonly guestKiB: number;
  readonly hostKiB: number;
  readonly descriptors: number;
}

/** Looks at the guest and at this process. */
export async function sampleMemory(guest: UsbGuest): Promise<MemorySample> {
  // Freed memory waits in KASAN's quarantine; what reclaim can give back is no leak (Documentation/filesystems/proc.rst).
  const text = await guest.run(
    'echo 3 >/proc/sys/vm/drop_caches; grep -E "SUnreclaim|KernelStack|PageTables|Percpu" /proc/meminfo',
  );
  const guestKiB = [...text.matchAll(/(\d+) kB/g)].reduce((sum, [, kib]) => sum + Number(kib), 0);
  globalThis.gc?.();
  return {
    guestKiB,
    hostKiB: process.memoryUsage().heapUsed / 1024,
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

/** Checks that no descriptor is left and, with enough cycles, that the slopes are flat. */
export function checkSlopes(t: Test, samples: readonly MemorySample[], cycles: number): void {
  // The first ones fill caches and the quarantine.
  const settled = samples.slice(samples.length / 2);
  const perCycle = (of: (one: MemorySample) => number): number =>
    slopePerStep(settled.map(of)) / (cycles / SAMPLES);
  const guestKiB = perCycle((one) => one.guestKiB);
  const hostKiB = perCycle((one) => one.hostKiB);
  t.comment(`slopes: guest ${guestKiB.toFixed(3)} KiB, unplug ${hostKiB.toFixed(3)} KiB a cycle`);
  t.comment(`guest KiB: ${samples.map((one) => one.guestKiB).join(' ')}`);
  t.equal(samples.at(-1)?.descriptors, samples[0]?.descriptors, 'no descriptor is left open');
  if (cycles < LEAST_CYCLES) return;
  t.ok(guestKiB < GUEST_LIMIT_KIB, `the guest loses ${guestKiB.toFixed(3)} KiB a cycle`);
  t.ok(hostKiB < HOST_LIMIT_KIB, `unplug loses ${hostKiB.toFixed(3)} KiB a cycle`);
}
