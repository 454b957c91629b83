import t from 'tap';
import { allowedText, CONTRACT, contractFor } from './contract-table.ts';

t.test('each line says where it is written, and none is hidden by another', async (t) => {
  for (const { deviceClass, when, op, source } of CONTRACT) {
    t.match(source, /^(?:[\w./-]+\.(?:c|h|rst)\b|the general rule)/, `${deviceClass} ${op}`);
    if (deviceClass === null) continue;
    const same = CONTRACT.filter(
      (line) => line.deviceClass === deviceClass && line.op === op && line.when === when,
    );
    t.equal(same.length, 1, `${deviceClass} ${when} ${op}`);
  }
});

t.test('what is held may stay while something below it goes', async (t) => {
  t.same(contractFor('gpio-consumer', 'after', 'open')?.allowed, { success: true });
  t.notOk(contractFor('gpio-cdev', 'after', 'open')?.allowed.success);
  t.notOk(contractFor('gpio-consumer', 'after', 'write')?.allowed.success, 'nobody took the value');
  t.match(contractFor('i2c-transfer', 'after', 'ioctl')?.allowed.errnos, ['ENODEV', 'ENXIO']);
});

t.test('subsystems with bits of their own', async (t) => {
  const text = (deviceClass: string): string =>
    allowedText(contractFor(deviceClass, 'held', 'poll')?.allowed ?? {});
  t.equal(text('alsa'), 'POLLERR|POLLNVAL');
  t.equal(text('hidraw'), 'POLLERR|POLLHUP');
});
