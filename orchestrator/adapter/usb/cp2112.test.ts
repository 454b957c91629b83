import t from 'tap';
import { StubbornTarget } from '../target/stubborn.ts';
import { cp2112Model } from './cp2112.ts';
import { Cp2112Driver, probed } from './testdata/cp2112-driver.ts';

/** Of the reports that a descriptor declares, kind and length with the id, by id. */
function declared(descriptor: Uint8Array): ReadonlyMap<number, string> {
  const reports = new Map<number, string>();
  let [id, count, bits] = [0, 0, 0];
  for (let at = 0; at < descriptor.length; ) {
    const prefix = descriptor[at] as number;
    const size = [0, 1, 2, 4][prefix & 3] as number;
    const value = descriptor[at + 1] as number;
    if ((prefix & 0xfc) === 0x84) id = value;
    if ((prefix & 0xfc) === 0x94) count = value;
    if ((prefix & 0xfc) === 0x74) bits = value;
    const kind = ({ 128: 'in', 144: 'out', 176: 'feature' } as const)[prefix & 0xfc];
    if (kind !== undefined) reports.set(id, `${kind} ${(bits * count) / 8 + 1}`);
    at += 1 + size;
  }
  return reports;
}

t.test('the descriptor declares what the driver uses', async (t) => {
  const [hid] = cp2112Model.create().description.interfaces;
  const descriptor = hid?.hidReport ?? new Uint8Array();
  t.equal(descriptor.at(-1), 0xc0);
  // sizeof() of the driver's structs, and its *_LENGTH.
  t.same(Object.fromEntries(declared(descriptor)), {
    [0x02]: 'feature 5',
    [0x03]: 'feature 2',
    [0x04]: 'feature 3',
    [0x05]: 'feature 3',
    [0x06]: 'feature 14',
    [0x10]: 'out 64',
    [0x11]: 'out 64',
    [0x12]: 'out 64',
    [0x13]: 'in 64',
    [0x14]: 'out 64',
    [0x15]: 'out 64',
    [0x16]: 'in 64',
    [0x17]: 'out 64',
    [0x20]: 'feature 2',
    [0x21]: 'feature 10',
    [0x22]: 'feature 63',
    [0x23]: 'feature 63',
    [0x24]: 'feature 63',
  });
  t.same(
    hid?.endpoints.map(({ address, maxPacketBytes }) => [address, maxPacketBytes]),
    [
      [0x81, 64],
      [0x01, 64],
    ],
  );
});

t.test('probe: every feature report has the length that the driver asks for', async (t) => {
  const device = cp2112Model.create({ serialNumber: 'ABC' });
  const driver = new Cp2112Driver(device);
  t.same(await driver.get(0x05, 3), Uint8Array.of(5, 0x0c, 3));
  const configuration = Uint8Array.of(6, 0, 1, 0x86, 0xa0, 2, 0, 0, 0, 0, 0, 0, 0, 0);
  t.same(await driver.get(0x06, 14), configuration);
  configuration[13] = 1;
  t.equal(await driver.set(...configuration), 'success');
  t.same(await driver.get(0x06, 14), configuration);
  t.same(await driver.get(0x20, 2), Uint8Array.of(0x20, 0), 'all attributes become read-only');
  t.same(await driver.get(0x21, 10), Uint8Array.of(0x21, 0xc4, 0x10, 0x90, 0xea, 50, 0, 1, 0, 0));
  for (const [id, text] of [
    [0x22, 'Silicon Laboratories'],
    [0x23, 'CP2112 HID USB-to-SMBus Bridge'],
    [0x24, 'ABC'],
  ] as const) {
    const report = await driver.get(id, 63);
    if (typeof report === 'string') return t.fail(report);
    t.same([report.length, ...report.subarray(0, 3)], [63, id, 2 + 2 * text.length, 3]);
    t.equal(Buffer.from(report.subarray(3, 1 + (report[1] as number))).toString('utf16le'), text);
  }
});

t.test('what it does not know stalls; what is locked stays', async (t) => {
  const { device, driver } = await probed();
  t.equal(await driver.get(0x30, 2), 'stall');
  t.equal(await driver.get(0x04, 3), 'stall', 'only to be set');
  t.equal(await driver.set(0x03, 0), 'stall', 'only to be got');
  t.equal(await driver.set(0x02, 0), 'stall', 'too short');
  t.equal(await driver.set(0x24, 4, 3, 65, 0), 'success');
  t.same((await driver.get(0x24, 63))[3], 0x30);
  const setup = { requestType: 0x21, request: 0x0b, value: 0, index: 0, length: 0 };
  t.same(await device.control(setup, new Uint8Array()), { status: 'stall' });
  await driver.output(0x30, 0);
  t.same(driver.reports, []);
});

t.test('lines: as cp2112_gpio_direction_output(), _input(), _get() and _set() do', async (t) => {
  const { device, driver } = await probed();
  const { lines } = device;
  if (lines === undefined) return t.fail('no lines');
  t.equal(lines.count, cp2112Model.lineCount);
  const levels = async (): Promise<number | string | undefined> => (await driver.get(0x03, 2))[1];
  t.same(await driver.get(0x02, 5), Uint8Array.of(2, 0, 0, 0, 0));
  await driver.set(0x02, 0x04, 0xff, 0, 0);
  await driver.set(0x04, 0xff, 0x04);
  t.same([lines.isOutput(2), lines.level(2), await levels()], [true, 1, 4]);
  await driver.set(0x04, 0, 0x01);
  await driver.set(0x04, 0xff, 0x08);
  await driver.set(0x02, 0x0c, 0xff, 0, 0);
  t.equal(await levels(), 4, 'an input is not set');
  await driver.set(0x04, 0, 0x04);
  t.equal(await levels(), 0);
  await driver.set(0x02, 0, 0xff, 0, 0);
  lines.drive(2, 1);
  lines.drive(7, 1);
  t.equal(await levels(), 0x84);
  t.same(await driver.get(0x02, 5), Uint8Array.of(2, 0, 0xff, 0, 0));
});

t.test('an open drain lets go at level 1, and never drives it', async (t) => {
  const { device, driver } = await probed();
  const { lines } = device;
  if (lines === undefined) return t.fail('no lines');
  lines.pull(0, 1);
  const edges: number[] = [];
  lines.onEdge(({ level }) => edges.push(level));
  await driver.set(0x02, 1, 0, 0, 0);
  t.equal(lines.level(0), 0);
  await driver.set(0x04, 1, 1);
  t.same([lines.isOutput(0), lines.level(0)], [false, 1]);
  lines.drive(0, 0);
  await driver.set(0x04, 0, 1);
  t.same([lines.isOutput(0), lines.level(0)], [true, 0]);
  t.same(edges, [0, 1, 0]);
});

t.test('taken away: no report any more, no transfer, and the pins are inputs', async (t) => {
  const { device, driver } = await probed();
  const target = new StubbornTarget(0x42, { stretchMs: Number.POSITIVE_INFINITY });
  device.i2c?.add(target);
  await driver.set(0x02, 1, 0xff, 0, 0);
  await driver.set(0x04, 1, 1);
  await driver.output(0x14, 0x84, 1, 1);
  device.detach();
  t.same([device.lines?.isOutput(0), device.lines?.level(0)], [false, 0]);
  await driver.output(0x15, 1);
  t.same(driver.reports, []);
  target.stubbornness = {};
  const again = new Cp2112Driver(device);
  t.equal(await again.status(), 'EAGAIN');
  t.same((await again.get(0x06, 14))[13], 0, 'configured as at power-on');
  t.same(await again.write(0x42, 3), []);
  t.same([...target.accepted], [3]);
});
