/** `unplug list`: suites, variants, adapters and cases. */
import { type Adapter, adapters, type HostDevice } from '../adapter/index.ts';
import { loadVariants } from '../kernel/index.ts';
import { type Case, globMatches } from '../suite/index.ts';
import { loadSuite, suiteNames } from './suites.ts';

/** Prints what there is; with a suite, its cases and what does not apply. */
export async function list(suiteName: string | undefined, globs: readonly string[] = []): Promise<number> {
  const lines: string[] = [];
  if (suiteName !== undefined) {
    const { expansion, selected } = await loadSuite(suiteName, globs);
    for (const one of selected) lines.push(caseLine(one));
    for (const one of expansion.notApplicable) {
      if (globs.length > 0 && !globs.some((glob) => globMatches(glob, one.name))) continue;
      lines.push(`${one.name}  # not applicable: ${one.reason}`);
    }
  } else {
    lines.push('suites:');
    for (const name of await suiteNames()) {
      const { suite, expansion } = await loadSuite(name, []);
      lines.push(
        `  ${name}  ${expansion.cases.length} cases  ${suite.description.trim().split('\n')[0] ?? ''}`,
      );
    }
    lines.push('variants:');
    const { value } = await loadVariants();
    for (const [name, one] of Object.entries(value.variants)) {
      const series = [one.series ?? []].flat().map((text) => ` + ${text}`);
      const what = [one.source, ...series].join('');
      lines.push(
        `  ${name}  ${what}, profile ${one.profile}${one.description ? `: ${one.description}` : ''}`,
      );
    }
    lines.push('adapters:');
    for (const adapter of adapters) lines.push(...adapterLines(adapter));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

/** A case with what its matrix says beyond its name. */
function caseLine(one: Case): string {
  if (one.kind !== 'removal') return one.name;
  const { repeat = 1, symbols = [], parameters = {} } = one;
  const notes = [
    ...(repeat === 1 ? [] : [`${repeat} times`]),
    ...Object.entries(parameters).map(([name, value]) => `${name} ${value}`),
    ...(symbols.length === 0 ? [] : [`needs ${symbols.map((symbol) => `CONFIG_${symbol}`).join(' ')}`]),
  ];
  return notes.length === 0 ? one.name : `${one.name}  # ${notes.join('; ')}`;
}

/** An adapter with what holds it, what takes it away, and why it lacks the rest. */
function adapterLines({
  name,
  deviceClass,
  description,
  holds,
  removals,
  moments = [],
  whyNot,
  host,
}: Adapter): readonly string[] {
  const moment = moments.length === 0 ? '' : `; moments ${moments.join(' ')}`;
  const lines = [
    `  ${name}  ${description}`,
    `    class ${deviceClass}; holds ${holds.join(' ')}; removals ${Object.keys(removals).join(' ')}${moment}`,
  ];
  if (host !== undefined) lines.push(`    ${hostWords(host)}`);
  return [...lines, ...Object.entries(whyNot).map(([what, reason]) => `    no ${what}: ${reason}`)];
}

function hostWords(host: HostDevice): string {
  switch (host.kind) {
    case 'usb': {
      const drivers = host.usb.drivers.map((driver) => `${driver.bus}/${driver.name}`);
      return `bus usb; drivers ${drivers.join(' ')}; offers ${host.usb.offers.join(' ')}`;
    }
    case 'qemu': {
      const globals = (host.machineGlobals ?? []).map((global) => `; machine with ${global}`);
      return `bus pci; QEMU's ${host.qemu.driver} on a root port${globals.join('')}`;
    }
    case 'vhost-user': {
      const { driver, qemuDriver, offers } = host.virtio;
      return `bus pci; drivers virtio/${driver}; offers ${offers.join(' ')}; QEMU's ${qemuDriver} on a root port`;
    }
  }
}
