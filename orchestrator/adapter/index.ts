/** The devices that go away. */
import { fixtures } from './software/fixture.ts';
import { gpioSims } from './software/gpio-sim.ts';
import { i801 } from './software/i801.ts';
import type { SoftwareAdapter } from './types.ts';

export { parsePlugFacts } from './facts.ts';
export type { HoldName, PlugFacts, RemovalName, RemovalWrite, SoftwareAdapter } from './types.ts';

/** Every adapter, in the order in which they are listed. */
export const adapters: readonly SoftwareAdapter[] = [...fixtures, ...gpioSims, i801];
