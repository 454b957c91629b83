/** Plugs a PCI device of QEMU's into a root port of a running machine, and takes it out again. */
import { InfraError, suggestNames, throwIfAborted } from '../../base/index.ts';
import { type QmpClient, rootPorts } from '../../machine/index.ts';
import type { HostRemoval } from '../types.ts';
import { trackDeletion } from './deletion.ts';
import type { QemuDeviceModel } from './device.ts';
import { slotAtRest } from './slot-rest.ts';
import { emptySlot } from './surprise.ts';

/** How a device is plugged. */
export interface PciPlugOptions {
  /** Part of QEMU's name for it; each plug gets a new one. */
  readonly name: string;
  /** A root port of the machine; the first one when absent. */
  readonly port?: string;
  /** For the guest to be done with what was in the port before; 10 s when absent. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A device that is plugged in, or was. Disposing it takes nothing away: the device goes with the machine. */
export interface PluggedPci extends AsyncDisposable {
  /** QEMU's name for it. */
  readonly id: string;
  /** The root port that it is in. */
  readonly port: string;
  /** Resolves when it was asked for, not when it has happened. @throws InfraError when QEMU refused */
  remove(how: HostRemoval, signal?: AbortSignal): Promise<void>;
  /** When QEMU said that the device is gone (DEVICE_DELETED), on the host's monotonic clock; null: not so far. */
  readonly goneMs: number | null;
  /** Settles when QEMU says so. A guest that never lets go of the device keeps it from settling. */
  readonly deleted: Promise<void>;
}

let plugs = 0;

/** pciehp takes a second of the guest's time. */
const REST_LIMIT_MS = 10_000;

/**
 * Has QEMU make the device and tell the guest of it. What the guest makes of that is for the guest to tell.
 * @throws InfraError for a port that the machine does not have, or that is taken; what the signal was aborted with
 */
export async function plugPci(
  qmp: QmpClient,
  { driver, properties = {} }: QemuDeviceModel,
  { name, port = rootPorts[0] ?? '', limitMs = REST_LIMIT_MS, signal }: PciPlugOptions,
): Promise<PluggedPci> {
  throwIfAborted(signal);
  if (!rootPorts.includes(port))
    throw new InfraError(`the machine has no port '${port}'`, { hint: suggestNames(port, rootPorts) });
  await slotAtRest(qmp, port, limitMs, signal);
  const id = `${name}-${++plugs}`;
  const deletion = trackDeletion(qmp, id);
  try {
    // A port has one slot. With the address QEMU says by which device it is taken.
    await qmp.execute('device_add', { driver, id, bus: port, addr: '0', ...properties });
  } catch (error) {
    deletion.stop();
    const detail = error instanceof InfraError ? error.detail : undefined;
    throw new InfraError(`${driver} can't be plugged into ${port}`, {
      cause: error,
      ...(detail === undefined ? {} : { detail }),
    });
  }
  return {
    id,
    port,
    deleted: deletion.deleted,
    get goneMs() {
      return deletion.goneMs;
    },
    remove: async (how) => {
      switch (how) {
        case 'device_del':
          await qmp.execute('device_del', { id });
          return;
        case 'surprise':
          await emptySlot(qmp, port);
          return;
        default:
          throw new InfraError(`${how} is nothing that can be done to a PCI device`);
      }
    },
    [Symbol.asyncDispose]: async () => deletion.stop(),
  };
}
