import t from 'tap';
import { Eeprom24c02 } from '../target/eeprom-24c02.ts';
import { StubbornTarget } from '../target/stubborn.ts';
import { probed } from './testdata/cp2112-driver.ts';

t.test('an EEPROM as i2c-tools and at24 use it', async (t) => {
  const { device, driver } = await probed();
  const clock = { ms: 0 };
  t.equal(await driver.status(), 'EAGAIN', 'idle');
  t.equal(await driver.read(0x50, 1), 'ETIMEDOUT', 'nobody is there');
  const chip = new Eeprom24c02({
    clock: () => clock.ms,
    contents: Uint8Array.from({ length: 256 }, (_, i) => i),
  });
  device.i2c?.add(chip);
  t.same(await driver.read(0x50, 1), [0], 'i2cdetect -r');
  t.same(await driver.writeRead(0x50, [0x10], 2), [0x10, 0x11], 'i2cget w');
  t.same(await driver.write(0x50, 0x20, 7, 8), [], 'i2cset i');
  t.equal(await driver.read(0x50, 1), 'ETIMEDOUT', 'a write cycle');
  clock.ms = 5;
  t.same(await driver.writeRead(0x50, [0x20], 3), [7, 8, 0x22]);
  const all = await driver.writeRead(0x50, [0], 512);
  t.same(all.length, 512, 'chunks of 61 bytes');
  t.same(all.slice(60, 63), [60, 61, 62]);
  t.same(await driver.write(0x50), [], 'without data: the address alone');
  t.equal(await driver.write(0x51), 'ETIMEDOUT');
});

t.test('a transfer of a word is written and read with a repeated START', async (t) => {
  const { device, driver } = await probed();
  const target = new Eeprom24c02();
  device.i2c?.add(target);
  t.same(await driver.writeRead(0x50, [0x20, 9], 1), [0xff]);
  t.equal(target.contents[0x20], 0xff);
});

t.test('failures: the address is tried again as often as configured, a byte is not', async (t) => {
  const { device, driver } = await probed();
  let tries = 0;
  let deafFor = 0;
  const target = new StubbornTarget(0x42);
  target.start = () => ++tries > deafFor;
  device.i2c?.add(target);
  deafFor = 1;
  t.same(await driver.write(0x42, 1), []);
  t.equal(tries, 2);
  [tries, deafFor] = [0, 2];
  t.equal(await driver.write(0x42, 1), 'ETIMEDOUT');
  t.equal(tries, 2);
  deafFor = 0;
  target.stubbornness = { refusesByte: 0 };
  target.start = StubbornTarget.prototype.start;
  t.equal(await driver.write(0x42, 1), 'EIO');
  t.equal(await driver.writeRead(0x42, [1], 1), 'EIO');
});

t.test('status reports: how often it was tried, how much was read', async (t) => {
  const { device, driver } = await probed();
  await driver.output(0x10, 0x84, 0, 2);
  await driver.output(0x15, 1);
  t.same(driver.reports.shift()?.subarray(0, 7), Uint8Array.of(0x16, 3, 0, 0, 1, 0, 0));
  device.i2c?.add(new StubbornTarget(0x42));
  await driver.output(0x10, 0x84, 1, 0x2c);
  await driver.output(0x15, 1);
  t.same(driver.reports.shift()?.subarray(0, 7), Uint8Array.of(0x16, 2, 5, 0, 0, 1, 0x2c));
});

t.test('without a limit of retries it tries until somebody answers, or the time is up', async (t) => {
  const { device, driver } = await probed();
  const target = new StubbornTarget(0x42, { deaf: true });
  device.i2c?.add(target);
  await driver.configure({ retries: 0 });
  t.equal(await driver.write(0x42, 1), 'ETIMEDOUT', 'cancelled by the driver');
  t.equal(await driver.status(), 'EAGAIN', 'and idle');
  await driver.output(0x14, 0x84, 1, 1);
  t.equal(await driver.status(), 'EBUSY');
  target.stubbornness = {};
  t.same(await driver.settled(), 0);
  t.same([...target.accepted], [1]);
  target.stubbornness = { deaf: true };
  await driver.configure({ retries: 0, writeTimeoutMs: 2 });
  await driver.output(0x14, 0x84, 1, 1);
  t.equal(await driver.settled(), 'ETIMEDOUT');
});

t.test('a held clock: the driver cancels, and the next transfer is as if nothing had been', async (t) => {
  const { device, driver } = await probed();
  const target = new StubbornTarget(0x42, { stretchMs: Number.POSITIVE_INFINITY });
  device.i2c?.add(target);
  t.equal(await driver.write(0x42, 1), 'ETIMEDOUT');
  target.stubbornness = {};
  t.same(await driver.write(0x42, 2), []);
  t.same([...target.accepted], [2]);
  t.same(driver.reports, []);
});

t.test('busy: a second transfer is ignored, there is no data, the answer is the first one', async (t) => {
  const { device, driver } = await probed();
  const target = new StubbornTarget(0x42, { deaf: true });
  device.i2c?.add(target);
  await driver.configure({ retries: 0 });
  await driver.output(0x10, 0x84, 0, 2);
  await driver.output(0x14, 0x84, 1, 9);
  await driver.output(0x12, 0, 3);
  t.same(driver.reports.shift()?.subarray(0, 3), Uint8Array.of(0x13, 1, 0));
  target.stubbornness = {};
  t.equal(await driver.settled(), 2);
  t.same([...target.accepted], []);
});

t.test('configured limits of time: the clock, and a transfer', async (t) => {
  const { device, driver } = await probed();
  device.i2c?.add(new StubbornTarget(0x42, { stretchMs: Number.POSITIVE_INFINITY }));
  for (const limit of [{ readTimeoutMs: 2 }, { clockLimit: 1 }]) {
    await driver.configure(limit);
    await driver.output(0x10, 0x84, 0, 1);
    t.equal(await driver.settled(), 'ETIMEDOUT');
  }
});

t.test('lengths that there are not are ignored', async (t) => {
  const { device, driver } = await probed();
  device.i2c?.add(new StubbornTarget(0x42));
  await driver.output(0x10, 0x84, 0, 0);
  await driver.output(0x10, 0x84, 2, 1);
  await driver.output(0x11, 0x84, 0, 1, 17, ...Array.from({ length: 17 }, () => 0));
  t.equal(await driver.status(), 'EAGAIN');
});

t.test('data is sent without being asked for when it is configured so', async (t) => {
  const { device, driver } = await probed();
  device.i2c?.add(new StubbornTarget(0x42));
  await driver.configure({ autoSend: 1 });
  await driver.output(0x10, 0x84, 0, 62);
  t.same(
    driver.reports.map((report) => [...report.subarray(0, 4)]),
    [
      [0x13, 2, 61, 0],
      [0x13, 2, 1, 61],
    ],
  );
});
