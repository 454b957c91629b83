/**
 * The emulated USB adapters in a real guest: the kernel's own drivers bind them, and other people's tools read and
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
import { prepareUsb, type UsbGuest, usbAdapter, usbGuest } from './usb-guest.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const VARIANTS = FULL ? ['baseline', 'baseline-7.2'] : ['baseline'];

/** A guest for one adapter; at the end its console must be free of reports. */
async function inGuest(
  t: Test,
  environment: CaseEnvironment,
  work: (guest: UsbGuest, directory: string) => Promise<void>,
  knownDefect?: RegExp,
): Promise<void> {
  const directory = await temporaryFolder(t);
  {
    await using cleanup = new CleanupStack();
    await work(await usbGuest(environment, cleanup, directory), directory);
  }
  const titles = parseConsole(await readFile(join(directory, 'console.log'))).map(({ title }) => title);
  const others = titles.filter((title) => knownDefect?.test(title) !== true);
  t.same(others, [], 'no kernel report');
  for (const title of new Set(titles)) t.comment(title);
}

/**
 * Freeing the interrupt of a line cancels work and waits for it, with the interrupt's raw lock held
 * (drivers/hid/hid-cp2112.c cp2112_gpio_irq_shutdown() from kernel/irq/manage.c __free_irq()).
 */
const CP2112_FREE_IRQ =
  /^(?:BUG: (?:sleeping function called from invalid context|scheduling while atomic)|possible deadlock in free_irq)/;

/** The kernel's own drivers for what hangs off the bus. */
async function targetDrivers(t: Test, guest: UsbGuest, name: string): Promise<void> {
  const { facts, outside } = await guest.plug(usbAdapter(name, 'i2c-dev'));
  const bus = facts.device.replace('/dev/', '');
  if (outside === undefined) throw new Error('no bus');
  const { run } = guest;
  await run('for module in regmap-i2c lm75 at24 gpio-pca953x; do insmod /unplug/modules/$module.ko; done');
  const device = `/sys/bus/i2c/devices/${bus}`;
  const number = bus.replace('i2c-', '');
  outside.lm75.millidegree = 23_500;
  await run(`echo lm75 0x48 >${device}/new_device`);
  t.equal((await run(`cat ${device}/${number}-0048/hwmon/hwmon*/temp1_input`)).trim(), '23500', 'lm75');
  outside.lm75.millidegree = -12_000;
  t.equal((await run(`cat ${device}/${number}-0048/hwmon/hwmon*/temp1_input`)).trim(), '-12000');
  await run(`echo 24c02 0x50 >${device}/new_device`);
  const contents = await run(`od -An -v -tx1 ${device}/${number}-0050/eeprom`);
  t.equal(
    contents.replaceAll(/\s+/g, ''),
    Buffer.from(outside.eeprom.contents).toString('hex'),
    'all of the EEPROM by at24',
  );
  await run(`echo pca9538 0x70 >${device}/new_device`);
  outside.expander.lines.drive(3, 1);
  const chip = (await run(`cd ${device}/${number}-0070; echo gpiochip*`)).trim();
  t.equal((await run(`gpioget ${chip} 2 3`)).trim(), '0 1', 'a GPIO chip behind the bus reads its pins');
  await run(`gpioset ${chip} 5=1`);
  t.equal(outside.expander.lines.level(5), 1, 'and drives them');
  const before = await run('ls /dev | grep -c "i2c-[1-9]\\|gpiochip"');
  await run(`echo 1 >/sys/bus/usb/devices/${facts['usb']}/remove`);
  const after = await guest.try('ls /dev | grep -c "i2c-[1-9]\\|gpiochip"');
  t.ok(
    Number(after.stdout) < Number(before),
    `the root takes all with it: ${before.trim()}, ${after.stdout.trim()}`,
  );
}

for (const variant of VARIANTS) {
  t.test(variant, async (t) => {
    await using cleanup = new CleanupStack();
    const environment = await prepareUsb(cleanup, { variant });
    for (const name of ['i2c-tiny-usb', 'cp2112', 'mcp2221', 'dln2'])
      await t.test(`${name}: i2c-tools`, (t) =>
        inGuest(t, environment, async (guest) =>
          i2cTools(t, guest, await guest.plug(usbAdapter(name, 'i2c-dev'))),
        ),
      );
    for (const [name, hasEvents, defect] of [
      ['cp2112', true, CP2112_FREE_IRQ],
      ['mcp2221', false, undefined],
      ['dln2', true, undefined],
      ['ft232r', false, undefined],
    ] as const)
      await t.test(`${name}: libgpiod's tools`, (t) =>
        inGuest(
          t,
          environment,
          async (guest) => {
            const { facts, usb } = await guest.plug(usbAdapter(name, 'gpio-cdev'));
            await gpioTools(t, guest, facts, usb.device.lines, hasEvents);
          },
          defect,
        ),
      );
    for (const name of FULL ? ['i2c-tiny-usb', 'cp2112', 'mcp2221', 'dln2'] : ['i2c-tiny-usb'])
      await t.test(`${name}: drivers of its targets`, (t) =>
        inGuest(t, environment, (guest) => targetDrivers(t, guest, name)),
      );
  });
}
