/**
 * Plug and unplug, again and again in one guest, with nothing held: neither the guest nor unplug may lose memory or say
 * anything. npm test does a few cycles of each adapter, the full test a thousand.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { plugUsb } from '../adapter/index.ts';
import { CleanupStack, within } from '../base/index.ts';
import { parseConsole } from '../oops/index.ts';
import { slopePerStep } from '../timing/index.ts';
import { temporaryFolder } from './baseline.ts';
import { prepareUsb, type UsbGuest, usbAdapter, usbGuest } from './usb-guest.ts';

const CYCLES = process.env['UNPLUG_TEST_FULL'] === '1' ? 1000 : 8;
const SAMPLES = 8;
/** What a cycle may lose on the average. A leaked struct usb_device is some 2 KiB, a task's stack 16 KiB. */
const GUEST_LIMIT_KIB = 1;
const HOST_LIMIT_KIB = 8;

interface Sample {
  readonly guestKiB: number;
  readonly hostKiB: number;
  readonly descriptors: number;
}

async function sample(guest: UsbGuest): Promise<Sample> {
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

for (const name of ['cp2112', 'i2c-tiny-usb']) {
  t.test(`${name}: ${CYCLES} times plugged and unplugged`, async (t) => {
    const directory = await temporaryFolder(t);
    const samples: Sample[] = [];
    {
      await using cleanup = new CleanupStack();
      const guest = await usbGuest(await prepareUsb(cleanup), cleanup, directory);
      const { host, load } = usbAdapter(name, 'i2c-dev');
      await guest.run(`set -e\n${load}`);
      const { machine } = guest;
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        if (cycle % (CYCLES / SAMPLES) === 0) samples.push(await sample(guest));
        const ready = guest.printed(host.usb.readyMark);
        await using plugged = await plugUsb(machine.qmp, host.usb.create(), {
          name,
          port: String((cycle % 4) + 1),
          limitMs: machine.limits.plugMs,
        });
        if ((await within(ready, machine.limits.plugMs)) === undefined)
          throw new Error(`cycle ${cycle}: no ready mark`);
        const gone = guest.printed('USB disconnect, device number');
        await plugged.remove(cycle % 2 === 0 ? 'device_del' : 'usb_disconnect');
        if ((await within(gone, machine.limits.plugMs)) === undefined)
          throw new Error(`cycle ${cycle}: the guest did not see it go`);
      }
      samples.push(await sample(guest));
      t.equal((await guest.try('ls /dev/i2c-[1-9]* 2>/dev/null')).stdout, '', 'no node is left');
    }
    const reports = parseConsole(await readFile(join(directory, 'console.log')));
    t.same(
      reports.map(({ title }) => title),
      [],
      'no kernel report',
    );
    // The first ones fill caches and the quarantine.
    const settled = samples.slice(samples.length / 2);
    const perCycle = (of: (one: Sample) => number): number =>
      slopePerStep(settled.map(of)) / (CYCLES / SAMPLES);
    const guestKiB = perCycle(({ guestKiB }) => guestKiB);
    const hostKiB = perCycle(({ hostKiB }) => hostKiB);
    t.comment(`slopes: guest ${guestKiB.toFixed(3)} KiB, unplug ${hostKiB.toFixed(3)} KiB a cycle`);
    t.comment(`guest KiB: ${samples.map((one) => one.guestKiB).join(' ')}`);
    t.equal(samples.at(-1)?.descriptors, samples[0]?.descriptors, 'no descriptor is left open');
    if (CYCLES < 100) return;
    t.ok(guestKiB < GUEST_LIMIT_KIB, `the guest loses ${guestKiB.toFixed(3)} KiB a cycle`);
    t.ok(hostKiB < HOST_LIMIT_KIB, `unplug loses ${hostKiB.toFixed(3)} KiB a cycle`);
  });
}
