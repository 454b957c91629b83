/** Plugging into a real QEMU whose guest never comes up: what was begun is undone. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeTemporaryDirectory, startProcess } from '../../base/index.ts';
import { listenForOne, QmpClient } from '../../machine/index.ts';
import { i2cTinyUsbModel } from './i2c-tiny-usb.ts';
import { plugUsb } from './plug.ts';

async function qemu(t: Test): Promise<{ readonly qmp: QmpClient; kill(): Promise<unknown> }> {
  const directory = await makeTemporaryDirectory('test');
  t.teardown(() => directory[Symbol.asyncDispose]());
  const path = join(directory.path, 'qmp');
  const listener = await listenForOne(path);
  t.teardown(() => listener[Symbol.asyncDispose]());
  const child = startProcess({
    argv: [
      ...(['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-S'] as const),
      ...['-machine', 'q35', '-accel', 'tcg', '-m', '16M', '-device', 'qemu-xhci,id=xhci'],
      ...['-chardev', `socket,id=qmp,path=${path}`, '-mon', 'chardev=qmp,mode=control'],
    ],
  });
  t.teardown(() => child.kill());
  const socket = await listener.accept(20_000);
  if (socket === undefined) throw new Error('QEMU did not call');
  const qmp = new QmpClient(socket);
  await qmp.negotiate();
  return { qmp, kill: () => child.kill() };
}

const open = (): number => readdirSync('/proc/self/fd').length;

t.test('a guest that does not configure the device', async (t) => {
  const { qmp } = await qemu(t);
  const chardevs = async (): Promise<unknown> =>
    ((await qmp.execute('query-chardev')) as readonly { label: string }[]).map(({ label }) => label);
  const before = { chardevs: await chardevs(), open: open() };
  const device = i2cTinyUsbModel.create();
  await t.rejects(plugUsb(qmp, device, { name: 'x', limitMs: 300 }), {
    code: 'INFRA',
    message: /the guest did not configure x-\d+ in 300 ms/,
  });
  t.same({ chardevs: await chardevs(), open: open() }, before, 'nothing is left in QEMU, nor here');
  const controller = new AbortController();
  const plugging = plugUsb(qmp, device, { name: 'x', limitMs: 60_000, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 100);
  await t.rejects(plugging, { message: 'interrupted', cause: { message: 'enough' } });
  t.same(await chardevs(), before.chardevs);
  await t.rejects(plugUsb(qmp, device, { name: 'x', port: '99', limitMs: 300 }), {
    code: 'INFRA',
    detail: /port 99/,
  });
  t.same(await chardevs(), before.chardevs, 'not after a refusal either');
});

t.test('QEMU ends while a device is plugged', async (t) => {
  const { qmp, kill } = await qemu(t);
  const plugging = plugUsb(qmp, i2cTinyUsbModel.create(), { name: 'x', limitMs: 60_000 });
  setTimeout(() => void kill(), 200);
  await t.rejects(plugging, { code: 'INFRA' }, 'that is told, and at once');
});
