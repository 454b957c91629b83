/**
 * Plug and unplug of virtio devices, again and again in one guest, with nothing held. npm test does a few cycles of each,
 * the full test a thousand.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { plugVirtio } from '../adapter/index.ts';
import { CleanupStack, delay } from '../base/index.ts';
import { parseConsole } from '../oops/index.ts';
import { temporaryFolder } from './baseline.ts';
import { checkSlopes, type MemorySample, SAMPLES, sampleMemory } from './memory-slopes.ts';
import { prepareUsb, usbGuest, virtioAdapter } from './usb-guest.ts';

const CYCLES = process.env['UNPLUG_TEST_FULL'] === '1' ? 1000 : 8;
const LOOK_MS = 10;

for (const [name, deviceClass] of [
  ['virtio-i2c', 'i2c-dev'],
  ['virtio-gpio', 'gpio-cdev'],
] as const) {
  t.test(`${name}: ${CYCLES} times plugged and unplugged`, async (t) => {
    const directory = await temporaryFolder(t);
    const samples: MemorySample[] = [];
    {
      await using cleanup = new CleanupStack();
      const guest = await usbGuest(await prepareUsb(cleanup), cleanup, directory, true);
      const { host, load } = virtioAdapter(name, deviceClass);
      await guest.run(`set -e\n${load}`);
      const { machine } = guest;
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        if (cycle % (CYCLES / SAMPLES) === 0) samples.push(await sampleMemory(guest));
        await using plugged = await plugVirtio(machine.qmp, host.virtio, {
          port: `port${cycle % 2}`,
          limitMs: machine.limits.plugMs,
        });
        await plugged.remove('device_del');
        for (let leftMs = machine.limits.plugMs; plugged.goneMs === null; leftMs -= LOOK_MS) {
          if (leftMs <= 0) throw new Error(`cycle ${cycle}: the guest does not let go`);
          await delay(LOOK_MS);
        }
      }
      samples.push(await sampleMemory(guest));
      const left = await guest.try(
        'ls -d /dev/i2c-[1-9]* /dev/gpiochip* /sys/bus/pci/devices/0000:0[12]:* 2>/dev/null',
      );
      t.equal(left.stdout, '', 'nothing is left');
    }
    const reports = parseConsole(await readFile(join(directory, 'console.log')));
    t.same(
      reports.map(({ title }) => title),
      [],
      'no kernel report',
    );
    checkSlopes(t, samples, CYCLES);
  });
}
