/** Makes adapters of software whole: their modules are loaded, and what they have not says why. */
import type { Adapter, HoldName, RemovalName } from '../types.ts';
import type { HeldClass } from './held-classes.ts';
import { NO_OUTSIDE } from './why-not.ts';

/** An adapter of software, without what all of them have in common. */
export interface SoftwareAdapter {
  readonly name: string;
  readonly held: HeldClass;
  readonly description: string;
  /** Kernel symbols of the driver, without `CONFIG_`. */
  readonly symbols: readonly string[];
  /** Modules to load before `plug`, in this order, without `.ko`. Those built into the kernel are not named. */
  readonly modules?: readonly string[];
  /** The module that a removal unloads; absent: unloading is no removal here. */
  readonly unloads?: string;
  /** Lines of the plug script, see {@link Adapter.plug}. */
  readonly plug: readonly string[];
  /** Whether the plug script makes nothing that is there already: it finds the device again, too. */
  readonly plugFinds?: true;
  readonly removals: Adapter['removals'];
  readonly whyNot?: Readonly<Record<string, string>>;
}

const NO_SUCH_IOCTL = 'only the fixture has such an ioctl';

/** Without those that common.ts adds. */
const NO_HOLD: Readonly<Record<Exclude<HoldName, 't0-idle' | `t${5 | 6 | 7}-${string}`>, string>> = {
  't1-poll': 'nothing of it is polled for',
  't2-read': 'no read of it waits',
  't3-read': 'its file is the node itself: none is derived from another',
  't4-ioctl': 'no ioctl of it sleeps until it is ended',
  't4-busy': NO_SUCH_IOCTL,
  't4-shared': NO_SUCH_IOCTL,
  't4-nested': NO_SUCH_IOCTL,
};

const NO_REMOVAL: Readonly<Partial<Record<RemovalName, string>>> = {
  ...NO_OUTSIDE,
  sysfs_unbind: 'no driver is bound to it by a bus',
  sysfs_remove: 'its bus has no remove file',
  driver_override: 'no other driver for it is in the kernel',
  configfs_disable: 'it is not made through configfs',
  rmmod: 'its module is gone as a whole then, and not the device alone',
};

/** Loads modules that are not there yet, by their file names without `.ko`. */
export function loadModules(modules: readonly string[]): string {
  return [
    `for module in ${modules.join(' ')}; do`,
    '  [ -d /sys/module/$(echo $module | tr - _) ] || insmod /unplug/modules/$module.ko',
    'done',
  ].join('\n');
}

/** The adapter with everything filled in. */
export function softwareAdapter(of: SoftwareAdapter): Adapter {
  const { name, held, description, modules = [], unloads, whyNot = {} } = of;
  const removals: Adapter['removals'] = {
    ...of.removals,
    ...(unloads === undefined ? {} : { rmmod: () => ({ by: 'rmmod', modules: [unloads] }) }),
  };
  const has = new Set<string>([...held.holds, ...Object.keys(removals)]);
  return {
    name,
    deviceClass: held.deviceClass,
    description,
    requiredSymbols: [...of.symbols, ...held.symbols],
    requiredFunctions: [],
    holds: held.holds,
    whyNot: Object.fromEntries(
      Object.entries({ ...NO_HOLD, ...NO_REMOVAL, ...held.whyNot, ...whyNot }).filter(
        ([one]) => !has.has(one),
      ),
    ),
    plug: [...(modules.length === 0 ? [] : [loadModules(modules)]), ...of.plug].join('\n'),
    ...(of.plugFinds ? { find: of.plug.join('\n') } : {}),
    removals,
  };
}

/** Lines that wait for the first device of a shell pattern over sysfs that has a node, and print its fact `device`. */
export function waitForNode(pattern: string, directory = '/dev'): readonly string[] {
  return [
    // A probe may go on after the call that asked for it, and sysfs tells nobody of its end. The bound is the host's.
    'find_node() {',
    // A pattern that nothing fits stands for itself: in quotes, lest it fit a little later, or fit another's node.
    `  for path in ${pattern}; do`,
    `    [ -e "$path" ] && node=${directory}/\${path##*/} && [ -c "$node" ] && return 0`,
    '  done',
    '  return 1',
    '}',
    'until find_node; do sleep 0.1; done',
    'echo "device=$node"',
  ];
}

/** A removal that is the driver's unbind by name, on a bus. */
export function unbind(
  bus: string,
  driver: string,
  fact: string,
): NonNullable<Adapter['removals']['sysfs_unbind']> {
  return (facts) => ({
    by: 'write',
    file: `/sys/bus/${bus}/drivers/${driver}/unbind`,
    value: facts[fact] ?? '',
  });
}
