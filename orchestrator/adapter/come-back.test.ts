import t from 'tap';
import { tryCommand } from '../base/index.ts';
import { wayBack, waysBack } from './come-back.ts';
import { adapterFor, adapters, type RemovalName } from './index.ts';

const FACTS = {
  device: '/dev/x',
  platform: 'gpio-sim.0',
  function: '0000:01:00.0',
  interface: '1-1:1.0',
  usb: '1-1',
};

function adapter(name: string, deviceClass: string): (typeof adapters)[number] {
  const found = adapterFor({ adapter: name, deviceClass });
  if (found === undefined) throw new Error(name);
  return found;
}

t.test('a driver is bound again by the name that it was unbound by', async (t) => {
  const way = wayBack(adapter('gpio-sim', 'gpio-cdev'), 'rebind', 'sysfs_unbind', FACTS);
  t.match(way, {
    by: 'script',
    script: /^echo gpio-sim\.0 > \/sys\/bus\/platform\/drivers\/gpio-sim\/bind\n/,
  });
  t.equal(wayBack(adapter('gpio-sim', 'gpio-cdev'), 'rebind', 'configfs_disable', FACTS), undefined);
});

t.test('what made it go makes it come', async (t) => {
  const way = wayBack(adapter('gpio-sim', 'gpio-cdev'), 'replug', 'configfs_disable', FACTS);
  t.match(way, { by: 'script', script: /^echo 1 > \/sys\/kernel\/config\/gpio-sim\/unplug\/live\n/ });
  t.same(wayBack(adapter('cp2112', 'i2c-dev'), 'replug', 'device_del', FACTS), { by: 'host' });
  t.match(wayBack(adapter('i801', 'i2c-dev'), 'replug', 'sysfs_remove', FACTS), {
    script: /^echo 1 > \/sys\/bus\/pci\/rescan\n/,
  });
  t.equal(wayBack(adapter('cp2112', 'i2c-dev'), 'rebind', 'device_del', FACTS), undefined);
});

t.test('every way back prints the facts, and is shell that busybox accepts', async (t) => {
  let ways = 0;
  for (const one of adapters) {
    for (const comeBack of waysBack(one)) {
      for (const removal of Object.keys(one.removals) as RemovalName[]) {
        const way = wayBack(one, comeBack, removal, FACTS);
        if (way?.by !== 'script') continue;
        ways++;
        t.match(way.script, /echo "?device=/, `${one.name} ${removal}`);
        const check = await tryCommand({ argv: ['busybox', 'sh', '-n'], input: way.script });
        t.equal(check.code, 0, `${one.name} ${removal}: ${check.stderr}`);
      }
    }
  }
  t.ok(ways > 10, 'some were looked at');
});
