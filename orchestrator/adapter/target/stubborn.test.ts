import t from 'tap';
import { I2cBus, type I2cMessage } from './i2c-bus.ts';
import { StubbornTarget } from './stubborn.ts';

const WRITE: I2cMessage = { address: 0x42, content: { write: Uint8Array.of(1, 2, 3) }, stop: true };
const READ: I2cMessage = { address: 0x42, content: { readBytes: 3 }, stop: true };

t.test('by itself it does everything right', async (t) => {
  const target = new StubbornTarget(0x42);
  const bus = new I2cBus().add(target);
  t.match(await bus.transfer(WRITE), { kind: 'done' });
  t.same([...target.accepted], [1, 2, 3]);
  t.same(await bus.transfer(READ), { kind: 'done', data: Uint8Array.of(0, 1, 2) });
  t.same(await bus.transfer(READ), { kind: 'done', data: Uint8Array.of(0, 1, 2) });
});

t.test('it refuses a byte, in every message anew', async (t) => {
  const target = new StubbornTarget(0x42, { refusesByte: 2 });
  const bus = new I2cBus().add(target);
  for (let count = 1; count <= 2; count++) {
    t.same(await bus.transfer(WRITE), { kind: 'nak', phase: 'data', written: 2 });
    t.equal(target.accepted.length, 2 * count);
  }
  t.match(await bus.transfer(READ), { kind: 'done' });
  target.stubbornness = { refusesByte: 0 };
  t.same(await bus.transfer(WRITE), { kind: 'nak', phase: 'data', written: 0 });
});

t.test('it does not answer, until it does', async (t) => {
  const target = new StubbornTarget(0x42, { deaf: true });
  const bus = new I2cBus().add(target);
  t.match(await bus.transfer(WRITE), { kind: 'nak', phase: 'address' });
  target.stubbornness = {};
  t.match(await bus.transfer(WRITE), { kind: 'done' });
});

t.test('it holds the clock at each byte, or for ever', async (t) => {
  const target = new StubbornTarget(0x42, { stretchMs: 2 });
  const bus = new I2cBus().add(target);
  t.match(await bus.transfer(WRITE, 5), { kind: 'timeout' });
  t.same([...target.accepted], [1, 2]);
  t.match(await bus.transfer(READ, 6), { kind: 'done' });
  target.stubbornness = { stretchMs: Number.POSITIVE_INFINITY };
  t.match(await bus.transfer(READ, 1), { kind: 'timeout' });
});
