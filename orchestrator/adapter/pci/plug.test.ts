/** Plugging into a real QEMU that runs no guest: what QEMU itself does, and what it refuses. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeTemporaryDirectory, startProcess, within } from '../../base/index.ts';
import { listenForOne, QmpClient } from '../../machine/index.ts';
import { plugPci } from './plug.ts';

const LIMIT_MS = 20_000;

/** QEMU with two root ports; `-S`: its CPUs never run. */
async function qemu(t: Test): Promise<QmpClient> {
  const directory = await makeTemporaryDirectory('test');
  t.teardown(() => directory[Symbol.asyncDispose]());
  const path = join(directory.path, 'qmp');
  const listener = await listenForOne(path);
  t.teardown(() => listener[Symbol.asyncDispose]());
  const ports = [0, 1].flatMap((port) => [
    '-device',
    `pcie-root-port,id=port${port},chassis=${port + 1},slot=${port + 1}`,
  ]);
  const child = startProcess({
    argv: [
      ...(['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-S'] as const),
      ...['-machine', 'q35', '-accel', 'tcg', '-m', '16M', ...ports],
      ...['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'],
      ...['-chardev', `socket,id=qmp,path=${path}`, '-mon', 'chardev=qmp,mode=control'],
    ],
  });
  t.teardown(() => child.kill());
  const socket = await listener.accept(LIMIT_MS);
  if (socket === undefined) throw new Error('QEMU did not call');
  const qmp = new QmpClient(socket);
  await qmp.negotiate();
  return qmp;
}

const edu = { driver: 'edu' } as const;

t.test('a port that does not exist, a port that is taken, a device that QEMU does not have', async (t) => {
  const qmp = await qemu(t);
  await t.rejects(plugPci(qmp, edu, { name: 'a', port: 'port7' }), {
    code: 'INFRA',
    message: "the machine has no port 'port7'",
    hint: /port0/,
  });
  const first = await plugPci(qmp, edu, { name: 'a' });
  t.match(first, { port: 'port0', id: /^a-\d+$/, goneMs: null });
  await t.rejects(
    plugPci(qmp, edu, { name: 'b' }),
    { code: 'INFRA', message: "edu can't be plugged into port0", detail: /in use by edu.*a-\d/ },
    'it is told by what',
  );
  const second = await plugPci(qmp, edu, { name: 'b', port: 'port1' });
  t.equal(second.port, 'port1', 'the other port is free');
  await t.rejects(plugPci(qmp, { driver: 'no-such' }, { name: 'c' }), {
    code: 'INFRA',
    message: "no-such can't be plugged into port0",
  });
});

t.test('a surprise removal asks nobody, and frees the port', async (t) => {
  const qmp = await qemu(t);
  const before = await plugPci(qmp, edu, { name: 'a', port: 'port1' });
  const other = await plugPci(qmp, edu, { name: 'b', port: 'port0' });
  await before.remove('surprise');
  t.equal(
    await within(
      before.deleted.then(() => 'gone'),
      LIMIT_MS,
    ),
    'gone',
  );
  t.type(before.goneMs, 'number');
  t.equal(other.goneMs, null, 'only the one port was emptied');
  await plugPci(qmp, edu, { name: 'c', port: 'port1' });
  await t.rejects(other.remove('usb_disconnect'), { code: 'INFRA', message: /usb_disconnect/ });
});

t.test('a slot without power: QEMU asks nobody', async (t) => {
  const qmp = await qemu(t);
  await using plugged = await plugPci(qmp, edu, { name: 'a' });
  await plugged.remove('device_del');
  t.equal(
    await within(
      plugged.deleted.then(() => 'gone'),
      LIMIT_MS,
    ),
    'gone',
  );
});
