import fc from 'fast-check';
import t from 'tap';
import { I2cBus, type I2cMessage, type I2cTarget } from './i2c-bus.ts';

/** Writes down what happens to it. */
class Recorder implements I2cTarget {
  readonly addresses: readonly number[];
  readonly log: string[] = [];
  stretch = 0;
  acknowledges = true;
  refuses: number | undefined;
  /** Called when it holds the clock. */
  onStretch: () => void = () => undefined;

  constructor(...addresses: number[]) {
    this.addresses = addresses;
  }

  start(address: number, direction: 'read' | 'write'): boolean {
    this.log.push(`${direction} ${address}`);
    return this.acknowledges;
  }

  write(byte: number): boolean {
    this.log.push(`<${byte}`);
    return byte !== this.refuses;
  }

  read(): number {
    this.log.push('>');
    return this.log.length;
  }

  stop(): void {
    this.log.push('stop');
  }

  stretchMs(): number {
    if (this.stretch > 0) this.onStretch();
    return this.stretch;
  }
}

function write(address: number, bytes: readonly number[], stop = true): I2cMessage {
  return { address, content: { write: Uint8Array.from(bytes) }, stop };
}

function read(address: number, readBytes: number, stop = true): I2cMessage {
  return { address, content: { readBytes }, stop };
}

t.test('a message, a repeated START, a STOP', async (t) => {
  const target = new Recorder(8);
  const bus = new I2cBus().add(target);
  t.same(await bus.transfer(write(8, [1, 2], false)), { kind: 'done', data: new Uint8Array() });
  t.same(await bus.transfer(read(8, 2)), { kind: 'done', data: Uint8Array.of(5, 6) });
  t.same(target.log, ['write 8', '<1', '<2', 'read 8', '>', '>', 'stop']);
  bus.stop();
  t.equal(target.log.length, 7, 'nobody is addressed any more');
});

t.test('a message without content has its START and its STOP: a quick write', async (t) => {
  const target = new Recorder(8);
  t.match(await new I2cBus().add(target).transfer(write(8, [])), { kind: 'done' });
  t.same(target.log, ['write 8', 'stop']);
});

t.test('a START for somebody else ends a message, also for nobody', async (t) => {
  const [first, second] = [new Recorder(8), new Recorder(9)];
  const bus = new I2cBus().add(first).add(second);
  await bus.transfer(write(8, [1], false));
  await bus.transfer(write(9, [2], false));
  t.same(first.log, ['write 8', '<1', 'stop']);
  t.same(await bus.transfer(read(10, 1, false)), { kind: 'nak', phase: 'address', written: 0 });
  t.same(second.log, ['write 9', '<2', 'stop']);
});

t.test(
  'no acknowledgement: of the address, or of a byte; a STOP follows though none was asked for',
  async (t) => {
    const target = new Recorder(8);
    const bus = new I2cBus().add(target);
    target.refuses = 7;
    t.same(await bus.transfer(write(8, [5, 6, 7, 8], false)), { kind: 'nak', phase: 'data', written: 2 });
    t.same(target.log.splice(0), ['write 8', '<5', '<6', '<7', 'stop']);
    target.acknowledges = false;
    t.same(await bus.transfer(read(8, 1, false)), { kind: 'nak', phase: 'address', written: 0 });
    t.same(target.log, ['read 8', 'stop']);
  },
);

t.test('addresses are taken once; a target may have several', async (t) => {
  const target = new Recorder(8, 9);
  const bus = new I2cBus().add(target);
  t.throws(() => bus.add(new Recorder(7, 9)), /address 0x9 is taken/);
  t.throws(() => bus.add(target), RangeError);
  await bus.transfer(write(9, []));
  t.same(target.log, ['write 9', 'stop']);
  bus.remove(target);
  bus.add(new Recorder(9));
  t.match(await bus.transfer(write(8, [])), { kind: 'nak' });
});

t.test('a stretched clock: within the limit, all in all, and beyond', async (t) => {
  const target = new Recorder(8);
  const bus = new I2cBus().add(target);
  target.stretch = 1;
  t.match(await bus.transfer(write(8, [1, 2]), 2), { kind: 'done' }, 'exactly as long as it may');
  t.match(await bus.transfer(write(8, [1, 2, 3], false), 2), { kind: 'timeout' });
  t.same(target.log.slice(5), ['<1', '<2', 'stop'], 'of three bytes two are clocked, then there is a STOP');
  target.stretch = Number.POSITIVE_INFINITY;
  t.match(await bus.transfer(read(8, 1), 1), { kind: 'timeout' });
});

t.test('a clock that is held for ever is waited for until the signal', async (t) => {
  const target = new Recorder(8);
  const bus = new I2cBus().add(target);
  target.stretch = Number.POSITIVE_INFINITY;
  const abort = new AbortController();
  let ended = false;
  const result = bus.transfer(read(8, 1), Number.POSITIVE_INFINITY, abort.signal).finally(() => {
    ended = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.notOk(ended, 'no timer of Node takes such a time: it would fire after a millisecond');
  abort.abort();
  t.match(await result, { kind: 'timeout' });
  t.same(target.log, ['read 8', 'stop']);
  t.match(await bus.transfer(read(8, 1), 1000, abort.signal), { kind: 'timeout' });
  t.equal(target.log.length, 2, 'an aborted adapter does not begin');
});

t.test('a STOP of the adapter ends a held message, once', async (t) => {
  const target = new Recorder(8);
  const bus = new I2cBus().add(target);
  target.stretch = Number.POSITIVE_INFINITY;
  target.onStretch = () => queueMicrotask(() => bus.stop());
  t.match(await bus.transfer(read(8, 1), Number.POSITIVE_INFINITY), { kind: 'timeout' });
  t.same(target.log, ['read 8', 'stop']);
});

t.test('another message ends a held one, which leaves the new one alone', async (t) => {
  const target = new Recorder(8);
  const bus = new I2cBus().add(target);
  target.stretch = Number.POSITIVE_INFINITY;
  const held = bus.transfer(read(8, 1), Number.POSITIVE_INFINITY);
  target.stretch = 0;
  const next = bus.transfer(write(8, [1], false));
  t.match(await held, { kind: 'timeout' });
  t.match(await next, { kind: 'done' });
  t.same(target.log, ['read 8', 'stop', 'write 8', '<1']);
});

t.test('a chip that is taken off lets go of the clock and acknowledges nothing more', async (t) => {
  const target = new Recorder(8);
  const bus = new I2cBus().add(target);
  target.stretch = Number.POSITIVE_INFINITY;
  target.onStretch = () => queueMicrotask(() => bus.remove(target));
  t.same(await bus.transfer(write(8, [1, 2]), Number.POSITIVE_INFINITY), {
    kind: 'nak',
    phase: 'data',
    written: 0,
  });
  t.same(target.log, ['write 8'], 'it is told of no STOP');
  bus.remove(target);
  t.match(await bus.transfer(write(8, [])), { kind: 'nak', phase: 'address' });
});

t.test(
  'every START of a target is followed by one STOP at most, and by one before another target hears of anything',
  async () => {
    const message = fc.record({
      address: fc.constantFrom(8, 9, 10),
      stop: fc.boolean(),
      bytes: fc.array(fc.constantFrom(1, 2), { maxLength: 3 }),
      reads: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        const log: string[] = [];
        const chip = (address: number): I2cTarget => ({
          addresses: [address],
          start: () => log.push(`start ${address}`) > 0,
          write: (byte) => byte === 1,
          read: () => 0,
          stop: () => log.push(`stop ${address}`),
        });
        const bus = new I2cBus().add(chip(8)).add(chip(9));
        for (const { address, stop, bytes, reads } of messages)
          await bus.transfer(reads ? read(address, bytes.length, stop) : write(address, bytes, stop));
        bus.stop();
        let current = '';
        for (const line of log) {
          const [what, who = ''] = line.split(' ');
          if (what === 'stop' && who !== current) throw new Error(`a STOP for ${who}: ${log}`);
          if (what === 'start' && current !== '' && who !== current) throw new Error(`no STOP: ${log}`);
          current = what === 'stop' ? '' : who;
        }
        if (current !== '') throw new Error(`no STOP at the end: ${log}`);
      }),
    );
  },
);
