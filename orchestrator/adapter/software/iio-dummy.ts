/** The example of Industrial I/O, made and unmade through configfs (drivers/iio/dummy/iio_simple_dummy.c). */
import type { Adapter } from '../types.ts';
import { HELD, type HeldClass } from './held-classes.ts';
import { softwareAdapter, waitForNode } from './software.ts';

const DEVICE = '/sys/kernel/config/iio/devices/dummy/unplug';
const TRIGGER = '/sys/kernel/config/iio/triggers/hrtimer/unplug';

/** The buffer runs, and no sample comes while a case lasts: a read of it waits. */
const START_BUFFER = [
  `mkdir ${TRIGGER}`,
  'for trigger in /sys/bus/iio/devices/trigger*; do break; done',
  'echo 0.001 >$trigger/sampling_frequency',
  `cd /sys/bus/iio/devices/\${device##*/}`,
  'echo unplug >trigger/current_trigger',
  'echo 1 >scan_elements/in_voltage0_en',
  'echo 1 >buffer/enable',
];

function iioDummy(
  held: HeldClass,
  description: string,
  symbols: readonly string[],
  modules: readonly string[],
  start: readonly string[],
): Adapter {
  return softwareAdapter({
    name: 'iio-dummy',
    held,
    description,
    symbols: ['IIO_CONFIGFS', 'IIO_SW_DEVICE', 'IIO_SIMPLE_DUMMY', ...symbols],
    modules: [
      ...['industrialio', 'industrialio-configfs', 'industrialio-sw-device', 'kfifo_buf'],
      ...['industrialio-triggered-buffer', 'iio_dummy_evgen', 'iio_dummy', ...modules],
    ],
    plug: [`mkdir ${DEVICE}`, ...waitForNode('/sys/bus/iio/devices/iio:device*'), 'device=$node', ...start],
    removals: { configfs_disable: () => ({ by: 'rmdir', directory: DEVICE }) },
    whyNot: { sysfs_remove: 'it has no bus that would remove it' },
  });
}

/** The adapters: the same device, held by its node (the buffer) or by the file of its events. */
export const iioDummies: readonly Adapter[] = [
  iioDummy(
    HELD.iio,
    'example device of Industrial I/O, held by its node with the buffer running',
    ['IIO_SIMPLE_DUMMY_BUFFER', 'IIO_HRTIMER_TRIGGER'],
    ['industrialio-sw-trigger', 'iio-trig-hrtimer'],
    START_BUFFER,
  ),
  iioDummy(
    HELD['iio-event'],
    'the same device, held by the file of its events (IIO_GET_EVENT_FD_IOCTL)',
    ['IIO_SIMPLE_DUMMY_EVENTS'],
    [],
    [],
  ),
];
