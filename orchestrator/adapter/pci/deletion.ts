/** QEMU's word that a device is gone: the event DEVICE_DELETED (QEMU qapi/qdev.json). */
import { monotonicMs } from '../../base/index.ts';
import type { QmpClient } from '../../machine/index.ts';

/** Follows the deletion of one device. */
export interface Deletion {
  /** Settles with the event. */
  readonly deleted: Promise<void>;
  /** When it came, on the host's monotonic clock; null: not so far. */
  readonly goneMs: number | null;
  /** Stops listening. */
  stop(): void;
}

/** Listens for the deletion of a device. @param id QEMU's name for it */
export function trackDeletion(qmp: Pick<QmpClient, 'onEvent'>, id: string): Deletion {
  let goneMs: number | null = null;
  let stop = (): void => undefined;
  const deleted = new Promise<void>((resolve) => {
    stop = qmp.onEvent(({ event, data }) => {
      if (event !== 'DEVICE_DELETED' || data['device'] !== id) return;
      goneMs ??= monotonicMs();
      stop();
      resolve();
    });
  });
  return {
    deleted,
    get goneMs() {
      return goneMs;
    },
    stop: () => stop(),
  };
}
