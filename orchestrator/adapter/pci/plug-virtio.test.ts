/** Plugging into a real QEMU that runs no guest: what QEMU does by itself, and what ends early. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import type { QmpClient } from '../../machine/index.ts';
import { plugVirtio } from './plug-virtio.ts';
import { idleQemu, LIMIT_MS } from './testdata/idle-qemu.ts';
import type { BackendRecord } from './vhost-user-records.ts';
import { virtioGpioModel } from './virtio-gpio.ts';
import { virtioI2cModel } from './virtio-i2c.ts';

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
    const qmp = await idleQemu(t);
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
  const qmp = await idleQemu(t);
  await t.rejects(plugVirtio(qmp, virtioI2cModel, { port: 'port9', limitMs: LIMIT_MS }), {
    code: 'INFRA',
    message: "the machine has no port 'port9'",
  });
});

t.test('a port that is taken', async (t) => {
  const qmp = await idleQemu(t);
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
      const qmp = await idleQemu(t);
      const before = await state(qmp);
      let plugging: Promise<unknown> = Promise.resolve();
      await new Promise<void>((connected) => {
        const onRecord = ({ kind }: BackendRecord): void => void (kind === 'connected' && connected());
        plugging = plugVirtio(qmp, model, { limitMs: 3000, onRecord });
        plugging.catch(() => undefined);
      });
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
