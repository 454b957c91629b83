import fc from 'fast-check';
import t from 'tap';
import { delay } from '../../base/index.ts';
import { Mcp2221, mcp2221Model } from './mcp2221.ts';
import { Mcp2221Driver, type Outcome } from './testdata/mcp2221-driver.ts';
import { MemoryTarget } from './testdata/memory-target.ts';

function withMemory(): { readonly driver: Mcp2221Driver; readonly memory: MemoryTarget } {
  const device = new Mcp2221();
  const memory = new MemoryTarget(0x50);
  device.i2c.add(memory);
  return { driver: new Mcp2221Driver(device), memory };
}

t.test('probe: speed, directions of the four lines, and the SRAM that 7.2 reads', async (t) => {
  const driver = new Mcp2221Driver(new Mcp2221());
  const speed = await driver.ask(0x10, 0, 0, 0x20, 27, 0, 0, 0);
  t.equal(speed[1], 0);
  t.equal(speed[3], 0x20, 'otherwise the driver says EAGAIN');
  t.equal(speed[8], 0);
  for (let pin = 0; pin < 4; pin++) t.same(await driver.pin(pin), { level: 0, input: true });
  const sram = await driver.ask(0x61, ...new Array<number>(63).fill(0));
  t.equal(sram[1], 0);
  for (const setting of sram.subarray(22, 26)) t.equal(setting & 7, 0, 'already GPIO');
  t.equal((await driver.ask(0xb0, 0))[1], 0, 'what IIO would read');
});

t.test('pins with another function: ENOENT, until 7.2 makes them GPIO', async (t) => {
  const device = new Mcp2221({ pinSettings: [0x02, 0x08, 0x10, 0x01] });
  const driver = new Mcp2221Driver(device);
  t.equal(await driver.pin(0), 'ENOENT');
  t.same(await driver.pin(2), { level: 1, input: false }, 'an output that is high after power-up');
  t.equal(await driver.setLevel(3, 1), 'ENOENT');
  t.equal(await driver.setInput(3, false), 'ENOENT');
  const report = new Array<number>(64).fill(0);
  report.splice(7, 5, 0x80, 0x08, 0x08, 0x10, 0x08);
  report[0] = 0x60;
  t.equal((await driver.ask(...report))[1], 0);
  t.same(await driver.pin(0), { level: 0, input: true });
  t.same(await driver.pin(2), { level: 1, input: false });
  report[7] = 0;
  report[8] = 0x02;
  await driver.ask(...report);
  t.same(await driver.pin(0), { level: 0, input: true }, 'without bit 7 nothing changes');
  device.detach();
  device.attach(driver.port);
  t.equal(await driver.pin(0), 'ENOENT', 'power-up takes what is in flash');
});

t.test('GPIO: output, input, and what is outside', async (t) => {
  const device = new Mcp2221();
  const driver = new Mcp2221Driver(device);
  t.equal(await driver.setInput(1, false), 'ok');
  t.equal(await driver.setLevel(1, 1), 'ok');
  t.equal(device.lines.levels(), 0b0010);
  t.same(await driver.pin(1), { level: 1, input: false });
  device.lines.drive(3, 1);
  t.same(await driver.pin(3), { level: 1, input: true });
  t.equal(await driver.setInput(1, true), 'ok');
  t.equal(device.lines.levels(), 0b1000);
  device.lines.drive(1, 1);
  t.same(await driver.pin(1), { level: 1, input: true });
});

t.test('i2cdetect: quick write, read of a byte, quick read; present and absent', async (t) => {
  const { driver } = withMemory();
  t.equal(await driver.write(0x50, [0]), 'ok');
  t.equal(await driver.write(0x51, [0]), 'ENXIO');
  t.equal(await driver.status(), 'ok', 'the cancel cleared it');
  t.same(await driver.read(0x50, 1), [0]);
  t.equal(await driver.read(0x51, 1), 'ENXIO');
  t.same(await driver.read(0x50, 0), []);
  t.equal(await driver.read(0x51, 0), 'ENXIO');
  t.equal(await driver.status(), 'ok');
});

t.test('i2cget and i2cset: a register by repeated START; ENXIO from an absent chip', async (t) => {
  const { driver, memory } = withMemory();
  t.equal(await driver.write(0x50, [7, 0xa5]), 'ok');
  t.equal(memory.bytes[7], 0xa5);
  memory.log.length = 0;
  t.equal(await driver.write(0x50, [7], 0x94, false), 'ok');
  t.same(await driver.read(0x50, 1, 0x93), [0xa5]);
  t.same(memory.log, ['w', '7', 'r', 'P'], 'no STOP in between');
  t.equal(await driver.write(0x51, [7], 0x94, false), 'ok', 'nobody looks');
  t.equal(await driver.read(0x51, 1, 0x93), 'ENXIO');
  t.equal(await driver.write(0x50, [7], 0x94, false), 'ok', 'the driver did not cancel, and it goes on');
  t.same(await driver.read(0x50, 1, 0x93), [0xa5]);
});

t.test('a write that is refused after its first byte', async (t) => {
  const { driver, memory } = withMemory();
  memory.takesBytes = 1;
  t.equal(await driver.write(0x50, [0, 1, 2]), 'ENXIO');
  t.equal(memory.log.at(-1), 'P');
  memory.takesBytes = 8;
  t.equal(await driver.write(0x50, [0, 1, 2]), 'ok');
});

t.test('6.12 asks for a block without a read command: EIO, and the bus is free again', async (t) => {
  const { driver, memory } = withMemory();
  t.equal(await driver.write(0x50, [0], 0x94, true), 'EIO');
  t.equal((await driver.ask(0x40))[1], 0x41);
  t.equal(memory.log.at(-1), 'P');
  t.equal(await driver.write(0x50, [0]), 'ok');
});

t.test('i2ctransfer: any length comes back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 250 }), async (data) => {
      const { driver, memory } = withMemory();
      // One byte of pointer: 60 and 61 bytes, and their multiples, are where chunks end.
      if ((await driver.write(0x50, [3, ...data])) !== 'ok') throw new Error('write');
      if (memory.log.filter((entry) => entry === 'w').length !== 1) throw new Error('one message');
      await driver.write(0x50, [3], 0x94, false);
      const read = await driver.read(0x50, data.length, 0x93);
      if (String(read) !== String([...data])) throw new Error(`read ${read}`);
    }),
    { numRuns: 40, examples: [[new Uint8Array(59)], [new Uint8Array(60)], [new Uint8Array(120).fill(9)]] },
  );
});

t.test('a held clock: busy, then timed out, then free', async (t) => {
  const { driver, memory } = withMemory();
  memory.holdMs = Number.POSITIVE_INFINITY;
  await driver.ask(0x90, 1, 0, 0xa0, 0);
  t.equal(await driver.status(), 'EIO', 'in progress is a failure for the driver');
  t.equal((await driver.ask(0x90, 1, 0, 0xa0, 0))[1], 1, 'busy');
  t.equal((await driver.ask(0x10, 0, 0, 0x20, 27))[3], 0x21, 'no other speed now');
  let outcome: Outcome = 'EIO';
  while (outcome === 'EIO') {
    await delay(1);
    outcome = await driver.status();
  }
  t.equal(outcome, 'ETIMEDOUT');
  await driver.cancel();
  memory.holdMs = 0;
  t.equal(await driver.write(0x50, [0]), 'ok');
});

t.test('a cancel while the clock is held, and an unplug', async (t) => {
  const { driver, memory } = withMemory();
  memory.holdMs = 5;
  await driver.ask(0x91, 1, 0, 0xa1);
  t.equal((await driver.ask(0x40))[1], 0x41, 'not ready');
  t.equal((await driver.ask(0x10, 0, 0x10))[2], 0x10);
  while ((await driver.status()) !== 'ok') await delay(1);
  t.equal((await driver.ask(0x40))[1], 0x41, 'its data are gone');
  t.equal((await driver.ask(0x10, 0, 0x10))[2], 0x11, 'nothing to cancel');
  await driver.ask(0x91, 1, 0, 0xa1);
  driver.device.detach();
  driver.device.attach(driver.port);
  while ((await driver.status()) !== 'ok') await delay(1);
  t.equal((await driver.ask(0x40))[1], 0x41, 'what was in flight is forgotten');
  t.equal(driver.port.pending, 0);
});

t.test('HID requests; unknown commands; nothing is sent when unplugged', async (t) => {
  const device = new Mcp2221();
  const driver = new Mcp2221Driver(device);
  const setup = { requestType: 0x21, request: 9, value: 0, index: 0, length: 1 };
  t.equal(device.control(setup, Uint8Array.of(0x51)).status, 'success');
  t.equal((await driver.port.next(0x81))[0], 0x51, 'SET_REPORT is an output report');
  t.equal(device.control({ ...setup, requestType: 0xa1, request: 1 }, new Uint8Array()).status, 'stall');
  t.equal((await driver.ask(0x77))[1], 1);
  t.equal((await driver.ask(0xb0, 3))[1], 1);
  device.detach();
  device.write(1, Uint8Array.of(0x51));
  t.equal(driver.port.pending, 0);
});

t.test('model', async (t) => {
  const device = mcp2221Model.create({ serialNumber: '42' });
  t.equal(device.description.serialNumber, '42');
  t.equal(device.lines?.count, mcp2221Model.lineCount);
  // usbhid_probe names a device by its two strings.
  const { manufacturer, product } = device.description;
  t.ok(mcp2221Model.readyMark.includes(`[${manufacturer} ${product}]`));
});
