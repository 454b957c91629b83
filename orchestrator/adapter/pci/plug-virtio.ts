/** Plugs a virtio device of ours into a root port of a running machine, and takes it out again. */
import { join } from 'node:path';
import {
  CleanupStack,
  InfraError,
  makeTemporaryDirectory,
  monotonicMs,
  throwIfAborted,
  within,
} from '../../base/index.ts';
import type { QmpClient } from '../../machine/index.ts';
import type { HostRemoval } from '../types.ts';
import { BehaviourScript } from '../usb/behaviour.ts';
import { ensureBackendProgram } from './backend-program.ts';
import { plugPci } from './plug.ts';
import { VhostUserBackend } from './vhost-user.ts';
import type { BackendRecord } from './vhost-user-records.ts';
import type { VirtioDevice, VirtioModel } from './virtio-device.ts';

/** How a device is plugged. */
export interface VirtioPlugOptions {
  /** A root port of the machine; the first one when absent. */
  readonly port?: string;
  /** From QEMU's having the device until the guest's driver has started its queues. */
  readonly limitMs: number;
  readonly onRecord?: (record: BackendRecord) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A device that is plugged in, or was. Disposing it ends the process that is the device, and forgets it in QEMU. */
export interface PluggedVirtio extends AsyncDisposable {
  readonly device: VirtioDevice;
  readonly backend: VhostUserBackend;
  /** Misbehaviour on order, in force from the next request on. */
  readonly script: BehaviourScript;
  /** QEMU's name for it. */
  readonly id: string;
  readonly port: string;
  /** When the guest's driver had started its queues, on the host's monotonic clock. */
  readonly startedMs: number;
  /** Resolves when it was asked for, not when it has happened. @throws InfraError when QEMU refused */
  remove(how: HostRemoval, signal?: AbortSignal): Promise<void>;
  /** When QEMU said that the device is gone (DEVICE_DELETED), on the host's monotonic clock; null: not so far. */
  readonly goneMs: number | null;
  /** What somebody did to the process that is the device; undefined when nobody did. */
  failure(): Promise<InfraError | undefined>;
  /** Settles when that process ends though nobody asked for it. */
  readonly broken: Promise<InfraError>;
}

/** A guest that does not let go of a device keeps it in QEMU until the machine ends. */
const DELETE_LIMIT_MS = 2000;
/** QEMU's monitor, when QEMU waits for a process that does not answer. */
const FORGET_LIMIT_MS = 1000;

let plugs = 0;

/**
 * Plugs it and waits until a driver in the guest has started its queues.
 * @throws InfraError when QEMU refuses, for a port that is not there or is taken, or when no driver starts it in time;
 * what the signal was aborted with
 */
export async function plugVirtio(
  qmp: QmpClient,
  model: VirtioModel,
  { port, limitMs, onRecord, signal }: VirtioPlugOptions,
): Promise<PluggedVirtio> {
  throwIfAborted(signal);
  const program = await ensureBackendProgram(signal);
  await using cleanup = new CleanupStack();
  const { path: directory } = cleanup.use('vhost-user folder', await makeTemporaryDirectory('vhost-user'));
  const socketPath = join(directory, 'socket');
  const device = model.create();
  const script = new BehaviourScript();
  const chardev = `${model.name}-${++plugs}-wire`;
  // A clean-up runs backwards: QEMU can forget the wire only when the device is gone and nobody is at its other end.
  cleanup.defer('vhost-user chardev', async () => {
    await within(qmp.execute('chardev-remove', { id: chardev }).then(nothing, nothing), FORGET_LIMIT_MS);
  });
  const backend = cleanup.use(
    'vhost-user back-end',
    await VhostUserBackend.start(
      device,
      { program, socketPath, script, ...(onRecord === undefined ? {} : { onRecord }) },
      limitMs,
      signal,
    ),
  );
  const started = backend.next('queue-started').then(() => monotonicMs());
  await qmp.execute('chardev-add', {
    id: chardev,
    backend: { type: 'socket', data: { addr: { type: 'unix', data: { path: socketPath } }, server: false } },
  });
  const pci = cleanup.use(
    'PCI device',
    await orFailure(
      backend,
      limitMs,
      signal,
      plugPci(
        qmp,
        // The ring's event index would be the back-end's business, and QEMU does not tell it (see vhost-user.ts).
        { driver: model.qemuDriver, properties: { chardev, event_idx: false } },
        { name: model.name, signal, ...(port === undefined ? {} : { port }) },
      ),
      'QEMU to take the device',
    ),
  );
  cleanup.defer('device', async () => {
    // QEMU would wait for a process that is stopped, and everything with it.
    if ((await backend.failure()) !== undefined) await backend.kill();
    const asked = await within(
      qmp.execute('device_del', { id: pci.id }).then(
        () => true,
        () => false,
      ),
      FORGET_LIMIT_MS,
    );
    if (asked === true) await within(pci.deleted, DELETE_LIMIT_MS);
  });
  const startedMs = await orFailure(
    backend,
    limitMs,
    signal,
    started,
    `a driver in the guest to start ${pci.id}`,
  );
  const owned = cleanup.move();
  return {
    device,
    backend,
    script,
    startedMs,
    id: pci.id,
    port: pci.port,
    get goneMs() {
      return pci.goneMs;
    },
    failure: () => backend.failure(),
    broken: backend.broken,
    remove: async (how, abort) => {
      // Of the death of its device's process QEMU tells the guest nothing: whoever runs the host then asks for the
      // device, as a management program does.
      if (how === 'socket_close') await backend.kill();
      await pci.remove(how === 'socket_close' ? 'device_del' : how, abort);
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Waits for something, but not beyond the end of the process that is the device. */
async function orFailure<T>(
  backend: VhostUserBackend,
  limitMs: number,
  signal: AbortSignal | undefined,
  wanted: Promise<T>,
  what: string,
): Promise<T> {
  wanted.catch(nothing);
  const ended = backend.exited.then(() => ENDED);
  const came = await within(Promise.race([wanted, ended]), limitMs, signal);
  signal?.throwIfAborted();
  if (came !== undefined && came !== ENDED) return came as T;
  throw (
    (await backend.failure()) ??
    new InfraError(
      came === ENDED
        ? `QEMU hung up while unplug waited for ${what}`
        : `unplug waited in vain for ${what} (${limitMs} ms)`,
      { detail: backend.malformed.join('\n') },
    )
  );
}

const ENDED = Symbol('ended');

function nothing(): void {}
