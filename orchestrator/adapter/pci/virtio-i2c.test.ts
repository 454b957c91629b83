import t from 'tap';
import { Eeprom24c02 } from '../target/eeprom-24c02.ts';
import { StubbornTarget } from '../target/stubborn.ts';
import type { VirtioDevice } from './virtio-device.ts';
import { virtioI2cModel } from './virtio-i2c.ts';

const READ = 2;
const FAIL_NEXT = 1;
const OK = 0;
const ERROR = 1;

/** The device with an EEPROM, and one message as virtio_i2c_prepare_reqs() makes it. */
function onBus() {
  const device = virtioI2cModel.create();
  const eeprom = new Eeprom24c02({ contents: Uint8Array.from({ length: 256 }, (_, at) => at ^ 0xff) });
  device.i2c?.add(eeprom).add(new StubbornTarget(0x51, { stretchMs: Number.POSITIVE_INFINITY }));
  return { device, eeprom, ...messages(device) };
}

function messages(device: VirtioDevice) {
  const message = async (
    address: number,
    flags: number,
    write: number[],
    room: number,
  ): Promise<number[]> => {
    const data = Uint8Array.of(address << 1, 0, 0, 0, flags, 0, 0, 0, ...write);
    return [...(await device.handle({ queue: 0, data, roomBytes: room }))];
  };
  return {
    write: (address: number, bytes: number[], flags = 0) => message(address, flags, bytes, 1),
    read: (address: number, count: number, flags = 0) => message(address, flags | READ, [], count + 1),
  };
}

t.test('transfers: the status is the last byte', async (t) => {
  const { eeprom, read, write } = onBus();
  t.same(await write(0x50, [0x10, 1, 2]), [OK]);
  t.same([eeprom.contents[0x10], eeprom.contents[0x11]], [1, 2]);
  const both = [write(0x50, [0x0f], FAIL_NEXT), read(0x50, 3)];
  t.same(await Promise.all(both), [[OK], [0xf0, 1, 2, OK]], 'a repeated START: the address stays');
  t.same(await write(0x50, []), [OK], 'a request of no length: somebody is there');
  t.same(await read(0x50, 0), [OK]);
  t.same(await write(0x33, []), [ERROR], 'nobody is');
  t.same(await read(0x33, 2), [0, 0, ERROR]);
});

t.test('a message that fails takes the rest of its transfer with it, and no other', async (t) => {
  const { read, write, eeprom } = onBus();
  const before = [...eeprom.contents];
  const all = [
    write(0x33, [0], FAIL_NEXT),
    write(0x50, [0, 0x55], FAIL_NEXT),
    read(0x50, 1),
    write(0x50, [0x20]),
  ];
  t.same(await Promise.all(all), [[ERROR], [ERROR], [0, ERROR], [OK]]);
  t.same([...eeprom.contents], before, 'not done');
});

t.test(
  'a message in flight is answered when another transfer shows that the driver waits no more',
  async (t) => {
    const { device, read, write } = onBus();
    let answered = 0;
    const first = write(0x51, [0], FAIL_NEXT).finally(() => answered++);
    const second = read(0x51, 1).finally(() => answered++);
    t.equal(device.abandons?.({ queue: 0, data: new Uint8Array(8), roomBytes: 1 }), true);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(answered, 0, 'for ever');
    t.same(await read(0x50, 1), [0xff, OK]);
    t.same([await first, await second], [[ERROR], [0, ERROR]]);
  },
);

t.test('in the middle of a transfer nothing is given up; a reset ends it', async (t) => {
  const { device, read, write } = onBus();
  const probe = { queue: 0, data: new Uint8Array(8), roomBytes: 1 };
  t.equal(device.abandons?.(probe), true);
  await write(0x50, [0], FAIL_NEXT);
  t.equal(device.abandons?.(probe), false);
  device.reset();
  t.equal(device.abandons?.(probe), true);
  t.same(await read(0x50, 1), [0xff, OK]);
});

t.test('what the specification does not allow', async (t) => {
  const { device } = onBus();
  const ask = async (data: readonly number[], roomBytes: number): Promise<number[]> => [
    ...(await device.handle({ queue: 0, data: Uint8Array.from(data), roomBytes })),
  ];
  t.same(await ask([], 1), [ERROR]);
  t.same(await ask([0xa0, 0, 0, 0, 0, 0, 0], 1), [ERROR], 'half a header');
  t.same(await ask([0xa0, 0, 0, 0, READ, 0, 0, 0, 1], 2), [0, ERROR], 'to read and to write');
  t.same(await ask([0xa0, 0, 0, 0, 0, 0, 0, 0, 1], 3), [0, 0, ERROR]);
  t.same(await ask([0xa0, 0, 0, 0, 0, 0, 0, 0, 1], 0), [], 'no room for a status');
});
