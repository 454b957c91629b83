/** Plugs an adapter that the host makes: a plug is done when QEMU, the device itself and the guest's driver agree. */
import { join } from 'node:path';
import {
  type Adapter,
  type HostDevice,
  type PlugFacts,
  type PluggedUsb,
  parsePlugFacts,
  plugUsb,
  type StandardOutside,
  standardOutside,
} from '../adapter/index.ts';
import { type CleanupStack, GuestError, within } from '../base/index.ts';
import { type GuestShell, runInGuest } from '../guest/index.ts';
import { limitName, type RunningMachine } from '../machine/index.ts';

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
  /** QEMU's port, `1` or `1.2`; it chooses when absent. */
  readonly port?: string;
  readonly serialNumber?: string;
  /** Part of the names of the trace files; a later plug of the same name overwrites them. */
  readonly trace?: string;
}

/** Files of a case with all that went over the bus. */
export const USB_TRACE = { packets: 'usb.pcapng', text: 'usb.txt' } as const;

/** A plugged adapter. */
export interface PluggedAdapter {
  readonly facts: PlugFacts;
  readonly usb: PluggedUsb;
  /** What hangs off its I2C bus, if it has one. */
  readonly outside: StandardOutside | undefined;
}

/**
 * Plugs it, waits for its driver, and finds what came of it in the guest.
 * @throws GuestError when the driver does not get ready; InfraError of QEMU; what the signal was aborted with
 */
export async function plugHost(
  adapter: Adapter & { readonly host: HostDevice },
  { machine, shell, directory, cleanup, signal }: PlugContext,
  { port, serialNumber, trace = '' }: PlugVariation = {},
): Promise<PluggedAdapter> {
  const { limits } = machine;
  const model = adapter.host.usb;
  const device = model.create(serialNumber === undefined ? {} : { serialNumber });
  const outside = standardOutside(device);
  // Watched before it is plugged: the mark may come before we hear of anything else.
  const ready = seen(machine, model.readyMark);
  let usb: PluggedUsb;
  let came: string | undefined;
  try {
    usb = cleanup.use(
      adapter.name,
      await plugUsb(machine.qmp, device, {
        name: adapter.name,
        traceFiles: {
          pcapngFile: join(directory, `${trace}${USB_TRACE.packets}`),
          textFile: join(directory, `${trace}${USB_TRACE.text}`),
        },
        ...(port === undefined ? {} : { port }),
        limitMs: limits.plugMs,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    came = await within(Promise.race([ready.line, machine.ended]), limits.plugMs, signal);
  } finally {
    ready.stop();
  }
  signal?.throwIfAborted();
  if (came === undefined) {
    throw new GuestError(
      `plugging ${adapter.name}: its driver did not say "${model.readyMark}" (${limitName(limits, 'plugMs')})`,
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
  return { facts: parsePlugFacts(adapter.name, found.stdout), usb, outside };
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
