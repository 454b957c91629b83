/** The node of a Chrome OS embedded controller, on a fixture that plays one (drivers/platform/chrome/cros_ec_chardev.c). */
import type { Adapter } from '../types.ts';
import { HELD } from './held-classes.ts';
import { softwareAdapter, unbind, waitForNode } from './software.ts';

/** The adapter. The driver that is unbound is that of the parent: the node's own has it for its device. */
export const crosEc: Adapter = softwareAdapter({
  name: 'cros-ec',
  held: HELD['cros-ec'],
  description: 'Chrome OS embedded controller played by a fixture, held by its node',
  symbols: ['MODULES', 'CROS_EC', 'MFD_CROS_EC_DEV'],
  modules: ['mfd-core', 'cros_ec_dev', 'cros_ec_chardev', 'unplug_cros_ec'],
  plug: [...waitForNode('/sys/class/misc/unplug_ec'), 'echo platform=cros-ec-dev'],
  removals: { sysfs_unbind: unbind('platform', 'cros-ec-dev', 'platform') },
  whyNot: { sysfs_remove: 'a platform device has no remove file' },
});
