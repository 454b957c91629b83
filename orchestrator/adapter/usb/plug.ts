/** Plugs a device model into a running QEMU, and takes it out again in every way that there is from outside. */
import { join } from 'node:path';
import {
  CleanupStack,
  InfraError,
  makeTemporaryDirectory,
  monotonicMs,
  throwIfAborted,
  within,
} from '../../base/index.ts';
import { listenForOne, type QmpClient } from '../../machine/index.ts';
import type { HostRemoval } from '../types.ts';
import { type ConnectionEvent, Trace, UsbRedirConnection } from '../usbredir/index.ts';
import type { UsbAdapterDevice } from './adapter.ts';
import { BehaviourScript } from './behaviour.ts';

/** How a device is plugged. */
export interface PlugOptions {
  /** Part of the names of QEMU's objects; each plug gets new ones. */
  readonly name: string;
  /** `1`, or `1.2` behind a hub; QEMU chooses when absent. */
  readonly port?: string;
  /** Files that the bus is recorded in. */
  readonly traceFiles?: { readonly textFile?: string; readonly pcapngFile?: string };
  /** From QEMU's having the device until the guest has configured it. */
  readonly limitMs: number;
  readonly onEvent?: (event: ConnectionEvent) => void;
  readonly signal?: AbortSignal;
}

/** A device that is plugged in, or was. Disposing it ends the process that is the device, and forgets it in QEMU. */
export interface PluggedUsb extends AsyncDisposable {
  readonly device: UsbAdapterDevice;
  readonly connection: UsbRedirConnection;
  /** Misbehaviour on order, in force from the next request on. */
  readonly script: BehaviourScript;
  /** QEMU's name for it. */
  readonly id: string;
  /** When the guest had configured it, on the host's monotonic clock. */
  readonly configuredMs: number;
  /** Resolves when it was asked for, not when it has happened. @throws InfraError when QEMU refused */
  remove(how: HostRemoval, signal?: AbortSignal): Promise<void>;
  /** When the host had word that the device is gone; null: no word so far. */
  readonly goneMs: number | null;
}

let plugs = 0;

/**
 * Plugs it and waits until the guest has configured it. That its driver has bound it is for the guest to tell.
 * @throws InfraError when QEMU refuses, or the guest does not configure it in time; what the signal was aborted with
 */
export async function plugUsb(
  qmp: QmpClient,
  device: UsbAdapterDevice,
  options: PlugOptions,
): Promise<PluggedUsb> {
  const { limitMs, signal } = options;
  throwIfAborted(signal);
  await using cleanup = new CleanupStack();
  const { path: directory } = cleanup.use('USB folder', await makeTemporaryDirectory('usb'));
  const socketPath = join(directory, 'usb');
  const listener = cleanup.use('USB socket', await listenForOne(socketPath));
  const start = { monotonicMs: monotonicMs(), wallMs: Date.now() };
  const trace = cleanup.use('USB trace', Trace.toFiles(start, options.traceFiles ?? {}));
  const id = `${options.name}-${++plugs}`;
  const chardev = `${id}-wire`;
  const backend = {
    type: 'socket',
    data: { addr: { type: 'unix', data: { path: socketPath } }, server: false },
  };
  await qmp.execute('chardev-add', { id: chardev, backend });
  // QEMU may be gone by then, or the device still be there: both leave nothing to do.
  cleanup.defer('USB chardev', () => qmp.execute('chardev-remove', { id: chardev }).then(nothing, nothing));
  const stream = await listener.accept(limitMs, signal);
  throwIfAborted(signal);
  if (stream === undefined) throw new InfraError(`QEMU did not connect the wire of ${id}`);
  const script = new BehaviourScript();
  let configured: (atMs: number) => void = nothing;
  const configuration = new Promise<number>((resolve) => {
    configured = resolve;
  });
  const connection = cleanup.use(
    'USB connection',
    UsbRedirConnection.start(stream, device, {
      script,
      trace,
      onEvent: (event) => {
        if (event.event === 'configured') configured(monotonicMs());
        options.onEvent?.(event);
      },
    }),
  );
  // It waited until somebody reads.
  stream.resume();
  let goneMs: number | null = null;
  const deleted = new Promise<void>((resolve) => {
    const stop = qmp.onEvent(({ event, data }) => {
      if (event !== 'DEVICE_DELETED' || data['device'] !== id) return;
      goneMs ??= monotonicMs();
      stop();
      resolve();
    });
    cleanup.defer('QMP listener', async () => stop());
  });
  const port = options.port === undefined ? {} : { port: options.port };
  await qmp.execute('device_add', { driver: 'usb-redir', id, chardev, bus: 'xhci.0', ...port });
  cleanup.defer('USB device', async () => {
    const left = await qmp.execute('device_del', { id }).then(
      () => true,
      () => false,
    );
    if (left) await within(deleted, DELETE_LIMIT_MS);
  });
  const ended = connection.ended.then((cause) => {
    throw new InfraError(`${id} was plugged out before the guest had configured it: ${cause.message}`);
  });
  ended.catch(nothing);
  const configuredMs = await within(Promise.race([configuration, ended]), limitMs, signal);
  throwIfAborted(signal);
  if (configuredMs === undefined) throw new InfraError(`the guest did not configure ${id} in ${limitMs} ms`);
  const owned = cleanup.move();
  return {
    device,
    connection,
    script,
    id,
    configuredMs,
    get goneMs() {
      return goneMs;
    },
    remove: async (how, abort) => {
      switch (how) {
        case 'device_del':
          await qmp.execute('device_del', { id });
          return;
        case 'usb_disconnect':
          // QEMU's word is the acknowledgement; it comes or not, whoever waits for it.
          void connection.disconnect(abort).then((outcome) => {
            if (outcome.acknowledged) goneMs ??= monotonicMs();
          }, nothing);
          return;
        case 'socket_close':
          connection.close();
      }
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** A guest that does not let go of a device keeps it in QEMU until the machine ends. */
const DELETE_LIMIT_MS = 2000;

function nothing(): void {}
