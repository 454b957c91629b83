/** Plugging into a real QEMU that runs no guest: what QEMU does by itself, and what ends early. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { delay, makeTemporaryDirectory, startProcess } from '../../base/index.ts';
import { listenForOne, QmpClient } from '../../machine/index.ts';
import { plugVirtio } from './plug-virtio.ts';
import type { BackendRecord } from './vhost-user-records.ts';
import { virtioGpioModel } from './virtio-gpio.ts';
import { virtioI2cModel } from './virtio-i2c.ts';
import { NATIVE_HOTPLUG } from './why-not.ts';

const LIMIT_MS = 20_000;

/** QEMU with two root ports and memory that can be shared; `-S`: its CPUs never run. */
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
      ...['-object', `memory-backend-file,id=ram,mem-path=${directory.path}/ram,size=16M,share=on`],
      // With native hot-plug and no power on its slots QEMU lets go of a device without asking the guest.
      ...['-global', NATIVE_HOTPLUG.machineGlobals[0]],
      ...['-machine', 'q35,memory-backend=ram', '-accel', 'tcg', '-m', '16M', ...ports],
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

/** What a plug must not leave behind. */
async function state(qmp: QmpClient) {
  const labels = ((await qmp.execute('query-chardev')) as readonly { label: string }[]).map(
    ({ label }) => label,
  );
  const buses = (await qmp.execute('query-pci')) as readonly { devices: readonly { qdev_id: string }[] }[];
  return {
    labels,
    devices: JSON.stringify(buses).match(/virtio-\w+-\d+/g),
    open: readdirSync('/proc/self/fd').length,
    backends: readdirSync('/proc').map(Number).filter(isOurs),
  };
}

for (const model of [virtioI2cModel, virtioGpioModel]) {
  t.test(`${model.name}: a guest in which no driver starts the device`, async (t) => {
    const qmp = await qemu(t);
    const before = await state(qmp);
    const said: BackendRecord[] = [];
    await t.rejects(plugVirtio(qmp, model, { limitMs: 1500, onRecord: (record) => said.push(record) }), {
      code: 'INFRA',
      message: /in vain for a driver in the guest to start virtio-\w+-\d+ \(1500 ms\)/,
    });
    t.match(said.slice(0, 2), [{ kind: 'listening' }, { kind: 'connected' }], 'QEMU called');
    t.same(
      said.filter(({ kind }) => kind === 'malformed'),
      [],
      'and said nothing that makes no sense',
    );
    t.same(await state(qmp), before, 'nothing is left in QEMU, nor here');
  });
}

t.test('a port that does not exist', async (t) => {
  const qmp = await qemu(t);
  await t.rejects(plugVirtio(qmp, virtioI2cModel, { port: 'port9', limitMs: LIMIT_MS }), {
    code: 'INFRA',
    message: "the machine has no port 'port9'",
  });
});

t.test('a port that is taken', async (t) => {
  const qmp = await qemu(t);
  await qmp.execute('device_add', { driver: 'edu', id: 'first', bus: 'port1', addr: '0' });
  await t.rejects(plugVirtio(qmp, virtioI2cModel, { port: 'port1', limitMs: LIMIT_MS }), {
    code: 'INFRA',
    message: "vhost-user-i2c-pci can't be plugged into port1",
    detail: /in use by edu/,
  });
});

for (const model of [virtioI2cModel, virtioGpioModel]) {
  for (const [signal, message] of [
    ['SIGKILL', /vhost-user-backend, pid \d+\) was killed by SIGKILL/],
    ['SIGSTOP', /vhost-user-backend, pid \d+\) was stopped by a signal/],
  ] as const) {
    t.test(`the process that is ${model.name} gets ${signal}`, async (t) => {
      const qmp = await qemu(t);
      const before = await state(qmp);
      const records: string[] = [];
      const plugging = plugVirtio(qmp, model, {
        limitMs: 3000,
        onRecord: ({ kind }) => records.push(kind),
      });
      plugging.catch(() => undefined);
      while (!records.includes('connected')) await delay(5);
      const ours = readdirSync('/proc').map(Number).filter(isOurs);
      t.equal(ours.length, 1);
      for (const pid of ours) process.kill(pid, signal);
      await t.rejects(plugging, { code: 'INFRA', message });
      t.same(await state(qmp), before, 'nothing is left in QEMU, nor here');
    });
  }
}

/** Whether a process is a back-end that this test has started. */
function isOurs(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.includes('(vhost-user-back') && stat.split(') ')[1]?.split(' ')[1] === String(process.pid);
  } catch {
    return false;
  }
}
