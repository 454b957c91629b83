import t from 'tap';
import { virtioGpioModel } from './virtio-gpio.ts';

const OK = 0;
const ERROR = 1;
const TYPE = { none: 0, rising: 1, falling: 2, both: 3, high: 4, low: 8 };

function made() {
  const device = virtioGpioModel.create();
  const { lines } = device;
  if (lines === undefined) throw new Error('no lines');
  const ask = async (type: number, line: number, value = 0, roomBytes = 2): Promise<number[]> => {
    const data = Uint8Array.of(type, 0, line, 0, value, 0, 0, 0);
    return [...(await device.handle({ queue: 0, data, roomBytes }))];
  };
  /** A buffer in the event queue. */
  const wait = (line: number): { answer: number | undefined } => {
    const buffer: { answer: number | undefined } = { answer: undefined };
    const answer = device.handle({ queue: 1, data: Uint8Array.of(line, 0), roomBytes: 1 });
    void Promise.resolve(answer).then((bytes) => {
      buffer.answer = bytes[0];
    });
    return buffer;
  };
  return { device, lines, ask, wait };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('configuration and names, as virtio_gpio_get_names() splits them', async (t) => {
  const { device, ask, lines } = made();
  const config = new DataView(device.config.buffer);
  t.equal(config.getUint16(0, true), lines.count);
  const size = config.getUint32(4, true);
  const [status, ...names] = await ask(1, 0, 0, size + 1);
  t.equal(status, OK);
  t.equal(names.length, size);
  t.same(Buffer.from(names).toString().split('\0'), [
    ...Array.from({ length: lines.count }, (_, line) => `virtio-${line}`),
    '',
  ]);
});

t.test('direction and value', async (t) => {
  const { ask, lines } = made();
  t.same(await ask(2, 3), [OK, 0], 'no direction at first');
  await ask(5, 3, 1);
  t.equal(lines.level(3), 0, 'a value before the direction shows later');
  t.same(await ask(3, 3, 1), [OK, 0]);
  t.equal(lines.level(3), 1);
  t.same(await ask(2, 3), [OK, 1]);
  await ask(3, 3, 2);
  lines.drive(3, 1);
  t.same(await ask(4, 3), [OK, 1]);
  lines.drive(3, 0);
  t.same(await ask(4, 3), [OK, 0]);
});

t.test('what makes no sense fails', async (t) => {
  const { device, ask, lines } = made();
  for (const [type, line, value] of [
    [2, lines.count, 0],
    [3, 0, 3],
    [5, 0, 2],
    [6, 0, 5],
    [7, 0, 0],
  ] as const)
    t.same(await ask(type, line, value), [ERROR, 0], `${type} ${line} ${value}`);
  t.same([...(await device.handle({ queue: 0, data: Uint8Array.of(2), roomBytes: 2 }))], [ERROR, 0]);
  t.same([...(await device.handle({ queue: 0, data: Uint8Array.of(2), roomBytes: 0 }))], []);
});

t.test('edges: a buffer comes back once, and one edge is kept for the next', async (t) => {
  const { ask, lines, wait } = made();
  t.same(await ask(6, 1, TYPE.rising), [OK, 0]);
  const first = wait(1);
  await settle();
  t.equal(first.answer, undefined);
  lines.drive(1, 1);
  await settle();
  t.equal(first.answer, 1);
  lines.drive(1, 0);
  lines.drive(1, 1);
  lines.drive(1, 0);
  const second = wait(1);
  await settle();
  t.equal(second.answer, 1, 'at once');
  const third = wait(1);
  await settle();
  t.equal(third.answer, undefined, 'only one was kept, and falling ones do not count');
});

t.test('levels: as long as the line is there', async (t) => {
  const { ask, lines, wait } = made();
  await ask(6, 2, TYPE.low);
  t.same([wait(2), wait(2)].length, 2);
  const buffer = wait(2);
  await settle();
  t.equal(buffer.answer, 1);
  lines.drive(2, 1);
  const none = wait(2);
  await settle();
  t.equal(none.answer, undefined);
  lines.drive(2, 0);
  await settle();
  t.equal(none.answer, 1);
});

t.test('no interrupt: the buffer comes back as invalid', async (t) => {
  const { device, ask, wait, lines } = made();
  const without = wait(4);
  await settle();
  t.equal(without.answer, 0);
  await ask(6, 4, TYPE.both);
  const buffer = wait(4);
  const again = wait(4);
  await settle();
  t.equal(again.answer, 0, 'it has one already');
  await ask(6, 4, TYPE.none);
  await settle();
  t.equal(buffer.answer, 0);
  await ask(6, 4, TYPE.both);
  await ask(3, 5, 1);
  const forgotten = wait(4);
  device.reset();
  lines.drive(4, 1);
  await settle();
  t.equal(forgotten.answer, undefined, 'a reset forgets');
  t.same(await ask(2, 5), [OK, 0]);
});
