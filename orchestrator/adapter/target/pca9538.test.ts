import t from 'tap';
import { I2cBus } from './i2c-bus.ts';
import { Pca9538, type Pca9538Options } from './pca9538.ts';

/** The chip, and what regmap does to it: one register at a time (pca953x_i2c_regmap). */
function onBus(options: Pca9538Options = {}) {
  const chip = new Pca9538(options);
  const [address = 0] = chip.addresses;
  const bus = new I2cBus().add(chip);
  const write = (...bytes: number[]) =>
    bus.transfer({ address, content: { write: Uint8Array.from(bytes) }, stop: true });
  const read = async (register: number, readBytes = 1): Promise<number[]> => {
    await bus.transfer({ address, content: { write: Uint8Array.of(register) }, stop: false });
    const result = await bus.transfer({ address, content: { readBytes }, stop: true });
    return result.kind === 'done' ? [...result.data] : [];
  };
  return { chip, lines: chip.lines, write, read };
}

t.test('as from power-on: all inputs', async (t) => {
  const { chip, lines, read, write } = onBus();
  t.same(chip.addresses, [0x70]);
  // device_pca95xx_init(): the cache is empty, so the polarity is all that is written.
  await write(2, 0);
  t.same([await read(0), await read(1), await read(2), await read(3)], [[0], [0xff], [0], [0xff]]);
  lines.drive(3, 1);
  t.same(await read(0), [8]);
});

t.test('direction and level, in the order of pca953x_gpio_direction_output()', async (t) => {
  const { lines, read, write } = onBus();
  const edges: string[] = [];
  lines.onEdge(({ line, level }) => edges.push(`${line}=${level}`));
  await write(1, 0xff);
  await write(3, 0xfd);
  t.ok(lines.isOutput(1));
  t.same(await read(0), [2], 'an output is read from its pin');
  await write(1, 0xfd);
  await write(1, 0xff);
  await write(3, 0xff);
  t.notOk(lines.isOutput(1));
  t.same(edges, ['1=1', '1=0', '1=1', '1=0']);
});

t.test('polarity', async (t) => {
  const { lines, read, write } = onBus();
  lines.drive(0, 1);
  await write(2, 0x81);
  t.same(await read(0), [0x80]);
});

t.test('no increment; the input register is read-only; two bits of the command count', async (t) => {
  const { lines, read, write } = onBus();
  await write(0, 0xff);
  t.equal(lines.levels(), 0);
  await write(1, 0x0f, 0xf0);
  t.same(await read(1, 2), [0xf0, 0xf0]);
  t.same(await read(3), [0xff]);
  t.same(await read(0x81), [0xf0]);
});

t.test('the PCA9554 has pull-ups and other addresses', async (t) => {
  const { chip, lines, read } = onBus({ chip: 'pca9554' });
  t.same(chip.addresses, [0x20]);
  t.same(await read(0), [0xff]);
  lines.drive(0, 0);
  t.same(await read(0), [0xfe]);
  t.same(new Pca9538({ chip: 'pca9554', address: 0x27 }).addresses, [0x27]);
});
