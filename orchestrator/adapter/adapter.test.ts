import t from 'tap';
import { tryCommand } from '../base/index.ts';
import { adapters, describeRemoval, parsePlugFacts } from './index.ts';

t.test('names are unique, every removal is whole', async (t) => {
  t.equal(new Set(adapters.map(({ name, deviceClass }) => `${name}/${deviceClass}`)).size, adapters.length);
  const facts = {
    device: '/dev/x',
    platform: 'gpio-sim.0',
    function: '0000:00:1f.3',
    slot: '1',
    virtio: 'virtio3',
    usb: '1-1',
    interface: '1-1:1.0',
    hid: '0003:10C4:EA90.0001',
    client: '3-0050',
    adapter: 'i2c-3',
    master: 'i2c-gpio.40',
    chip: 'gpiochip0',
    pid: '99',
    fd: '3',
  };
  for (const { name, removals } of adapters) {
    t.ok(Object.keys(removals).length > 0);
    for (const [removal, actionFor] of Object.entries(removals)) {
      const action = actionFor(facts);
      if (action.by === 'write') {
        t.match(action.file, /^\/sys\/[^ ]+$/, `${name} ${removal}`);
        t.not(action.value, '', `${name} ${removal}`);
        t.notMatch(action.gone ?? '/sys/x', /undefined|\/$/, `${name} ${removal}`);
      }
      t.notMatch(describeRemoval(action), /undefined|> $/, `${name} ${removal}`);
    }
  }
});

t.test('plug scripts are shell that busybox accepts', async (t) => {
  for (const { name, load = '', plug } of adapters) {
    const check = await tryCommand({ argv: ['busybox', 'sh', '-n'], input: `${load}\n${plug}` });
    t.equal(check.code, 0, `${name}: ${check.stderr}`);
  }
});

t.test('what has no hold or removal says why', async (t) => {
  const names = new Set(adapters.flatMap(({ holds, removals }) => [...holds, ...Object.keys(removals)]));
  for (const { name, deviceClass, holds, removals, whyNot } of adapters) {
    const has = new Set<string>([...holds, ...Object.keys(removals)]);
    for (const one of names) t.equal(one in whyNot, !has.has(one), `${name} ${deviceClass} ${one}`);
  }
});

t.test('what is made of revocable asks the kernel for it, and nothing else does', async (t) => {
  for (const { name, requiredFunctions } of adapters) {
    const revocable = name.startsWith('fixture-revocable-');
    t.equal(requiredFunctions.includes('revocable_try_access'), revocable, name);
    t.equal(requiredFunctions.includes('revocable_init'), name === 'fixture-revocable-stack', name);
  }
});

t.test('plug facts', async (t) => {
  t.same(parsePlugFacts('x', 'noise\ndevice=/dev/gpiochip0\nplatform=gpio-sim.0\n'), {
    device: '/dev/gpiochip0',
    platform: 'gpio-sim.0',
  });
  t.throws(() => parsePlugFacts('x', 'platform=a\n'), { code: 'GUEST', detail: 'platform=a\n' });
});
