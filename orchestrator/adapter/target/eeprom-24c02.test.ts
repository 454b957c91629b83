import fc from 'fast-check';
import t from 'tap';
import { Eeprom24c02, type Eeprom24c02Options } from './eeprom-24c02.ts';
import { I2cBus, type I2cResult } from './i2c-bus.ts';

/** A chip on a bus, with a clock that stands still until it is set. */
function onBus(options: Eeprom24c02Options = {}) {
  const clock = { ms: 0 };
  const chip = new Eeprom24c02({ clock: () => clock.ms, ...options });
  const [address = 0] = chip.addresses;
  const bus = new I2cBus().add(chip);
  return {
    chip,
    clock,
    bus,
    write: (bytes: readonly number[], stop = true): Promise<I2cResult> =>
      bus.transfer({ address, content: { write: Uint8Array.from(bytes) }, stop }),
    read: async (readBytes: number): Promise<readonly number[] | string> => {
      const result = await bus.transfer({ address, content: { readBytes }, stop: true });
      return result.kind === 'done' ? [...result.data] : result.kind;
    },
  };
}

t.test('what is given is there, the rest is erased', async (t) => {
  const { chip } = onBus({ contents: Uint8Array.of(1, 2) });
  t.equal(chip.contents.length, 256);
  t.same([...chip.contents.subarray(0, 3)], [1, 2, 0xff]);
  t.same(chip.addresses, [0x50]);
  t.same(new Eeprom24c02({ address: 0x57 }).addresses, [0x57]);
  chip.contents.fill(0);
  t.equal(chip.contents[0], 1, 'a copy');
  t.throws(() => new Eeprom24c02({ contents: new Uint8Array(257) }), RangeError);
});

t.test('reads: from an address, from where the last one ended, and around', async (t) => {
  const { write, read } = onBus({ contents: Uint8Array.from({ length: 256 }, (_, index) => index) });
  await write([0x10], false);
  t.same(await read(2), [0x10, 0x11]);
  t.same(await read(1), [0x12], 'current address');
  await write([0xfe]);
  t.same(await read(4), [0xfe, 0xff, 0, 1], 'an address alone is no write: no write cycle');
});

t.test('during a write cycle the address is not acknowledged', async (t) => {
  const { chip, clock, write, read } = onBus();
  t.match(await write([0x20, 7]), { kind: 'done' });
  t.equal(chip.contents[0x20], 7);
  for (const ms of [0, 4.9]) {
    clock.ms = ms;
    t.match(await write([0x20]), { kind: 'nak', phase: 'address' });
    t.equal(await read(1), 'nak');
  }
  clock.ms = 5;
  t.match(await write([0x20], false), { kind: 'done' }, 'being asked has not begun another cycle');
  t.same(await read(1), [7]);
});

t.test('a repeated START drops what was to be written', async (t) => {
  const { chip, write, read } = onBus();
  await write([0x20, 7], false);
  t.same(await read(1), [0xff]);
  t.equal(chip.contents[0x20], 0xff);
});

t.test('writes wrap inside the page', async (t) => {
  for (const pageBytes of [8, 16] as const) {
    const { chip, write } = onBus({ pageBytes, writeCycleMs: 0 });
    await write([0x2e, ...Array.from({ length: 4 }, (_, index) => index)]);
    const page = 0x30 - pageBytes;
    t.same([...chip.contents.subarray(0x2e, 0x31)], [0, 1, 0xff]);
    t.same([...chip.contents.subarray(page, page + 2)], [2, 3]);
  }
});

t.test('what is written within a page is read back; of an overrun the last bytes stay', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 255 }),
      fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 40 }),
      async (address, bytes) => {
        const { chip, write } = onBus({ pageBytes: 8 });
        await write([address, ...bytes]);
        const expected = new Uint8Array(256).fill(0xff);
        for (const [index, byte] of bytes.entries())
          expected[(address & ~7) | ((address + index) & 7)] = byte;
        if (Buffer.compare(chip.contents, expected) !== 0) throw new Error('other contents');
      },
    ),
  );
});
