/** Devices that are there for as long as their module is: nothing else takes them away. */
import type { Adapter } from '../types.ts';
import { HELD } from './held-classes.ts';
import { softwareAdapter, waitForNode } from './software.ts';

/** The adapters. */
export const moduleOnly: readonly Adapter[] = [
  softwareAdapter({
    name: 'softdog',
    held: HELD.watchdog,
    description: 'a watchdog of software (drivers/watchdog/softdog.c), its time-out longer than any case',
    symbols: ['SOFT_WATCHDOG'],
    unloads: 'softdog',
    plug: [
      // Opening it starts it.
      'insmod /unplug/modules/softdog.ko soft_margin=65535 soft_noboot=1',
      ...waitForNode('/sys/class/watchdog/watchdog*'),
    ],
    removals: {},
  }),
  softwareAdapter({
    name: 'pps-ktimer',
    held: HELD.pps,
    description: 'a pulse every second (drivers/pps/clients/pps-ktimer.c)',
    symbols: ['PPS_CLIENT_KTIMER'],
    modules: ['pps_core', 'pps-ktimer'],
    unloads: 'pps-ktimer',
    plug: waitForNode('/sys/class/pps/pps*'),
    removals: {},
  }),
];
