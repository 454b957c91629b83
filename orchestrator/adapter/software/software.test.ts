import t from 'tap';
import { adapters, describeRemoval } from '../index.ts';
import { HELD } from './held-classes.ts';
import { loadModules, softwareAdapter } from './software.ts';

const facts = { device: '/dev/x', pid: '7', fd: '3' };

t.test('what it has needs no reason, and what it has not has one', async (t) => {
  const { whyNot, holds, removals, requiredSymbols, plug } = softwareAdapter({
    name: 'x',
    held: HELD.hidraw,
    description: 'x',
    symbols: ['X'],
    modules: ['a-b', 'c'],
    unloads: 'c',
    plug: ['echo device=/dev/x'],
    removals: { configfs_disable: () => ({ by: 'rmdir', directory: '/sys/x' }) },
    whyNot: { sysfs_remove: 'of its own' },
  });
  t.same(holds, ['t0-idle', 't1-poll', 't2-read']);
  t.same(requiredSymbols, ['X', 'HIDRAW']);
  for (const has of [...holds, 'configfs_disable', 'rmmod']) t.notOk(has in whyNot, has);
  t.equal(whyNot['sysfs_remove'], 'of its own', 'its own reason counts');
  t.ok(whyNot['t4-ioctl']);
  t.same(removals.rmmod?.(facts), { by: 'rmmod', modules: ['c'] });
  t.ok(plug.startsWith(loadModules(['a-b', 'c'])), 'modules come first');
});

t.test('an adapter whose module is not unloaded says so', async (t) => {
  const { whyNot, removals } = softwareAdapter({
    name: 'x',
    held: HELD.media,
    description: 'x',
    symbols: [],
    plug: ['echo device=/dev/x'],
    removals: {},
  });
  t.match(whyNot['rmmod'], /module/);
  t.same(removals, {});
});

t.test('removals that are no write are told in words', async (t) => {
  t.equal(describeRemoval({ by: 'rmdir', directory: '/sys/kernel/config/x' }), 'rmdir /sys/kernel/config/x');
  t.match(describeRemoval({ by: 'uhid', pid: '7', fd: '3' }), /UHID_DESTROY/);
  t.match(describeRemoval({ by: 'program', pid: '7', fd: '3' }), /ends/);
});

t.test('who is held while something else goes tells what must be gone', async (t) => {
  for (const { deviceClass, name, removals } of adapters) {
    if (deviceClass !== 'gpio-consumer' && deviceClass !== 'i2c-transfer') continue;
    for (const [removal, actionFor] of Object.entries(removals)) {
      const action = actionFor({ ...facts, chip: 'gpiochip3', platform: 'gpio-sim.0' });
      t.match(action, { by: 'write', gone: /gpiochip3$/ }, `${name} ${removal}`);
    }
  }
});
