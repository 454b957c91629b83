/** USB device models as adapters: how the guest finds what came of one, and every way to take it away. */
import { classesOf, type HeldClass, holdsOf, whyNotHeld } from '../held-classes.ts';
import { NOT_OF_SOFTWARE } from '../software/why-not.ts';
import type { Adapter, PlugFacts, RemovalAction, RemovalName } from '../types.ts';
import type { UsbAdapterModel } from './adapter.ts';

/** The controller that they are plugged into; `port` of a plug is a port of it. */
export const XHCI = 'qemu-xhci,id=xhci';

const SYSFS = '/sys/bus/usb/devices';

/** Finds the device by its numbers, then the node of a class below it; prints the facts. */
function findScript({ create, readyFile }: UsbAdapterModel, { node }: HeldClass): string {
  const { vendorId, productId } = create().description;
  const hex = (id: number): string => id.toString(16).padStart(4, '0');
  const interfaces = `${SYSFS}/$usb/$usb:1.*`;
  return [
    'find_node() {',
    `  for dir in ${SYSFS}/[0-9]*; do`,
    `    case \${dir##*/} in *:*) continue ;; esac`,
    '    read -r vendor <$dir/idVendor && read -r product <$dir/idProduct || continue',
    `    [ $vendor:$product = ${hex(vendorId)}:${hex(productId)} ] && usb=\${dir##*/}`,
    '  done 2>/dev/null',
    '  [ -n "$usb" ] || return 1',
    ...(readyFile === undefined
      ? []
      : [
          `  for file in ${SYSFS}/$usb/${readyFile.pattern}; do break; done`,
          '  [ -e $file ] || return 1',
          ...(readyFile.mode === undefined
            ? []
            : [`  [ "$(stat -c %a $file)" = ${readyFile.mode} ] || return 1`]),
        ]),
    // A HID or MFD device stands between the interface and what it offers.
    `  for dir in ${interfaces}/${node} ${interfaces}/*/${node}; do`,
    `    [ -d $dir ] && node=\${dir##*/} && [ -c /dev/$node ] && return 0`,
    '  done',
    '  return 1',
    '}',
    // The driver's ready mark comes a little before or after its last node, and sysfs tells nobody of that one. The
    // bound is the host's, which knows how fast this guest is.
    'until find_node; do sleep 0.1; done',
    'echo device=/dev/$node',
    'echo usb=$usb',
    `for dir in ${SYSFS}/$usb/$usb:1.*; do echo interface=\${dir##*/}; break; done`,
    `for dir in ${interfaces}/[0-9A-F]*:*.*; do [ -d $dir ] && echo hid=\${dir##*/}; done; true`,
  ].join('\n');
}

function removalsOf({
  drivers,
  modules,
}: UsbAdapterModel): Partial<Record<RemovalName, (facts: PlugFacts) => RemovalAction>> {
  const [driver] = drivers;
  const write =
    (file: (facts: PlugFacts) => string, value: (facts: PlugFacts) => string) =>
    (facts: PlugFacts): RemovalAction => ({ by: 'write', file: file(facts), value: value(facts) });
  const byHost =
    (how: 'device_del' | 'usb_disconnect' | 'socket_close') =>
    (facts: PlugFacts): RemovalAction => ({ by: 'host', how, path: `${SYSFS}/${facts['usb']}` });
  const fact = (name: string) => (facts: PlugFacts) => facts[name] ?? '';
  const isHid = driver?.bus === 'hid';
  return {
    device_del: byHost('device_del'),
    usb_disconnect: byHost('usb_disconnect'),
    socket_close: byHost('socket_close'),
    sysfs_unbind: write(
      () => `/sys/bus/${driver?.bus}/drivers/${driver?.name}/unbind`,
      fact(isHid ? 'hid' : 'interface'),
    ),
    ...(isHid ? { usb_unbind: write(() => '/sys/bus/usb/drivers/usbhid/unbind', fact('interface')) } : {}),
    sysfs_remove: write(
      (facts) => `${SYSFS}/${facts['usb']}/remove`,
      () => '1',
    ),
    authorized_0: write(
      (facts) => `${SYSFS}/${facts['usb']}/authorized`,
      () => '0',
    ),
    rmmod: () => ({ by: 'rmmod', modules: [...modules].reverse() }),
  };
}

/** A model as adapters: one for each class of files that it offers. */
export function usbAdapters(model: UsbAdapterModel): readonly Adapter[] {
  const isHid = model.drivers[0]?.bus === 'hid';
  const transfers = model.transferLimitMs !== undefined;
  return classesOf(model.offers).map(
    (held): Adapter => ({
      name: model.name,
      deviceClass: held.deviceClass,
      description: model.description,
      requiredSymbols: ['USB_XHCI_HCD', ...model.requiredSymbols, ...held.symbols],
      requiredFunctions: [],
      holds: holdsOf(held, transfers),
      moments: held.deviceClass === 'i2c-dev' ? [] : ['storm'],
      whyNot: {
        ...whyNotHeld(held, model.offers, transfers),
        driver_override:
          'neither USB interfaces nor HID devices have such a file (drivers/usb/core, drivers/hid)',
        ...NOT_OF_SOFTWARE,
        surprise: 'the cable of a USB device comes off: that is usb_disconnect',
        pci_slot_power: 'it is in no PCI slot',
        configfs_disable: 'a USB device is not made through configfs',
        ...(isHid ? {} : { usb_unbind: 'its driver is that of the interface: that is sysfs_unbind' }),
      },
      host: { kind: 'usb', machineDevices: [XHCI], usb: model },
      load: [
        'for module in "$@"; do',
        '  [ -d /sys/module/$(echo $module | tr - _) ] || insmod /unplug/modules/$module.ko',
        'done',
      ]
        .join('\n')
        .replace('"$@"', model.modules.join(' ')),
      plug: findScript(model, held),
      removals: removalsOf(model),
    }),
  );
}
