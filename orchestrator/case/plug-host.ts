/** Plugs an adapter that the host makes: a plug is done when QEMU, the device itself and the guest's driver agree. */
import { join } from 'node:path';
import {
  type Adapter,
  type BehaviourScript,
  type GpioLines,
  type HostDevice,
  type PlugFacts,
  type PluggedUsb,
  type PluggedVirtio,
  parsePlugFacts,
  plugPci,
  plugUsb,
  plugVirtio,
  type StandardOutside,
  standardOutside,
  type UsbHostDevice,
} from '../adapter/index.ts';
import { type CleanupStack, GuestError, within } from '../base/index.ts';
import { type GuestShell, runInGuest } from '../guest/index.ts';
import { limitName, type RunningMachine } from '../machine/index.ts';
import type { PluggedDevice } from './remover.ts';

/** What an adapter is plugged with. */
export interface PlugContext {
  readonly machine: RunningMachine;
  readonly shell: GuestShell;
  /** Where the trace of the bus goes. */
  readonly directory: string;
  readonly cleanup: CleanupStack;
  readonly signal: AbortSignal | undefined;
}

/** What may differ from one plug of an adapter to the next. */
export interface PlugVariation {
  /** A port of the USB controller, `1` or `1.2`, or a root port, `port0`; chosen when absent. */
  readonly port?: string;
  readonly serialNumber?: string;
  /** Part of the names of the trace files; a later plug of the same name overwrites them. */
  readonly trace?: string;
}

/** Files of a case with all that went over the bus. */
export const USB_TRACE = { packets: 'usb.pcapng', text: 'usb.txt' } as const;

/** What the host has of a plugged adapter. */
export interface HostSide {
  /** How it is taken away again. */
  readonly device: PluggedDevice & AsyncDisposable;
  /** Present if it is a USB device of ours. */
  readonly usb?: PluggedUsb;
  /** Present if it is a virtio device of ours. */
  readonly virtio?: PluggedVirtio;
  /** What hangs off its I2C bus, if it has one of ours. */
  readonly outside?: StandardOutside | undefined;
}

/** A plugged adapter. */
export interface PluggedAdapter extends HostSide {
  readonly facts: PlugFacts;
}

/** Whether what we made of it can be told to misbehave, and has pins: what a moment needs. */
export function emulated({ usb, virtio }: HostSide): Emulated | undefined {
  return usb ?? virtio;
}

/** What a moment of a case acts on. */
export interface Emulated {
  readonly script: BehaviourScript;
  readonly device: { readonly lines?: GpioLines };
}

/** A plugged USB adapter. */
export interface PluggedUsbAdapter extends PluggedAdapter {
  readonly usb: PluggedUsb;
}

/**
 * Plugs it, waits for its driver, and finds what came of it in the guest.
 * @throws GuestError when the driver does not get ready; InfraError of QEMU; what the signal was aborted with
 */
export async function plugHost(
  adapter: Adapter & { readonly host: UsbHostDevice },
  context: PlugContext,
  variation?: PlugVariation,
): Promise<PluggedUsbAdapter>;
export async function plugHost(
  adapter: Adapter & { readonly host: HostDevice },
  context: PlugContext,
  variation?: PlugVariation,
): Promise<PluggedAdapter>;
export async function plugHost(
  adapter: Adapter & { readonly host: HostDevice },
  context: PlugContext,
  variation: PlugVariation = {},
): Promise<PluggedAdapter> {
  const { machine, shell, signal } = context;
  const { limits } = machine;
  const mark = readyMark(adapter.host);
  // Watched before it is plugged: the mark may come before we hear of anything else.
  const ready = mark === undefined ? undefined : seen(machine, mark);
  let side: HostSide;
  let came: string | undefined = '';
  try {
    side = await plugDevice(adapter.name, adapter.host, context, variation);
    if (ready !== undefined)
      came = await within(Promise.race([ready.line, machine.ended]), limits.plugMs, signal);
  } finally {
    ready?.stop();
  }
  signal?.throwIfAborted();
  if (came === undefined) {
    throw new GuestError(
      `plugging ${adapter.name}: its driver did not say "${mark}" (${limitName(limits, 'plugMs')})`,
      { detail: machine.console.lastLines(10).join('\n') },
    );
  }
  const missing = (detail: string, cause?: unknown): GuestError =>
    new GuestError(
      `plugging ${adapter.name}: nothing of class ${adapter.deviceClass} came of it (${limitName(limits, 'plugMs')})`,
      { detail, cause },
    );
  const found = await runInGuest(shell, `set -e\n${adapter.plug}`, limits.plugMs, signal).catch(
    (error: unknown) => {
      throw error instanceof GuestError ? missing(machine.console.lastLines(10).join('\n'), error) : error;
    },
  );
  if (found.code !== 0) throw missing(`${found.stdout}${found.stderr}`.trim());
  return { facts: parsePlugFacts(adapter.name, found.stdout), ...side };
}

/** What the driver prints at the end of its probe; undefined: the plug script sees it. */
function readyMark(host: HostDevice): string | undefined {
  switch (host.kind) {
    case 'usb':
      return host.usb.readyMark;
    case 'qemu':
      return host.qemu.readyMark;
    case 'vhost-user':
      return undefined;
  }
}

/** The host's part of a plug. */
async function plugDevice(
  name: string,
  host: HostDevice,
  context: PlugContext,
  variation: PlugVariation,
): Promise<HostSide> {
  const { machine, cleanup, signal } = context;
  switch (host.kind) {
    case 'usb':
      return plugUsbDevice(name, host, context, variation);
    case 'qemu': {
      const { port } = variation;
      const options = {
        name,
        limitMs: machine.limits.plugMs,
        signal,
        ...(port === undefined ? {} : { port }),
      };
      return { device: cleanup.use(name, await plugPci(machine.qmp, host.qemu, options)) };
    }
    case 'vhost-user': {
      const { port } = variation;
      const options = { limitMs: machine.limits.plugMs, signal, ...(port === undefined ? {} : { port }) };
      const virtio = cleanup.use(name, await plugVirtio(machine.qmp, host.virtio, options));
      return { device: virtio, virtio, outside: standardOutside(virtio.device) };
    }
  }
}

async function plugUsbDevice(
  name: string,
  { usb: model }: UsbHostDevice,
  { machine, directory, cleanup, signal }: PlugContext,
  { port, serialNumber, trace = '' }: PlugVariation,
): Promise<HostSide> {
  const device = model.create(serialNumber === undefined ? {} : { serialNumber });
  const outside = standardOutside(device);
  const usb = cleanup.use(
    name,
    await plugUsb(machine.qmp, device, {
      name,
      traceFiles: {
        pcapngFile: join(directory, `${trace}${USB_TRACE.packets}`),
        textFile: join(directory, `${trace}${USB_TRACE.text}`),
      },
      ...(port === undefined ? {} : { port }),
      limitMs: machine.limits.plugMs,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
  return { device: usb, usb, outside };
}

function seen(machine: RunningMachine, mark: string): { readonly line: Promise<string>; stop(): void } {
  let stop = (): void => undefined;
  const line = new Promise<string>((resolve) => {
    stop = machine.console.onLine((text) => {
      if (text.includes(mark)) resolve(text);
    });
  });
  return { line, stop: () => stop() };
}
