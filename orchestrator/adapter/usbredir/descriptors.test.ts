import t from 'tap';
import type { ControlSetup, UsbDescription } from '../usb/device.ts';
import {
  configurationDescriptor,
  deviceDescriptor,
  deviceQualifier,
  otherSpeedConfiguration,
  stringDescriptor,
} from './descriptors.ts';
import { StandardRequests } from './standard-requests.ts';
import { TEST_DESCRIPTION } from './testdata/device.ts';

const FAST: UsbDescription = {
  ...TEST_DESCRIPTION,
  speed: 'high',
  interfaces: [
    {
      class: 0xff,
      subclass: 0,
      protocol: 0,
      endpoints: [{ address: 0x81, type: 'bulk', maxPacketBytes: 512, interval: 0 }],
    },
  ],
};

t.test('device and configuration', async (t) => {
  t.equal(deviceDescriptor(TEST_DESCRIPTION).toString('hex'), '12010002000000400912cdab230101020301');
  t.equal(
    configurationDescriptor(TEST_DESCRIPTION).toString('hex'),
    [
      '090240000201008032',
      '0904000002ff010200',
      '07050102400000',
      '07058102400000',
      '090401000203000004',
      '092111010001220800',
      '0705020340000a',
      '0705820340000a',
    ].join(''),
  );
});

t.test('strings, each once', async (t) => {
  t.equal(stringDescriptor(TEST_DESCRIPTION, 0)?.toString('hex'), '04030904');
  t.equal(stringDescriptor(TEST_DESCRIPTION, 3)?.toString('hex'), '060341003100');
  t.equal(stringDescriptor(TEST_DESCRIPTION, 4)?.subarray(2).toString('utf16le'), 'input');
  t.equal(stringDescriptor(TEST_DESCRIPTION, 5), undefined);
  const long = stringDescriptor({ ...TEST_DESCRIPTION, manufacturer: 'x'.repeat(300) }, 1);
  t.equal(long?.length, 254);
  t.equal(long?.[0], 254);
  const bare: UsbDescription = {
    speed: 'full',
    usbVersion: 0x0110,
    vendorId: 1,
    productId: 2,
    deviceVersion: 3,
    class: 0,
    subclass: 0,
    protocol: 0,
    maxPacketBytes0: 8,
    maxPowerMilliampere: 0,
    interfaces: [],
  };
  t.same([...deviceDescriptor(bare).subarray(14, 17)], [0, 0, 0]);
});

t.test('only what runs at high speed has another speed', async (t) => {
  t.equal(deviceQualifier(TEST_DESCRIPTION), undefined);
  t.equal(otherSpeedConfiguration(TEST_DESCRIPTION), undefined);
  t.equal(deviceQualifier(FAST)?.toString('hex'), '0a060002000000400100');
  const other = otherSpeedConfiguration(FAST);
  t.equal(other?.[1], 7);
  t.equal(other?.readUInt16LE(9 + 9 + 4), 64);
  t.equal(configurationDescriptor(FAST).readUInt16LE(9 + 9 + 4), 512);
});

t.test('what makes no sense stalls', async (t) => {
  const standard = new StandardRequests(TEST_DESCRIPTION);
  const setup = (requestType: number, request: number, value: number, index: number): ControlSetup => ({
    requestType,
    request,
    value,
    index,
    length: 64,
  });
  const bad: readonly (readonly [string, number, number, number, number])[] = [
    ['a second configuration', 0x80, 6, 0x0201, 0],
    ['a language that there is not', 0x80, 6, 0x0301, 0x0407],
    ['a descriptor of no type', 0x80, 6, 0x4200, 0],
    ['a descriptor of an endpoint', 0x82, 6, 0x0100, 0x81],
    ['GET_DESCRIPTOR as OUT', 0x00, 6, 0x0100, 0],
    ['the report of no interface', 0x81, 6, 0x2200, 7],
    ['the second report', 0x81, 6, 0x2201, 1],
    ['the state of no interface', 0x81, 0, 0, 7],
    ['the state of no endpoint', 0x82, 0, 0, 0x8f],
    ['remote wake-up', 0x00, 3, 1, 0],
    ['another feature of an endpoint', 0x02, 3, 1, 0x81],
    ['SET_DESCRIPTOR', 0x00, 7, 0x0100, 0],
  ];
  for (const [what, ...request] of bad) {
    t.ok(standard.knows(setup(...request)), what);
    t.same(standard.answer(setup(...request)), { status: 'stall' }, what);
  }
  t.match(standard.answer(setup(0x81, 0, 0, 0)), { status: 'success', data: Buffer.of(0, 0) });
  t.match(standard.answer(setup(0x82, 0, 0, 0)), { status: 'success', data: Buffer.of(0, 0) });
  t.match(standard.answer(setup(0x81, 6, 0x2100, 1)), { status: 'success' });
  t.notOk(standard.knows(setup(0xa1, 1, 0x0100, 1)), 'GET_REPORT is for the model');
  t.notOk(standard.knows(setup(0x40, 0, 0, 0)));
  t.ok(standard.configure(0));
  t.same(standard.answer(setup(0x81, 6, 0x2200, 1)), { status: 'stall' }, 'not configured');
  t.match(standard.answer(setup(0x80, 8, 0, 0)), { data: Buffer.of(0) });
  t.notOk(standard.chooseSetting(0, 0));
});
