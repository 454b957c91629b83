/**
 * A PCI device that is plugged into a running guest and taken away again: each discipline of edu's driver is judged as
 * it is known to be, and cycles with nothing held lose nothing. The full test has each right one 50 times, and a thousand
 * cycles.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Adapter, adapterFor, adapters, type HostDevice } from '../adapter/index.ts';
import { CleanupStack, within } from '../base/index.ts';
import { type CaseEnvironment, environmentFor, plugHost, runCase } from '../case/index.ts';
import { deviceTools } from '../guest/index.ts';
import { parseConsole } from '../oops/index.ts';
import { globMatches, type RemovalCase } from '../suite/index.ts';
import { slopePerStep } from '../timing/index.ts';
import { type CaseRecord, judgeConsole, type VerdictRecord } from '../verdict/index.ts';
import { prepareBaseline, temporaryFolder } from './baseline.ts';
import { USB_CASE, type UsbGuest, usbGuest } from './usb-guest.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const RIGHT_TIMES = FULL ? 50 : 1;
const CYCLES = FULL ? 1000 : 6;
const SAMPLES = FULL ? 10 : 2;
/** What a cycle may lose on the average. A leaked struct pci_dev is some 4 KiB. */
const GUEST_LIMIT_KIB = 1;

function caseOf(path: string): RemovalCase {
  const [adapter = '', hold = '', removal = ''] = path.split(' ');
  const deviceClass = adapters.find(({ name }) => name === adapter)?.deviceClass ?? '';
  const name = `${adapter}/${deviceClass}/${hold}/${removal}`;
  return { kind: 'removal', name, adapter, deviceClass, hold, removal };
}

/** Adapter, hold, removal; verdict and a glob for its title. */
const WRONG: readonly (readonly [string, 'crash' | 'hang', string])[] = [
  ['edu-irq-devres-late t0-idle device_del', 'crash', 'KASAN: slab-use-after-free * in edu_interrupt'],
  ['edu-pciehp-irq-devres-late t0-idle surprise', 'crash', 'KASAN: slab-use-after-free * in edu_interrupt'],
  ['edu-mmio-iounmap-early t0-idle device_del', 'crash', 'BUG: unable to handle * in edu_*'],
  [
    'edu-devres-uses-drvdata t0-idle device_del',
    'crash',
    'KASAN: slab-use-after-free * in edu_drvdata_action',
  ],
  ['edu-order-mixed t0-idle sysfs_unbind', 'crash', 'KASAN: slab-use-after-free * in edu_buffer_action'],
  ['edu-kobject-devm t0-idle sysfs_unbind', 'crash', 'KASAN: slab-use-after-free * in *'],
  ['edu-work-not-cancelled t0-idle device_del', 'crash', 'WARNING: ODEBUG bug in edu_remove'],
  ['edu-action-detached t0-idle device_del', 'crash', 'KASAN: slab-use-after-free * in edu_detached_action'],
  ['edu-dma-in-flight t4-ioctl device_del', 'crash', 'KASAN: slab-use-after-free * in edu_transfer'],
  [
    'pci-endpoint-test t0-idle sysfs_unbind',
    'crash',
    'KASAN: slab-use-after-free * in pci_endpoint_test_ioctl',
  ],
  ['edu-remove-waits t0-idle device_del', 'hang', 'removal stuck in edu_wait_stop*'],
];

const RIGHT_FEW = [
  'edu-irq-free-in-remove t2-read device_del',
  'edu-pciehp-mmio-devm t4-ioctl surprise',
  'edu-dma-waited t4-ioctl sysfs_unbind',
];
const RIGHT_MORE = [
  'edu-intx t1-poll device_del',
  'edu-mmio-devm t0-idle device_del',
  'edu-devres-after t0-idle device_del',
  'edu-work-cancelled t0-idle device_del',
  'edu-irq-free-in-remove t0-idle driver_override',
  'edu-irq-free-in-remove t0-idle pci_slot_power',
  'edu-pciehp-irq-free-in-remove t0-idle device_del',
];
const RIGHT = FULL ? [...RIGHT_FEW, ...RIGHT_MORE] : RIGHT_FEW;

await using shared = new CleanupStack();
const prepared = await prepareBaseline(shared, {
  // The USB controller is not needed: it makes this the machine that other tests have a template of.
  cases: [USB_CASE, ...[...WRONG.map(([path]) => path), ...RIGHT].map(caseOf)],
  tools: deviceTools,
});
const environment: CaseEnvironment = { ...prepared, limits: { removalMs: 15_000, userMs: 4000 } };

async function judged(
  directory: string,
  path: string,
): Promise<{ readonly record: CaseRecord; readonly verdict: VerdictRecord }> {
  const { record, events } = await runCase(environment, caseOf(path), directory);
  const verdict = judgeConsole(record, events, await readFile(join(directory, 'console.log')));
  return { record, verdict };
}

t.test('each wrong discipline is caught', async (t) => {
  const directory = await temporaryFolder(t);
  for (const [path, wanted, title] of WRONG) {
    const { record, verdict } = await judged(directory, path);
    t.comment(`${path}: ${verdict.verdict}, ${verdict.title}`);
    if (record.skip !== null) {
      t.fail(`${path}: skipped, ${record.skip.reason}`);
      continue;
    }
    t.equal(verdict.verdict, wanted, path);
    // With native hot-plug the kernel has something of its own to say before.
    const found = verdict.findings.map(({ summary }) => summary);
    t.ok(
      found.some((summary) => globMatches(title, summary)),
      `${path}: ${found.join('; ')}`,
    );
    if (wanted === 'crash') continue;
    t.equal(record.removal?.endedBy, 'close', 'the removal ended with the last close');
    t.match(
      record.removal?.observations.at(-1)?.stack.join(' '),
      /edu_wait_stop.*acpi_hotplug_work_fn/,
      'the worker of the hot-plug is shown',
    );
  }
});

t.test('each right discipline passes', async (t) => {
  const directory = await temporaryFolder(t);
  for (const path of RIGHT) {
    const verdicts: string[] = [];
    for (let times = 0; times < RIGHT_TIMES; times++) {
      const { record, verdict } = await judged(directory, path);
      const found = verdict.findings.filter(({ summary }) => summary !== knownOf(path));
      verdicts.push(found.length === 0 ? 'pass' : `${verdict.verdict}: ${JSON.stringify(found)}`);
      if (verdict.verdict === 'error' || record.skip !== null) verdicts.push(verdict.verdict);
      const hotplug = path.startsWith('edu-pciehp') ? 'pciehp' : 'acpiphp';
      t.equal(record.facts?.['hotplug'], hotplug, 'the driver of the port is recorded');
    }
    t.same([...new Set(verdicts)], ['pass'], `${path}, ${RIGHT_TIMES} times`);
  }
});

/**
 * What the kernel itself says of every plug with native hot-plug, and none of ours: pciehp takes its reset_lock and
 * pci_rescan_remove_lock in either order (drivers/pci/hotplug/pciehp_pci.c pciehp_configure_device()).
 */
function knownOf(path: string): string | null {
  return path.startsWith('edu-pciehp-') ? 'possible deadlock in pciehp_configure_device' : null;
}

/** A guest of the shape that an adapter needs, with its driver loaded. */
async function guestFor(
  cleanup: CleanupStack,
  directory: string,
  path: string,
): Promise<{ readonly guest: UsbGuest; readonly adapter: Adapter & { readonly host: HostDevice } }> {
  const testCase = caseOf(path);
  const adapter = adapterFor(testCase);
  if (adapter?.host === undefined) throw new Error(`nothing is plugged for ${path}`);
  const guest = await usbGuest(environmentFor(environment, testCase), cleanup, directory);
  await guest.run(`set -e\n${adapter.load}`);
  return { guest, adapter: { ...adapter, host: adapter.host } };
}

async function guestKiB(guest: UsbGuest): Promise<number> {
  // Freed memory waits in KASAN's quarantine; what reclaim can give back is no leak (Documentation/filesystems/proc.rst).
  const text = await guest.run(
    'echo 3 >/proc/sys/vm/drop_caches; grep -E "SUnreclaim|KernelStack|PageTables|Percpu" /proc/meminfo',
  );
  return [...text.matchAll(/(\d+) kB/g)].reduce((sum, [, kib]) => sum + Number(kib), 0);
}

for (const [path, how] of [
  ['edu-irq-free-in-remove t0-idle device_del', 'device_del'],
  ['edu-pciehp-mmio-devm t0-idle surprise', 'surprise'],
] as const) {
  t.test(`${path}: ${CYCLES} times plugged and unplugged`, async (t) => {
    const directory = await temporaryFolder(t);
    const samples: number[] = [];
    {
      await using cleanup = new CleanupStack();
      const { guest, adapter } = await guestFor(cleanup, directory, path);
      const { machine, shell } = guest;
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        if (cycle % (CYCLES / SAMPLES) === 0) samples.push(await guestKiB(guest));
        await using plugging = new CleanupStack();
        const context = { machine, shell, directory, cleanup: plugging, signal: undefined };
        // A port whose slot has been emptied is free at once; the other one has time to rest.
        const { device, facts } = await plugHost(adapter, context, { port: `port${cycle % 2}` });
        const gone = guest.printed('removed discipline=');
        await device.remove(how);
        if ((await within(gone, machine.limits.plugMs)) === undefined)
          throw new Error(`cycle ${cycle}: the driver did not let go`);
        await guest.run(
          `while [ -e /sys/bus/pci/devices/${facts['function']} ] || [ -e ${facts.device} ]; do sleep 0.05; done`,
        );
        for (let looks = 0; device.goneMs === null && looks < 600; looks++) await guest.run('sleep 0.05');
        if (device.goneMs === null) throw new Error(`cycle ${cycle}: QEMU did not say that it is gone`);
      }
      samples.push(await guestKiB(guest));
    }
    const reports = parseConsole(await readFile(join(directory, 'console.log')));
    t.same(
      reports.map(({ title }) => title).filter((title) => title !== knownOf(path)),
      [],
      'no kernel report',
    );
    checkSlope(t, samples);
  });
}

function checkSlope(t: Test, samples: readonly number[]): void {
  // The first ones fill caches and the quarantine.
  const slope = slopePerStep(samples.slice(samples.length / 2)) / (CYCLES / SAMPLES);
  t.comment(`slope: ${slope.toFixed(3)} KiB a cycle; KiB: ${samples.join(' ')}`);
  if (FULL) t.ok(slope < GUEST_LIMIT_KIB, `the guest loses ${slope.toFixed(3)} KiB a cycle`);
}

t.test('what was removed through sysfs comes back with a rescan', async (t) => {
  const directory = await temporaryFolder(t);
  await using cleanup = new CleanupStack();
  const path = 'edu-irq-free-in-remove t0-idle sysfs_remove';
  const { guest, adapter } = await guestFor(cleanup, directory, path);
  const context = { machine: guest.machine, shell: guest.shell, directory, cleanup, signal: undefined };
  const { facts, device } = await plugHost(adapter, context);
  const ready = guest.printed('ready discipline=');
  await guest.run(`echo 1 >/sys/bus/pci/devices/${facts['function']}/remove`);
  t.not((await guest.try(`test -e /sys/bus/pci/devices/${facts['function']}`)).code, 0, 'it is gone');
  t.equal(device.goneMs, null, 'QEMU still has it');
  await guest.run('echo 1 >/sys/bus/pci/rescan');
  t.ok(await within(ready, guest.machine.limits.plugMs), 'its driver has it again');
});

t.test('the memory modules of the SMBus keep what is written to them', async (t) => {
  const directory = await temporaryFolder(t);
  await using cleanup = new CleanupStack();
  const guest = await usbGuest(environmentFor(environment, USB_CASE), cleanup, directory);
  const { device } = await i801Facts(guest);
  const bus = device.replace('/dev/i2c-', '');
  // QEMU fills them with zeros on q35 (hw/i2c/smbus_eeprom.c smbus_eeprom_init()): what is known is what we wrote.
  await guest.run(`set -e; for at in 0 1 2 3 4 5 6 7; do i2cset -y ${bus} 0x50 $at $((at * 17 + 1)); done`);
  const bytes = await guest.run(`for at in 0 1 2 3 4 5 6 7 8; do i2cget -y ${bus} 0x50 $at; done`);
  t.equal(bytes.trim().split('\n').join(' '), '0x01 0x12 0x23 0x34 0x45 0x56 0x67 0x78 0x00');
  t.equal((await guest.run(`i2cget -y ${bus} 0x57 0`)).trim(), '0x00', 'another one is left alone');
  t.not((await guest.try(`i2cget -y ${bus} 0x58 0`)).code, 0, 'there are eight of them');
});

async function i801Facts(guest: UsbGuest): Promise<{ readonly device: string }> {
  const i801 = adapters.find(({ name }) => name === 'i801');
  const text = await guest.run(`set -e\n${i801?.plug}`);
  const device = /^device=(.*)$/m.exec(text)?.[1];
  if (device === undefined) throw new Error(`no bus: ${text}`);
  return { device };
}
