/**
 * The emulated USB adapters in a real guest: the kernel's own drivers bind them, and other people's tools read and
 * write through each. With UNPLUG_TEST_FULL=1 on 7.2 as well.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EEPROM_CONTENTS } from '../adapter/index.ts';
import { CleanupStack, delay } from '../base/index.ts';
import type { CaseEnvironment } from '../case/index.ts';
import { parseConsole } from '../oops/index.ts';
import { temporaryFolder } from './baseline.ts';
import { prepareUsb, type UsbGuest, usbAdapter, usbGuest } from './usb-guest.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const VARIANTS = FULL ? ['baseline', 'baseline-7.2'] : ['baseline'];

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;
const bytesOf = (text: string): number[] =>
  [...text.matchAll(/0x([0-9a-f]{2})/g)].map(([, digits]) => Number.parseInt(digits as string, 16));

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

/** i2c-tools against an EEPROM and a sensor. */
async function i2cTools(t: Test, guest: UsbGuest, name: string): Promise<void> {
  const { facts, outside } = await guest.plug(usbAdapter(name, 'i2c-dev'));
  const bus = facts.device.replace('/dev/i2c-', '');
  if (outside === undefined) throw new Error('no bus');
  const { ask } = guest;
  const found = await ask(`i2cdetect -y -r ${bus} 0x48 0x50`);
  t.match(found, /40: +48 -- -- -- -- -- -- --/, 'i2cdetect finds the sensor');
  t.match(found, /50: 50/, 'and the EEPROM');
  t.equal((await ask(`i2cget -y ${bus} 0x50 0x21`)).trim(), hex(EEPROM_CONTENTS[0x21] as number), 'i2cget');
  const dump = await ask(`i2cdump -y -r 0x00-0x3f ${bus} 0x50 b`);
  const rows = [...dump.matchAll(/^[0-9a-f]{2}: ((?:[0-9a-f]{2} ){16})/gm)].map(([, row]) =>
    (row as string).trim(),
  );
  t.equal(
    rows.join(' '),
    [...EEPROM_CONTENTS.slice(0, 0x40)].map((byte) => hex(byte).slice(2)).join(' '),
    'i2cdump',
  );
  await ask(`i2cset -y ${bus} 0x50 0x21 0x5a`);
  t.equal((await ask(`i2cget -y ${bus} 0x50 0x21`)).trim(), '0x5a', 'i2cset');
  t.equal(outside.eeprom.contents[0x21], 0x5a, 'and the chip has it');
  const read = bytesOf(await ask(`i2ctransfer -y ${bus} w1@0x50 0x10 r16`));
  t.same(read, [...EEPROM_CONTENTS.slice(0x10, 0x20)], 'i2ctransfer with two messages');
  t.not((await guest.try(`i2cget -y ${bus} 0x33 0`)).code, 0, 'nobody at 0x33');
}

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

/** libgpiod's tools against the pins. */
async function gpioTools(t: Test, guest: UsbGuest, name: string, hasEvents: boolean): Promise<void> {
  const { facts, usb } = await guest.plug(usbAdapter(name, 'gpio-cdev'));
  const chip = facts.device.replace('/dev/', '');
  const { lines } = usb.device;
  if (lines === undefined) throw new Error('no lines');
  const { run } = guest;
  t.match(await run('gpiodetect'), new RegExp(`^${chip} .*\\(${lines.count} lines\\)`, 'm'), 'gpiodetect');
  t.equal(
    (await run(`gpioinfo ${chip}`)).split('\n').filter((line) => /line +\d+:/.test(line)).length,
    lines.count,
  );
  lines.drive(1, 1);
  t.equal((await run(`gpioget ${chip} 1`)).trim(), '1', 'gpioget sees a line that is high outside');
  lines.drive(1, 0);
  t.equal((await run(`gpioget ${chip} 1`)).trim(), '0');
  const edges: string[] = [];
  const stop = lines.onEdge(({ line, level }) => edges.push(`${line}=${level}`));
  await run(`gpioset --mode=time --usec=200000 ${chip} 2=1`);
  stop();
  t.match(edges, ['2=1'], 'gpioset drives a line');
  if (!hasEvents) {
    t.not((await guest.try(`gpiomon -n 1 ${chip} 3`)).code, 0, 'no events of its lines');
    return;
  }
  const process = await guest.shell.start(`gpiomon -n 4 -F '%e %n %s' ${chip} 3`);
  const events: { readonly rising: boolean; readonly atMs: number }[] = [];
  process.onLine((line) => {
    const [type, ns, s] = line.split(' ').map(Number);
    events.push({ rising: type === 1, atMs: (s ?? 0) * 1000 + (ns ?? 0) / 1e6 });
  });
  // It has requested the line once that has a consumer: nothing else tells when it listens.
  await run(
    `looks=0; until gpioinfo ${chip} | grep -q 'line *3:.*gpiomon'; do looks=$((looks+1)); [ $looks -lt 100 ]; done`,
  );
  const made: number[] = [];
  const watch = lines.onEdge(({ line, atMs }) => {
    if (line === 3) made.push(atMs);
  });
  for (const level of [1, 0, 1, 0] as const) {
    lines.drive(3, level);
    await delay(700);
  }
  t.equal(await process.exited, 0, process.stderr());
  watch();
  t.same(
    events.map(({ rising }) => rising),
    [true, false, true, false],
    'gpiomon sees each edge',
  );
  const gaps = (times: readonly number[]): number[] =>
    times.slice(1).map((at, index) => at - (times[index] as number));
  const [asked, seen] = [gaps(made), gaps(events.map(({ atMs }) => atMs))];
  const off = asked.map((gap, index) => Math.abs(gap - (seen[index] ?? Number.NaN)));
  t.comment(`gaps made ${asked.map(Math.round).join(' ')} ms, seen ${seen.map(Math.round).join(' ')} ms`);
  t.ok(
    off.every((ms) => ms < 400),
    `at the times when they were made: off by ${off.map(Math.round).join(', ')} ms`,
  );
}

for (const variant of VARIANTS) {
  t.test(variant, async (t) => {
    await using cleanup = new CleanupStack();
    const environment = await prepareUsb(cleanup, { variant });
    for (const name of ['i2c-tiny-usb', 'cp2112', 'mcp2221', 'dln2'])
      await t.test(`${name}: i2c-tools`, (t) => inGuest(t, environment, (guest) => i2cTools(t, guest, name)));
    for (const [name, hasEvents, defect] of [
      ['cp2112', true, CP2112_FREE_IRQ],
      ['mcp2221', false, undefined],
      ['dln2', true, undefined],
      ['ft232r', false, undefined],
    ] as const)
      await t.test(`${name}: libgpiod's tools`, (t) =>
        inGuest(t, environment, (guest) => gpioTools(t, guest, name, hasEvents), defect),
      );
    for (const name of FULL ? ['i2c-tiny-usb', 'cp2112', 'mcp2221', 'dln2'] : ['i2c-tiny-usb'])
      await t.test(`${name}: drivers of its targets`, (t) =>
        inGuest(t, environment, (guest) => targetDrivers(t, guest, name)),
      );
  });
}
