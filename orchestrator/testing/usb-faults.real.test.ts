/**
 * Emulated USB adapters that go away at the worst moment: at every single request of a transfer, with a blocked hub
 * beside them, while files of the last plug are still held.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { CleanupStack, within } from '../base/index.ts';
import { type PluggedAdapter, USB_TRACE } from '../case/index.ts';
import { temporaryFolder } from './baseline.ts';
import { prepareUsb, type UsbGuest, usbAdapter, usbGuest } from './usb-guest.ts';

await using shared = new CleanupStack();
const environment = await prepareUsb(shared);

/** Sixteen bytes from the EEPROM, in two messages. */
const readEeprom = (device: string): string =>
  `i2ctransfer -y ${device.replace('/dev/i2c-', '')} w1@0x50 0 r16`;

/** Waits until the guest has seen the device go. */
async function gone(guest: UsbGuest, { facts }: PluggedAdapter): Promise<void> {
  await guest.run(
    `looks=0; while [ -e /sys/bus/usb/devices/${facts['usb']} ]; do looks=$((looks+1)); [ $looks -lt 100 ]; sleep 0.1; done`,
  );
}

for (const name of ['i2c-tiny-usb', 'cp2112']) {
  t.test(`${name}: the cable comes off at request K of an EEPROM read, for every K`, async (t) => {
    const directory = await temporaryFolder(t);
    await using cleanup = new CleanupStack();
    const guest = await usbGuest(environment, cleanup, directory);
    const adapter = usbAdapter(name, 'i2c-dev');
    const first = await guest.plug(adapter);
    // The shortest try: one that the driver gave up may have had more or fewer requests than it takes.
    let requests = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 3; attempt++) {
      first.usb.script.arm([]);
      await guest.ask(readEeprom(first.facts.device));
      requests = Math.min(requests, first.usb.script.count);
    }
    t.ok(requests >= 2, `${requests} requests`);
    await first.usb.remove('device_del');
    await gone(guest, first);
    await first.usb[Symbol.asyncDispose]();
    for (let at = 1; at <= requests; at++) {
      const plugged = await guest.plug(adapter);
      plugged.usb.script.arm([{ at, behaviour: { do: 'disconnect', when: 'before' } }]);
      const seen: number[] = [];
      plugged.usb.connection.onRequest(({ number }) => seen.push(number));
      const read = await guest.try(readEeprom(plugged.facts.device));
      t.not(read.code, 0, `request ${at} of ${requests}: the read fails`);
      await gone(guest, plugged);
      t.equal((await plugged.usb.connection.ended).cause, 'disconnected');
      t.same(
        seen,
        Array.from({ length: at }, (_, index) => index + 1),
        `exactly ${at} requests came`,
      );
      await plugged.usb[Symbol.asyncDispose]();
      const trace = (await readFile(join(directory, USB_TRACE.text), 'utf8')).trimEnd().split('\n');
      const off = trace.findIndex((line) => / -> device_disconnect /.test(line));
      t.ok(off > 0, 'the trace shows the cable coming off');
      t.notMatch(trace.slice(off + 1).join('\n'), / -> /, 'and nothing sent after it');
    }
  });
}

t.test('an adapter that is held keeps the hub from seeing any other, until it is closed', async (t) => {
  const directory = await temporaryFolder(t);
  await using cleanup = new CleanupStack();
  const guest = await usbGuest(environment, cleanup, directory);
  const held = await guest.plug(usbAdapter('i2c-tiny-usb', 'i2c-dev'), { port: '1', trace: 'held-' });
  const holder = await guest.shell.start(`exec 3<>${held.facts.device}; echo open; read -r _`);
  await new Promise<void>((resolve) => holder.onLine(() => resolve()));
  const disconnecting = guest.printed('USB disconnect, device number');
  await held.usb.remove('device_del');
  await disconnecting;
  // Claim S4: the hub's worker is the one that waits in i2c_del_adapter().
  let isThere = false;
  const second = guest.plug(usbAdapter('ft232r', 'gpio-cdev'), { port: '2' }).then((plugged) => {
    isThere = true;
    return plugged;
  });
  second.catch(() => undefined);
  await within(second, 6000);
  t.equal(isThere, false, 'the second adapter is not enumerated');
  t.match(
    await guest.run('cat /proc/*/stack 2>/dev/null'),
    /i2c_del_adapter[\s\S]*hub_event/,
    'as the worker waits',
  );
  holder.send('');
  await holder.exited;
  t.match((await second).facts.device, /gpiochip/, 'it is, once the file is closed');
});

t.test('plugged again while a file of the last plug is held', async (t) => {
  const directory = await temporaryFolder(t);
  await using cleanup = new CleanupStack();
  const guest = await usbGuest(environment, cleanup, directory);
  const adapter = usbAdapter('mcp2221', 'gpio-cdev');
  const first = await guest.plug(adapter, { port: '1' });
  const holder = await guest.shell.start(
    `exec 3<>${first.facts.device}; echo open; read -r _; cat <&3 2>&1; echo end; read -r _`,
  );
  const said: string[] = [];
  holder.onLine((text) => void said.push(text));
  const line = (wanted: string): Promise<void> =>
    new Promise((resolve) =>
      holder.onLine((text) => {
        if (text === wanted) resolve();
      }),
    );
  await line('open');
  await first.usb.remove('usb_disconnect');
  await gone(guest, first);
  await first.usb[Symbol.asyncDispose]();
  const second = await guest.plug(adapter, { port: '2', serialNumber: '4711' });
  t.not(second.facts.device, first.facts.device, 'the held name is not given away');
  t.match(await guest.run(`gpioinfo ${second.facts.device.replace('/dev/', '')}`), /4 lines/);
  const ended = line('end');
  holder.send('');
  await ended;
  t.match(said.join('\n'), /No such device[\s\S]*end/, 'the old file stays dead');
  holder.send('');
  await holder.exited;
  const third = await guest.plug(usbAdapter('cp2112', 'gpio-cdev'), { port: '3' });
  t.equal(third.facts.device, first.facts.device, 'its name is free again once it is closed');
});
