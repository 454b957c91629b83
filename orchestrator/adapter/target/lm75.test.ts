import t from 'tap';
import { I2cBus } from './i2c-bus.ts';
import { Lm75, type Lm75Options } from './lm75.ts';

/** The chip, and what i2c_smbus_* does to it. */
function onBus(options: Lm75Options = {}) {
  const chip = new Lm75(options);
  const [address = 0] = chip.addresses;
  const bus = new I2cBus().add(chip);
  const write = (...bytes: number[]) =>
    bus.transfer({ address, content: { write: Uint8Array.from(bytes) }, stop: true });
  const read = async (register: number, readBytes: number): Promise<number[]> => {
    await bus.transfer({ address, content: { write: Uint8Array.of(register) }, stop: false });
    const result = await bus.transfer({ address, content: { readBytes }, stop: true });
    return result.kind === 'done' ? [...result.data] : [];
  };
  return { chip, write, read };
}

/** drivers/hwmon/lm75.c, lm75_reg_to_mc(). */
function toMillidegree([high = 0, low = 0]: readonly number[], resolutionBits: number): number {
  const register = (((high << 8) | low) << 16) >> 16;
  return ((register >> (16 - resolutionBits)) * 1000) >> (resolutionBits - 8);
}

t.test('probe and attributes as of lm75.c: configuration as a byte, the others as words', async (t) => {
  const { chip, read, write } = onBus();
  t.same(chip.addresses, [0x48]);
  t.same(await read(1, 1), [0], 'nothing to correct: no write at probe');
  t.equal(toMillidegree(await read(0, 2), 9), 25_000);
  t.equal(toMillidegree(await read(3, 2), 9), 80_000);
  t.equal(toMillidegree(await read(2, 2), 9), 75_000);
  await write(3, 0x1e, 0x80);
  t.equal(toMillidegree(await read(3, 2), 9), 30_500);
  t.equal(chip.maximumMillidegree, 30_500);
  await write(2, 0xfb, 0xff);
  t.same(await read(2, 2), [0xfb, 0x80], 'limits have nine bits');
  t.equal(chip.hysteresisMillidegree, -4_500);
});

t.test('temperatures in both resolutions', async (t) => {
  for (const [millidegree, nine, eleven] of [
    [25_900, 25_500, 25_875],
    [0, 0, 0],
    [-100, -500, -125],
    [-55_000, -55_000, -55_000],
    [125_000, 125_000, 125_000],
  ] as const) {
    for (const [resolutionBits, expected] of [
      [9, nine],
      [11, eleven],
    ] as const) {
      const { chip, read } = onBus({ resolutionBits });
      chip.millidegree = millidegree;
      t.equal(toMillidegree(await read(0, 2), resolutionBits), expected, `${millidegree} ${resolutionBits}`);
      t.equal(chip.millidegree, millidegree);
    }
  }
  t.throws(() => new Lm75({ millidegree: 125_001 }), RangeError);
  t.throws(() => new Lm75({ millidegree: Number.NaN }), RangeError);
});

t.test('shut down it converts no more, and does so at once when it is woken', async (t) => {
  const { chip, read, write } = onBus();
  await write(1, 0xff);
  t.equal(chip.configuration, 0x1f, 'three bits read 0');
  chip.millidegree = 50_000;
  t.equal(toMillidegree(await read(0, 2), 9), 25_000);
  await write(1, 0);
  t.equal(toMillidegree(await read(0, 2), 9), 50_000);
});

t.test('the temperature is read-only, a pointer stays, bytes repeat', async (t) => {
  const { chip, read, write } = onBus({ address: 0x4f });
  await write(0, 1, 2);
  t.same(await read(0, 4), [25, 0, 25, 0]);
  await write(3, 0x20);
  t.equal(chip.maximumMillidegree, 80_000, 'half a word changes nothing');
  t.same(await read(7, 2), [0x50, 0], 'the pointer has two bits');
});

t.test('lm75_detect() declines it at every temperature', async (t) => {
  const { chip, read } = onBus();
  const byte = async (register: number): Promise<number | undefined> => (await read(register, 1))[0];
  const declined: number[] = [];
  for (let degrees = -55; degrees <= 125; degrees++) {
    chip.millidegree = degrees * 1000;
    const hysteresis = await byte(2);
    const others: (number | undefined)[] = [];
    for (const register of [4, 5, 6, 7]) others.push(await byte(register));
    if (others[3] !== 0xa1 && others.some((value) => value !== hysteresis)) declined.push(degrees);
  }
  t.equal(declined.length, 181);
});
