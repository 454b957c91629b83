/** How a device that was taken away comes back while its old files are still held. Pure. */
import type { Adapter, PlugFacts, RemovalAction, RemovalName } from './types.ts';

/** `rebind`: its driver is bound to it again; `replug`: the device itself is made or plugged again. */
export type ComeBack = 'rebind' | 'replug';

/** What has to be done. */
export type WayBack =
  /** Script for the guest's /bin/sh; it prints the facts of the device as it is then. */
  | { readonly by: 'script'; readonly script: string }
  /** The host plugs it once more. */
  | { readonly by: 'host' };

const RESCAN = '/sys/bus/pci/rescan';

/**
 * The way back from a removal; undefined when there is none.
 * @param facts of the device that was taken away
 */
export function wayBack(
  adapter: Adapter,
  comeBack: ComeBack,
  removal: RemovalName,
  facts: PlugFacts,
): WayBack | undefined {
  const action = adapter.removals[removal]?.(facts);
  if (action === undefined) return undefined;
  if (action.by === 'host') return comeBack === 'replug' && adapter.host ? { by: 'host' } : undefined;
  // What the host plugs is found by its plug script.
  const find = adapter.find ?? (adapter.host === undefined ? undefined : adapter.plug);
  const undo = comeBack === 'rebind' ? rebind(action) : replug(removal, action);
  if (find === undefined || undo === undefined) return undefined;
  return { by: 'script', script: `${undo}\n${find}` };
}

/** Those that an adapter has after one removal or more. */
export function waysBack(adapter: Adapter): readonly ComeBack[] {
  const facts = { device: '' };
  return (['rebind', 'replug'] as const).filter((comeBack) =>
    Object.keys(adapter.removals).some((removal) =>
      wayBack(adapter, comeBack, removal as RemovalName, facts),
    ),
  );
}

/** The bus calls the driver's probe() inside this write (drivers/base/bus.c, bind_store()). */
function rebind(action: RemovalAction): string | undefined {
  if (action.by !== 'write' || !action.file.endsWith('/unbind') || action.first !== undefined)
    return undefined;
  return `echo ${action.value} > ${action.file.replace(/unbind$/, 'bind')}`;
}

function replug(removal: RemovalName, action: RemovalAction): string | undefined {
  if (action.by !== 'write') return undefined;
  if (removal === 'configfs_disable' || removal === 'authorized_0') return `echo 1 > ${action.file}`;
  if (removal === 'sysfs_remove' && action.file.startsWith('/sys/bus/pci/')) return `echo 1 > ${RESCAN}`;
  return removal === 'pci_slot_power' ? `echo 1 > ${action.file}` : undefined;
}
