/** What a suite may name: the adapters as the suite language sees them. */
import { adapters, type RemovalName, waysBack } from '../adapter/index.ts';
import type { Catalogue } from '../suite/index.ts';
import { HOLD_PARAMETERS } from './hold-parameters.ts';

/** Every adapter with its holds and removals. */
export function catalogue(): Catalogue {
  return {
    holdParameters: HOLD_PARAMETERS,
    adapters: adapters.map((adapter) => ({
      name: adapter.name,
      deviceClass: adapter.deviceClass,
      description: adapter.description,
      holds: adapter.holds,
      removals: Object.keys(adapter.removals) as RemovalName[],
      moments: adapter.moments ?? [],
      aftermaths: waysBack(adapter),
      // QEMU's own devices do what QEMU does.
      misbehaves: adapter.host !== undefined && adapter.host.kind !== 'qemu',
      requiredSymbols: adapter.requiredSymbols.map((symbol) => `CONFIG_${symbol}`),
      whyNot: adapter.whyNot,
    })),
  };
}
