/** Plugging into a real QEMU that runs no guest: what QEMU itself does, and what it refuses. */
import t from 'tap';
import { within } from '../../base/index.ts';
import { plugPci } from './plug.ts';
import { idleQemu, LIMIT_MS } from './testdata/idle-qemu.ts';

const edu = { driver: 'edu' } as const;

t.test('a port that does not exist, a port that is taken, a device that QEMU does not have', async (t) => {
  const qmp = await idleQemu(t);
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
  const qmp = await idleQemu(t);
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
  const qmp = await idleQemu(t);
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
