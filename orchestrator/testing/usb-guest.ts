/** A guest with an emulated adapter and other people's tools, for tests. */
import {
  type Adapter,
  adapters,
  type HostDevice,
  type UsbHostDevice,
  type VirtioHostDevice,
} from '../adapter/index.ts';
import type { CleanupStack } from '../base/index.ts';
import {
  type CaseEnvironment,
  type PluggedAdapter,
  type PluggedUsbAdapter,
  type PlugVariation,
  plugHost,
} from '../case/index.ts';
import { AgentShell, deviceTools, type GuestResult, runInGuest } from '../guest/index.ts';
import { cloneMachine, type RunningMachine } from '../machine/index.ts';
import type { RemovalCase } from '../suite/index.ts';
import { type BaselineOptions, prepareBaseline } from './baseline.ts';

/** An adapter that the host plugs, held by files of a class. @throws Error when there is none */
export function usbAdapter(name: string, deviceClass: string): Adapter & { readonly host: UsbHostDevice } {
  const adapter = adapters.find((one) => one.name === name && one.deviceClass === deviceClass);
  if (adapter?.host?.kind !== 'usb') throw new Error(`no USB adapter ${name} of class ${deviceClass}`);
  return { ...adapter, host: adapter.host };
}

/** A virtio device of ours, held by files of a class. @throws Error when there is none */
export function virtioAdapter(
  name: string,
  deviceClass: string,
): Adapter & { readonly host: VirtioHostDevice } {
  const adapter = adapters.find((one) => one.name === name && one.deviceClass === deviceClass);
  if (adapter?.host?.kind !== 'vhost-user')
    throw new Error(`no virtio adapter ${name} of class ${deviceClass}`);
  return { ...adapter, host: adapter.host };
}

/** A case that makes the machine have a USB controller. */
export const USB_CASE: RemovalCase = {
  kind: 'removal',
  name: 'cp2112/i2c-dev/t0-idle/device_del',
  adapter: 'cp2112',
  deviceClass: 'i2c-dev',
  hold: 't0-idle',
  removal: 'device_del',
};

/** A kernel prepared for guests with USB and tools. */
export function prepareUsb(
  cleanup: CleanupStack,
  options: Pick<BaselineOptions, 'variant'> = {},
): Promise<CaseEnvironment> {
  return prepareBaseline(cleanup, { ...options, cases: [USB_CASE], tools: deviceTools });
}

const ATTEMPTS = 4;

/** A clone with tools, and a way to run them. */
export interface UsbGuest {
  readonly machine: RunningMachine;
  readonly shell: AgentShell;
  /** Runs a script of the guest's shell; what it printed. @throws Error when it fails */
  run(script: string): Promise<string>;
  /**
   * Runs a script that only asks, several times if need be: CP2112's driver waits 50 ms for the adapter
   * (drivers/hid/hid-cp2112.c RESPONSE_TIMEOUT), which a loaded host can't always keep. @throws Error of the last try
   */
  ask(script: string): Promise<string>;
  /** The same as run without looking at its exit code. */
  try(script: string): Promise<GuestResult>;
  /** Settles when the kernel prints a line with this; to be called before that can happen. */
  printed(mark: string): Promise<string>;
  /** Loads the driver and plugs the adapter. */
  plug(adapter: Adapter & { readonly host: UsbHostDevice }, how?: PlugVariation): Promise<PluggedUsbAdapter>;
  plug(adapter: Adapter & { readonly host: HostDevice }, how?: PlugVariation): Promise<PluggedAdapter>;
}

/**
 * Clones. The guest lives until `cleanup` is disposed of.
 * @param directory where the console and the bus are recorded
 * @param sharedMemory for adapters that are processes with a view of the guest's memory
 */
export async function usbGuest(
  environment: CaseEnvironment,
  cleanup: CleanupStack,
  directory: string,
  sharedMemory = false,
): Promise<UsbGuest> {
  const { template, timeLimits: limits } = environment;
  if (template === undefined) throw new Error('no template');
  const machine = cleanup.use(
    'machine',
    await cloneMachine(template, `${directory}/console.log`, { name: 'adapter', limits, sharedMemory }),
  );
  const shell = cleanup.use('agent', new AgentShell(machine.agent));
  const attempt = (script: string): Promise<GuestResult> => runInGuest(shell, script, limits.commandMs);
  const run = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await attempt(script);
    if (code !== 0) throw new Error(`'${script}' ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };
  const ask = async (script: string): Promise<string> => {
    for (let left = ATTEMPTS; ; left--) {
      try {
        return await run(script);
      } catch (error) {
        if (left <= 1) throw error;
      }
    }
  };
  const plug = async (
    adapter: Adapter & { readonly host: HostDevice },
    how?: PlugVariation,
  ): Promise<PluggedAdapter> => {
    await run(`set -e\n${adapter.load ?? ''}`);
    return plugHost(adapter, { machine, shell, directory, cleanup, signal: undefined }, how);
  };
  return {
    machine,
    shell,
    run,
    ask,
    try: attempt,
    printed: (mark) =>
      new Promise((resolve) => {
        const stop = machine.console.onLine((line) => {
          if (!line.includes(mark)) return;
          stop();
          resolve(line);
        });
      }),
    plug: plug as UsbGuest['plug'],
  };
}
