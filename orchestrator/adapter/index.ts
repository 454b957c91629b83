/** The devices that go away. */
import { fixtures } from './software/fixture.ts';
import { gpioSims } from './software/gpio-sim.ts';
import { i801 } from './software/i801.ts';
import type { Adapter } from './types.ts';

export { describeRemoval } from './describe.ts';
export { parsePlugFacts } from './facts.ts';
export type { Adapter, HoldName, HostRemoval, PlugFacts, RemovalAction, RemovalName } from './types.ts';

/** The adapter of a case, held as that says. */
export function adapterFor(of: {
  readonly adapter: string;
  readonly deviceClass: string;
}): Adapter | undefined {
  return adapters.find(({ name, deviceClass }) => name === of.adapter && deviceClass === of.deviceClass);
}

/** Every adapter, in the order in which they are listed; one with several classes is there for each. */
export const adapters: readonly Adapter[] = [...fixtures, ...gpioSims, i801];
