/** How the guest finds a PCI function and what its driver made of it, and how it takes it away. */
import type { PlugFacts, RemovalAction, RemovalName } from '../types.ts';

const DEVICES = '/sys/bus/pci/devices';

/** What to look for. */
export interface FunctionSearch {
  /** `0x1234`, as in sysfs. */
  readonly vendor: string;
  readonly device: string;
  /** A device of a class below it, as a glob relative to its folder: `misc/unplug-edu*`; its node has the same name. */
  readonly node: string;
}

/**
 * Shell that waits until the function and its node are there, and prints the facts: `device` is the node, `function` and
 * `port` are addresses, `slot` is the slot's name, and `hotplug` says which driver of the kernel has the port: pciehp
 * binds to the port's service, acpiphp has its slots from ACPI.
 */
export function findFunction({ vendor, device, node }: FunctionSearch): readonly string[] {
  return [
    'find_function() {',
    `  for dir in ${DEVICES}/*; do`,
    '    read -r vendor <$dir/vendor && read -r device <$dir/device || continue',
    `    [ $vendor:$device = ${vendor}:${device} ] || continue`,
    `    for node in $dir/${node}; do`,
    `      [ -d $node ] && [ -c /dev/\${node##*/} ] && return 0`,
    '    done',
    '  done 2>/dev/null',
    '  return 1',
    '}',
    // The bound is the host's, which knows how fast this guest is.
    'until find_function; do sleep 0.1; done',
    `function=\${dir##*/}`,
    `port=$(cd -P $dir/..; echo \${PWD##*/})`,
    'hotplug=acpiphp',
    'for service in /sys/bus/pci_express/drivers/pciehp/$port:*; do [ -e $service ] && hotplug=pciehp; done',
    'for slot in /sys/bus/pci/slots/*; do',
    `  read -r address <$slot/address && [ $address = \${function%.*} ] && echo slot=\${slot##*/}`,
    'done',
    `echo device=/dev/\${node##*/}`,
    'echo function=$function',
    'echo port=$port',
    'echo hotplug=$hotplug',
  ];
}

/** Every way to take a function away that only needs to know its driver. */
export function functionRemovals(
  driver: string,
): Partial<Record<RemovalName, (facts: PlugFacts) => RemovalAction>> {
  const path = ({ function: address = '' }: PlugFacts): string => `${DEVICES}/${address}`;
  const unbind = (facts: PlugFacts): Extract<RemovalAction, { by: 'write' }> => ({
    by: 'write',
    file: `/sys/bus/pci/drivers/${driver}/unbind`,
    value: facts['function'] ?? '',
  });
  return {
    device_del: (facts) => ({ by: 'host', how: 'device_del', path: path(facts) }),
    pci_slot_power: (facts) => ({
      by: 'write',
      file: `/sys/bus/pci/slots/${facts['slot']}/power`,
      value: '0',
    }),
    sysfs_unbind: unbind,
    sysfs_remove: (facts) => ({ by: 'write', file: `${path(facts)}/remove`, value: '1' }),
    driver_override: (facts) => ({
      ...unbind(facts),
      first: { file: `${path(facts)}/driver_override`, value: OVERRIDING_DRIVER },
      afterwards: { file: '/sys/bus/pci/drivers_probe', value: facts['function'] ?? '' },
    }),
  };
}

/** A driver that takes any function that is named for it. */
const OVERRIDING_DRIVER = 'uio_pci_generic';

/** Shell that makes the driver of a driver_override available, where the kernel has it. */
export const loadOverridingDriver: readonly string[] = [
  'for module in uio uio_pci_generic; do',
  '  [ -d /sys/module/$module ] || [ ! -e /unplug/modules/$module.ko ] || insmod /unplug/modules/$module.ko',
  'done',
];

/** The slot loses its card; the guest is told by the port afterwards. */
export function surprise(facts: PlugFacts): RemovalAction {
  return { by: 'host', how: 'surprise', path: `${DEVICES}/${facts['function']}` };
}
