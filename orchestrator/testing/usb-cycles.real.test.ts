/**
 * Plug and unplug, again and again in one guest, with nothing held: neither the guest nor unplug may lose memory or say
 * anything. npm test does a few cycles of each adapter, the full test a thousand.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { plugUsb } from '../adapter/index.ts';
import { CleanupStack, within } from '../base/index.ts';
import { parseConsole } from '../oops/index.ts';
import { temporaryFolder } from './baseline.ts';
import { checkSlopes, type MemorySample, SAMPLES, sampleMemory } from './memory-slopes.ts';
import { prepareUsb, usbAdapter, usbGuest } from './usb-guest.ts';

const CYCLES = process.env['UNPLUG_TEST_FULL'] === '1' ? 1000 : 8;

for (const name of ['cp2112', 'i2c-tiny-usb']) {
  t.test(`${name}: ${CYCLES} times plugged and unplugged`, async (t) => {
    const directory = await temporaryFolder(t);
    const samples: MemorySample[] = [];
    {
      await using cleanup = new CleanupStack();
      const guest = await usbGuest(await prepareUsb(cleanup), cleanup, directory);
      const { host, load } = usbAdapter(name, 'i2c-dev');
      await guest.run(`set -e\n${load}`);
      const { machine } = guest;
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        if (cycle % (CYCLES / SAMPLES) === 0) samples.push(await sampleMemory(guest));
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
      samples.push(await sampleMemory(guest));
      t.equal((await guest.try('ls /dev/i2c-[1-9]* 2>/dev/null')).stdout, '', 'no node is left');
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
