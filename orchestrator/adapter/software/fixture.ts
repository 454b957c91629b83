/** The fixture: a platform device whose driver treats held files as right or as wrong as asked for. */
import type { SoftwareAdapter } from '../types.ts';

const NOTHING_ELSE = 'a platform device has no such removal; rmmod is refused while the device is held';

/** The adapter for one discipline of guest/modules/unplug_fixture.c. */
function fixture(discipline: string, description: string): SoftwareAdapter {
  return {
    name: `fixture-${discipline.replace('_', '-')}`,
    deviceClass: 'fixture',
    description,
    requiredSymbols: ['MODULES'],
    holds: ['t0-idle', 't1-poll', 't2-read', 't4-ioctl'],
    whyNot: { sysfs_remove: NOTHING_ELSE, configfs_disable: NOTHING_ELSE },
    plug: [
      `insmod /unplug/modules/unplug_fixture.ko discipline=${discipline}`,
      'test -c /dev/unplug0',
      'echo device=/dev/unplug0',
    ].join('\n'),
    removals: {
      sysfs_unbind: () => ({
        file: '/sys/bus/platform/drivers/unplug-fixture/unbind',
        value: 'unplug-fixture.0',
      }),
    },
  };
}

/** All disciplines. */
export const fixtures: readonly SoftwareAdapter[] = [
  fixture('naive', 'frees what open files point to: a use-after-free after every removal'),
  fixture('rwsem', 'right: checks on entry, wakes its sleepers, then waits for those inside'),
  fixture(
    'wrong_errno',
    'safe, but tells userspace the wrong errno and poll bits: proves the contract oracle',
  ),
];
