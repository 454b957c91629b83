/**
 * The virtio devices of ours in a real guest: the kernel's own drivers bind them, and other people's tools read and
 * write through each. With UNPLUG_TEST_FULL=1 on 7.2 as well.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CleanupStack } from '../base/index.ts';
import type { CaseEnvironment } from '../case/index.ts';
import { parseConsole } from '../oops/index.ts';
import { temporaryFolder } from './baseline.ts';
import { gpioTools, i2cTools } from './device-tools.ts';
import { prepareUsb, type UsbGuest, usbGuest, virtioAdapter } from './usb-guest.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const VARIANTS = FULL ? ['baseline', 'baseline-7.2'] : ['baseline'];

/** A guest for one adapter; at the end its console must be free of reports. */
async function inGuest(
  t: Test,
  environment: CaseEnvironment,
  work: (guest: UsbGuest, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await temporaryFolder(t);
  {
    await using cleanup = new CleanupStack();
    await work(await usbGuest(environment, cleanup, directory, true), directory);
  }
  const titles = parseConsole(await readFile(join(directory, 'console.log'))).map(({ title }) => title);
  t.same(titles, [], 'no kernel report');
}

for (const variant of VARIANTS) {
  t.test(variant, async (t) => {
    await using cleanup = new CleanupStack();
    const environment = await prepareUsb(cleanup, { variant });
    await t.test("virtio-i2c: i2c-tools, and the kernel's own drivers of what hangs off it", (t) =>
      inGuest(t, environment, async (guest) => {
        const adapter = virtioAdapter('virtio-i2c', 'i2c-dev');
        const plugged = await guest.plug(adapter);
        await i2cTools(t, guest, plugged);
        const device = `/sys/bus/i2c/devices/${plugged.facts.device.replace('/dev/', '')}`;
        await guest.run(
          `for module in regmap-i2c lm75; do insmod /unplug/modules/$module.ko; done; echo lm75 0x48 >${device}/new_device`,
        );
        if (plugged.outside !== undefined) plugged.outside.lm75.millidegree = -12_000;
        const millidegree = await guest.run(`cat ${device}/*-0048/hwmon/hwmon*/temp1_input`);
        t.equal(millidegree.trim(), '-12000', 'lm75');
        t.same(plugged.virtio?.backend.malformed, [], 'nothing malformed');
      }),
    );
    await t.test("virtio-gpio: libgpiod's tools", (t) =>
      inGuest(t, environment, async (guest) => {
        const { lines, plugged } = await plugGpio(guest);
        await gpioTools(t, guest, plugged.facts, lines, false);
        t.match(await guest.run('gpioinfo'), /"virtio-3"/, 'lines have the names that the device gives');
        t.same(plugged.virtio?.backend.malformed, [], 'nothing malformed');
      }),
    );
  });
}

async function plugGpio(guest: UsbGuest) {
  const plugged = await guest.plug(virtioAdapter('virtio-gpio', 'gpio-cdev'));
  const lines = plugged.virtio?.device.lines;
  if (lines === undefined) throw new Error('no lines');
  return { lines, plugged };
}
