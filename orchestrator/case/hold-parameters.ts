/** What a suite's named holds may set: options of the hold programs (guest/workloads/lib/hold.c). */
import type { Catalogue } from '../suite/index.ts';

const MILLISECONDS_MAX = 600_000;

/** By hold, then by the option's name without its dashes. A hold that is not here takes nothing. */
export const HOLD_PARAMETERS: NonNullable<Catalogue['holdParameters']> = {
  't4-ioctl': {
    'sleep-ms': { least: 1, most: MILLISECONDS_MAX, description: 'milliseconds that the call sleeps' },
  },
  't4-busy': {
    'busy-ms': { least: 1, most: MILLISECONDS_MAX, description: 'milliseconds that each call takes' },
  },
  't4-shared': {
    'busy-ms': { least: 1, most: MILLISECONDS_MAX, description: 'milliseconds that each call takes' },
  },
};
