/** USB device models as adapters: how the guest finds what came of one, and every way to take it away. */
import { NOT_OF_SOFTWARE } from '../software/why-not.ts';
import type { Adapter, HoldName, PlugFacts, RemovalAction, RemovalName } from '../types.ts';
import type { UsbAdapterModel } from './adapter.ts';

/** The controller that they are plugged into; `port` of a plug is a port of it. */
export const XHCI = 'qemu-xhci,id=xhci';

const SYSFS = '/sys/bus/usb/devices';

const NO_SUCH_IOCTL = 'only the fixture has such an ioctl';
const NO_DERIVED = 'its file is the node itself: none is derived from another';
const SHORT_TRANSFERS = 'its driver gives up a transfer too soon to be found in it';
const NO_EVENTS = 'the driver reports no events of its lines, so a line request with edges is refused';

interface HeldClass {
  readonly deviceClass: string;
  readonly needs: UsbAdapterModel['offers'][number];
  /** Name of the device in sysfs, as a glob of the shell. */
  readonly node: string;
  readonly symbols: readonly string[];
  readonly holds: readonly HoldName[];
  readonly whyNot: Readonly<Record<string, string>>;
}

const CLASSES: readonly HeldClass[] = [
  {
    deviceClass: 'i2c-dev',
    needs: 'i2c',
    node: 'i2c-[0-9]*',
    symbols: ['I2C_CHARDEV'],
    holds: ['t0-idle'],
    whyNot: {
      't1-poll': 'i2c-dev has no poll operation (drivers/i2c/i2c-dev.c, i2cdev_fops)',
      't2-read': 'a read of i2c-dev is a transfer, which the adapter ends at once',
      't3-read': NO_DERIVED,
    },
  },
  {
    deviceClass: 'gpio-cdev',
    needs: 'gpio',
    node: 'gpiochip[0-9]*',
    symbols: ['GPIO_CDEV'],
    holds: ['t0-idle', 't1-poll', 't2-read'],
    whyNot: { 't3-read': NO_DERIVED, 't4-ioctl': 'no ioctl of a GPIO chip sleeps until it is ended' },
  },
  {
    deviceClass: 'gpio-line',
    needs: 'gpio-events',
    node: 'gpiochip[0-9]*',
    symbols: ['GPIO_CDEV'],
    holds: ['t0-idle', 't1-poll', 't3-read'],
    whyNot: {
      't2-read': 'its file is derived from that of the chip: a blocked read of it is t3-read',
      't4-ioctl': 'no ioctl of a line request sleeps until it is ended',
    },
  },
];

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
  return CLASSES.filter(({ needs }) => model.offers.includes(needs)).map(
    (held): Adapter => ({
      name: model.name,
      deviceClass: held.deviceClass,
      description: model.description,
      requiredSymbols: ['USB_XHCI_HCD', ...model.requiredSymbols, ...held.symbols],
      requiredFunctions: [],
      holds: held.deviceClass === 'i2c-dev' && transfers ? [...held.holds, 't4-ioctl'] : held.holds,
      moments: held.deviceClass === 'i2c-dev' ? [] : ['storm'],
      whyNot: {
        ...held.whyNot,
        ...(held.deviceClass !== 'i2c-dev' || transfers ? {} : { 't4-ioctl': SHORT_TRANSFERS }),
        't4-busy': NO_SUCH_IOCTL,
        't4-shared': NO_SUCH_IOCTL,
        't4-nested': NO_SUCH_IOCTL,
        ...(model.offers.includes('gpio-events') ? {} : { 'gpio-line': NO_EVENTS }),
        driver_override:
          'neither USB interfaces nor HID devices have such a file (drivers/usb/core, drivers/hid)',
        surprise: 'the cable of a USB device comes off: that is usb_disconnect',
        pci_slot_power: 'it is in no PCI slot',
        ...NOT_OF_SOFTWARE,
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
