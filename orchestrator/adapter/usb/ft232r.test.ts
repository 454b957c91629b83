import fc from 'fast-check';
import t from 'tap';
import { delay } from '../../base/index.ts';
import type { UsbPort } from './device.ts';
import { Ft232r, type Ft232rOptions, ft232rModel } from './ft232r.ts';
import { RecordingPort } from './testdata/recording-port.ts';

/** The driver's side: its control requests, and its reading of what the IN endpoint gives (ftdi_process_read_urb). */
class Driver {
  readonly port = new RecordingPort();
  readonly device: Ft232r;
  /** First status byte of the last packet. */
  modemStatus = 0;

  constructor(device: Ft232r) {
    this.device = device;
    device.attach(this.port);
  }

  set(request: number, value: number, index = 0): string {
    const setup = { requestType: 0x40, request, value, index, length: 0 };
    return this.device.control(setup).status;
  }

  get(request: number, index: number, length: number): readonly number[] | string {
    const { status, data } = this.device.control({ requestType: 0xc0, request, value: 0, index, length });
    return status === 'success' ? [...(data ?? [])] : status;
  }

  /** ftdi_open with ftdi_set_termios, then ftdi_dtr_rts. */
  open(): void {
    for (const [request, value] of [
      [0, 0],
      [4, 8],
      [3, 0x4138],
      [2, 0],
      [1, 0x0303],
    ] as const)
      if (this.set(request, value) !== 'success') throw new Error(`request ${request}`);
  }

  /** ftdi_dtr_rts(0). */
  close(): void {
    this.set(2, 0);
    this.set(1, 0x0300);
  }

  /** The data of one transfer. */
  async transfer(): Promise<readonly number[]> {
    const bytes = await this.port.next(0x81);
    if (bytes.length > 512) throw new Error(`${bytes.length} bytes: more than the driver's buffer`);
    const data: number[] = [];
    for (let at = 0; at < bytes.length; at += 64) {
      const packet = bytes.subarray(at, at + 64);
      this.modemStatus = packet[0] as number;
      if (!((packet[1] as number) & 0x40)) throw new Error('transmitter not empty');
      data.push(...packet.subarray(2));
    }
    return data;
  }

  async read(count: number): Promise<readonly number[]> {
    const data: number[] = [];
    while (data.length < count) data.push(...(await this.transfer()));
    return data;
  }
}

/** Opened, and unplugged at the end of the test. */
function opened(t: { teardown(handler: () => void): void }, options: Ft232rOptions = {}): Driver {
  const device = new Ft232r(options);
  const driver = new Driver(device);
  t.teardown(() => device.detach());
  driver.open();
  // As a test that listens keeps nothing alive, it needs something that does.
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  return driver;
}

t.test('probe: latency timer, CBUS functions', async (t) => {
  const driver = new Driver(new Ft232r());
  t.same(driver.get(0x0a, 0, 1), [16]);
  t.equal(driver.set(0x09, 16), 'success');
  t.same(driver.get(0x90, 0x0a, 2), [0xaa, 0xaa], 'CBUS0 to CBUS3 are GPIO');
  t.equal(driver.get(0x90, 64, 2), 'stall');
  t.equal(driver.port.pending, 0);
});

t.test('EEPROM: its words add up, and outlive a plug', async (t) => {
  const device = new Ft232r();
  const driver = new Driver(device);
  let sum = 0xaaaa;
  for (const word of device.eeprom.subarray(0, 63)) {
    sum ^= word;
    sum = ((sum << 1) & 0xffff) | (sum >> 15);
  }
  t.equal(device.eeprom[63], sum);
  t.equal(driver.set(0x91, 0x1aa5, 0x0a), 'success');
  t.equal(driver.set(0x91, 0, 64), 'stall');
  device.detach();
  device.attach(driver.port);
  t.same(driver.get(0x90, 0x0a, 2), [0xa5, 0x1a]);
  driver.set(0x0b, 0x20ff);
  t.equal(device.lines.levels(), 0b0110, 'the other two are not GPIO');
});

t.test('CBUS: request, output, value, input, release', async (t) => {
  const device = new Ft232r();
  const driver = new Driver(device);
  t.equal(driver.set(0x0b, 0x2000), 'success', 'ftdi_gpio_request');
  driver.set(0x0b, 0x2044);
  t.equal(device.lines.isOutput(2), true);
  t.same(driver.get(0x0c, 0, 1), [0b0100]);
  device.lines.drive(0, 1);
  t.same(driver.get(0x0c, 0, 1), [0b0101]);
  driver.set(0x0b, 0x2040);
  t.same(driver.get(0x0c, 0, 1), [0b0001]);
  driver.set(0x0b, 0x2044);
  driver.set(0x0b, 0x0000);
  t.equal(device.lines.level(2), 1, 'leaving CBUS mode leaves the pins');
  device.detach();
  device.attach(driver.port);
  t.equal(device.lines.level(2), 0, 'power-up does not');
});

t.test('tty: what is written comes back when the latency timer fires', async (t) => {
  const driver = opened(t, { idleStatus: false });
  driver.set(0x09, 1);
  driver.device.write(2, Buffer.from('hel'));
  driver.device.write(2, Buffer.from('lo'));
  t.equal(driver.port.pending, 0, 'not a packet yet');
  t.equal(Buffer.from(await driver.transfer()).toString(), 'hello');
  t.equal(driver.modemStatus, 0xb1, 'DTR and RTS come back as DSR and CTS');
});

t.test('tty: full packets go at once; any data come back', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 1100 }), { minLength: 1 }),
      async (all) => {
        const driver = new Driver(new Ft232r({ idleStatus: false }));
        driver.open();
        driver.set(0x09, 1);
        const total = all.reduce((sum, { length }) => sum + length, 0);
        for (const data of all) driver.device.write(2, data);
        const atOnce = total - (total % 62);
        const data = [...(await driver.read(atOnce))];
        if (data.length !== atOnce || driver.port.pending > 0) throw new Error(`${data.length} of ${atOnce}`);
        if (total > atOnce) {
          const alive = setInterval(() => undefined, 1000);
          data.push(...(await driver.transfer()));
          clearInterval(alive);
        }
        driver.device.detach();
        if (Buffer.compare(Buffer.from(data), Buffer.concat(all)) !== 0) throw new Error('other data');
      },
    ),
    { numRuns: 40, examples: [[[new Uint8Array(62 * 8)]], [[new Uint8Array(62 * 9)]]] },
  );
  t.pass();
});

t.test('tty: without loopback only the peer is heard', async (t) => {
  const driver = opened(t, { loopback: false, idleStatus: false });
  driver.device.write(2, new Uint8Array(100));
  t.equal(driver.port.pending, 0);
  driver.device.receive(new Uint8Array(62).fill(7));
  t.same(await driver.transfer(), new Array(62).fill(7));
});

t.test('an idle device sends its status, from open to close', async (t) => {
  const driver = opened(t);
  driver.set(0x09, 1);
  t.same(await driver.transfer(), []);
  t.same(await driver.transfer(), [], 'again and again');
  t.equal(driver.modemStatus, 0xb1);
  driver.set(1, 0x0200);
  while (driver.modemStatus !== 0xa1) await driver.transfer();
  t.same(driver.get(5, 0, 2), [0xa1, 0x60], 'RTS alone dropped: still open');
  driver.close();
  t.same(driver.get(5, 0, 2), [0x81, 0x60]);
  const sent = driver.port.pending;
  await delay(10);
  t.equal(driver.port.pending, sent, 'closed: no more of them');
  driver.open();
  driver.device.detach();
  await delay(10);
  t.equal(driver.port.pending, sent, 'unplugged: none either');
});

t.test('status is not sent to a host that does not ask, data are', async (t) => {
  const device = new Ft232r();
  t.teardown(() => device.detach());
  const sent: Uint8Array[] = [];
  let asked = 0;
  await new Promise<void>((resolve) => {
    const alive = setInterval(() => undefined, 1000);
    const port: UsbPort = {
      send: (_endpoint, data) => {
        sent.push(data);
        clearInterval(alive);
        resolve();
      },
      waiting: () => {
        if (++asked === 3) device.write(2, Uint8Array.of(9));
        return false;
      },
    };
    const driver = new Driver(device);
    device.attach(port);
    driver.open();
    driver.set(0x09, 1);
  });
  t.same(sent, [Uint8Array.of(0xb1, 0x60, 9)]);
});

t.test('a reset and a purge empty the buffer; so does an unplug', async (t) => {
  const driver = opened(t, { idleStatus: false });
  const { device } = driver;
  driver.set(0x09, 1);
  for (const forget of [
    () => driver.set(0, 0),
    () => driver.set(0, 1),
    () => {
      device.detach();
      device.attach(driver.port);
      driver.open();
      driver.set(0x09, 1);
    },
  ]) {
    device.write(2, Uint8Array.of(1, 2, 3));
    forget();
    device.write(2, Uint8Array.of(4));
    t.same(await driver.transfer(), [4]);
  }
  t.equal(driver.get(0x0a, 0, 1)[0], 1);
  device.detach();
  device.attach(driver.port);
  t.equal(driver.get(0x0a, 0, 1)[0], 16, 'power-up');
});

t.test('requests that it does not have', async (t) => {
  const driver = new Driver(new Ft232r());
  t.equal(driver.set(0x33, 0), 'stall');
  t.equal(driver.get(0x33, 0, 1), 'stall');
  const setup = { requestType: 0x21, request: 0x22, value: 0, index: 0, length: 0 };
  t.equal(driver.device.control(setup).status, 'stall');
});

t.test('model', async (t) => {
  const device = ft232rModel.create({ serialNumber: '42' });
  t.equal(device.description.serialNumber, '42');
  t.equal(device.lines?.count, ft232rModel.lineCount);
  t.equal(device.description.deviceVersion, 0x0600);
});
