import fc from 'fast-check';
import t from 'tap';
import { Dln2, dln2Model } from './dln2.ts';
import { u16, u32 } from './dln2-protocol.ts';
import { CTRL, Dln2Driver, GPIO, I2C } from './testdata/dln2-driver.ts';
import { MemoryTarget } from './testdata/memory-target.ts';

async function withMemory(): Promise<{ readonly driver: Dln2Driver; readonly memory: MemoryTarget }> {
  const device = new Dln2();
  const memory = new MemoryTarget(0x50);
  device.i2c.add(memory);
  const driver = new Dln2Driver(device);
  await driver.ask(I2C, 0x301, 0);
  return { driver, memory };
}

t.test('probe: hardware, serial number, pins, I2C; SPI and ADC are not there', async (t) => {
  const driver = new Dln2Driver(new Dln2({ serialNumber: 'A70000', pinCount: 24 }));
  t.same(await driver.ask(CTRL, 0x30), u32(0x200));
  t.same(await driver.ask(CTRL, 0x31), u32(70000));
  t.same(await driver.ask(GPIO, 0x101), u16(24));
  t.same(await driver.ask(I2C, 0x301, 0), []);
  t.equal(await driver.ask(4, 0x200), 0x91);
  t.equal(await driver.ask(5, 0x600), 0x91);
  t.equal(await driver.ask(CTRL, 0x32), 0x91);
});

t.test('gpioset and gpioget: request, direction, value, free', async (t) => {
  const device = new Dln2();
  const driver = new Dln2Driver(device);
  t.same(await driver.pin(0x10, 5), [], 'enable');
  t.same(await driver.pin(0x14, 5), [...u16(5), 0], 'the direction that the driver caches: in');
  t.same(await driver.pin(0x0c, 5, 1), []);
  t.equal(device.lines.level(5), 0, 'still an input');
  t.same(await driver.pin(0x13, 5, 1), []);
  t.equal(device.lines.levels(), 0x20);
  t.same(await driver.pin(0x0d, 5), [...u16(5), 1]);
  t.same(await driver.pin(0x14, 5), [...u16(5), 1]);
  t.same(await driver.pin(0x11, 5), []);
  t.equal(device.lines.isOutput(5), false, 'nobody has it');
  t.same(await driver.pin(0x10, 31), []);
  device.lines.drive(31, 1);
  t.same(await driver.pin(0x0b, 31), [...u16(31), 1]);
  device.detach();
  device.attach(driver.port);
  t.equal(await driver.pin(0x0b, 31), 0xaa, 'power-up enables no pin');
  t.same(await driver.pin(0x14, 5), [...u16(5), 0]);
});

t.test('GPIO: what is wrong with a command', async (t) => {
  const driver = new Dln2Driver(new Dln2());
  t.equal(await driver.pin(0x10, 32), 0xab);
  t.equal(await driver.pin(0x11, 1), 0xaa);
  t.equal(await driver.ask(GPIO, 0x110), 0x88);
  t.equal(await driver.pin(0x13, 1), 0x88);
  t.equal(await driver.pin(0x22, 1), 0x91);
  t.equal(await driver.pin(0x1e, 1, 4, 0, 0), 0xa9);
  t.equal(await driver.pin(0x1e, 1, 1, 1, 0), 0xac);
  t.same(await driver.ask(GPIO, 0x104, ...u32(70_000)), u32(70_000));
  t.same(await driver.ask(GPIO, 0x105), u32(70_000));
  t.equal(await driver.ask(GPIO, 0x104, 1), 0x88);
});

t.test('gpiomon: events when asked for, and not otherwise', async (t) => {
  const device = new Dln2();
  const driver = new Dln2Driver(device);
  const { lines } = device;
  await driver.pin(0x10, 3);
  lines.drive(3, 1);
  t.equal(driver.port.pending, 0, 'nobody asked');
  t.same(await driver.pin(0x1e, 3, 1, 0, 0), []);
  t.same(await driver.pin(0x1f, 3), [...u16(3), 1, 0, 0]);
  lines.drive(3, 0);
  lines.drive(4, 1);
  lines.drive(3, 1);
  t.same(await driver.event(), { count: 1, pin: 3, value: 0 });
  t.same(await driver.event(), { count: 2, pin: 3, value: 1 });
  t.equal(driver.port.pending, 0, 'line 4 sent nothing');
  await driver.pin(0x1e, 3, 2, 0, 0);
  lines.drive(3, 0);
  lines.drive(3, 1);
  t.same(await driver.event(), { count: 1, pin: 3, value: 1 }, 'high');
  await driver.pin(0x1e, 3, 3, 0, 0);
  lines.drive(3, 0);
  lines.drive(3, 1);
  t.same(await driver.event(), { count: 1, pin: 3, value: 0 }, 'low');
  await driver.pin(0x1e, 3, 0, 0, 0);
  lines.drive(3, 0);
  await driver.pin(0x1e, 3, 1, 0, 0);
  await driver.pin(0x11, 3);
  lines.drive(3, 1);
  t.equal(driver.port.pending, 0, 'none, or not enabled');
  await driver.pin(0x10, 3);
  device.detach();
  lines.drive(3, 0);
  device.attach(driver.port);
  lines.drive(3, 1);
  t.equal(driver.port.pending, 0, 'unplugged, or not asked since');
});

t.test('i2cget, i2cset, i2cdetect -r: present and absent', async (t) => {
  const { driver, memory } = await withMemory();
  t.same(await driver.i2cWrite(0x50, [7, 0xa5]), []);
  t.same(await driver.i2cWrite(0x50, [7]), []);
  t.same(await driver.i2cRead(0x50, 1), [...u16(1), 0xa5]);
  t.same(memory.log, ['w', '7', '165', 'P', 'w', '7', 'P', 'r', 'P']);
  t.same(await driver.i2cWrite(0x50, []), [], 'a message of nothing');
  t.equal(await driver.i2cWrite(0x51, [7]), 0xba);
  t.equal(await driver.i2cRead(0x51, 1), 0xba);
  memory.takesBytes = 1;
  t.equal(await driver.i2cWrite(0x50, [7, 1]), 0xbb);
});

t.test('i2ctransfer: any length comes back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 255 }), async (data) => {
      const { driver } = await withMemory();
      await driver.i2cWrite(0x50, [0, ...data]);
      await driver.i2cWrite(0x50, [0]);
      const read = await driver.i2cRead(0x50, data.length);
      if (String(read) !== String([...u16(data.length), ...data])) throw new Error(`read ${read}`);
    }),
    { numRuns: 40 },
  );
});

t.test('I2C: a memory address, and what is wrong with a command', async (t) => {
  const { driver, memory } = await withMemory();
  memory.bytes[0x22] = 0x99;
  t.same(await driver.ask(I2C, 0x307, 0, 0x50, 2, 0x22, 0x11, 0, 0, 0, 0), [0, 0]);
  t.same(memory.log, ['w', '17', '34', 'r', 'P'], 'most significant byte first, then a repeated START');
  t.same(await driver.ask(I2C, 0x307, 0, 0x50, 1, 0x22, 0, 0, 0, 1, 0), [1, 0, 0x99]);
  t.same(await driver.ask(I2C, 0x306, 0, 0x50, 1, 0x23, 0, 0, 0, 1, 0, 0x77), []);
  t.equal(memory.bytes[0x23], 0x77);
  t.equal(await driver.ask(I2C, 0x307, 0, 0x51, 1, 0x22, 0, 0, 0, 1, 0), 0xba);
  t.equal(await driver.ask(I2C, 0x307, 0, 0x50, 5, 0, 0, 0, 0, 1, 0), 0xbc);
  t.equal(await driver.i2cRead(0x50, 257), 0xae);
  t.equal(await driver.i2cWrite(0x50, [1], 1), 0xa8);
  t.equal(await driver.ask(I2C, 0x306, 0, 0x50, 0, 0, 0, 0, 0, 2, 0, 1), 0x88);
  t.equal(await driver.ask(I2C, 0x306, 0, 0x50), 0x88);
  t.equal(await driver.ask(I2C, 0x306), 0x88);
  t.same(await driver.ask(I2C, 0x300), [1]);
  t.equal(await driver.ask(I2C, 0x308, 0), 0x91);
  t.same(await driver.ask(I2C, 0x303, 0), [1]);
  t.same(await driver.ask(I2C, 0x302, 0), []);
  t.equal(await driver.i2cRead(0x50, 1), 0xb7);
});

t.test('a held clock delays I2C, not GPIO; commands of I2C keep their order', async (t) => {
  const { driver, memory } = await withMemory();
  memory.holdMs = 1;
  const read = driver.send(I2C, 0x307, [0, 0x50, 0, 0, 0, 0, 0, 1, 0]);
  const enabled = driver.send(I2C, 0x303, [0]);
  t.same(await driver.ask(GPIO, 0x101), u16(32));
  t.same(await driver.response(I2C, 0x307, read), [1, 0, 0]);
  t.same(await driver.response(I2C, 0x303, enabled), [1]);
});

t.test('a response to who was unplugged is not given to who is plugged then', async (t) => {
  const { driver, memory } = await withMemory();
  memory.holdMs = 1;
  driver.send(I2C, 0x307, [0, 0x50, 0, 0, 0, 0, 0, 1, 0]);
  driver.device.detach();
  const next = new Dln2Driver(driver.device);
  t.same(await next.ask(I2C, 0x301, 0), [], 'the first response');
  t.equal(driver.port.pending, 0);
});

t.test('a message with a wrong size, and one without a header', async (t) => {
  const driver = new Dln2Driver(new Dln2());
  driver.device.write(1, Uint8Array.of(9, 0, 0x30, 0, 2, 0, 1, 0));
  t.equal(await driver.response(CTRL, 0x30, 2), 0x8a);
  t.equal(driver.device.write(1, Uint8Array.of(1, 2, 3)).status, 'success');
  t.equal(driver.port.pending, 0);
  t.equal(driver.device.control().status, 'stall');
});

t.test('model', async (t) => {
  const device = dln2Model.create({ serialNumber: '42' });
  t.equal(device.description.serialNumber, '42');
  t.equal(device.lines?.count, dln2Model.lineCount);
});
