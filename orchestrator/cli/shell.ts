/** `unplug shell`: a prompt in a clone of a variant's booted kernel. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Adapter, adapters, parsePlugFacts } from '../adapter/index.ts';
import {
  acquireLock,
  BootError,
  CleanupStack,
  cachePaths,
  GuestError,
  makeTemporaryDirectory,
  removeStaleTemporaries,
  streamProgress,
  suggestNames,
  UsageError,
} from '../base/index.ts';
import { emulated, plugHost } from '../case/index.ts';
import { prepareVariant } from '../farm/index.ts';
import { AgentShell, deviceTools, type GuestShell, runInGuest, SshShell } from '../guest/index.ts';
import { type Accelerator, chooseAccelerator, cloneMachine, type RunningMachine } from '../machine/index.ts';
import type { RemovalCase } from '../suite/index.ts';
import { CACHE_LOCK } from './cache.ts';
import { chosenVariants, type VariantOptions } from './chosen-variants.ts';
import { type AdapterHand, commandHelp, removalHelp, serveCommands } from './shell-adapter.ts';

/** Options of the command, as commander gives them. */
export interface ShellOptions extends VariantOptions {
  readonly adapter?: string;
  readonly console?: boolean;
  /** Folder for a record of the bus of an emulated adapter. */
  readonly trace?: string;
  readonly accel?: Accelerator;
}

const DEFAULT_VARIANT = 'baseline';
/** A case of a suite has its own; here nothing is judged. */
const LIMITS = { removalMs: 10_000, userMs: 4000 } as const;

/**
 * Clones a machine, plugs an adapter if one is named, and hands the terminal over; without a terminal, standard input
 * is a script for the guest's shell.
 * @returns the shell's exit code
 * @throws UsageError for an unknown adapter or several variants; BuildError, BootError, GuestError, InfraError,
 * Interrupted
 */
export async function shell(options: ShellOptions, signal: AbortSignal): Promise<number> {
  const progress = streamProgress(process.stderr);
  const adapter = options.adapter === undefined ? undefined : adapterNamed(options.adapter);
  const { variants } = await chosenVariants([DEFAULT_VARIANT], options, progress, signal);
  const [variant] = variants;
  if (variant === undefined || variants.length > 1) {
    throw new UsageError(`a shell is in one kernel, not in ${variants.length}`, {
      hint: `pick one with --variant: ${variants.map(({ name }) => name).join(', ')}`,
    });
  }
  const cache = cachePaths();
  await using cleanup = new CleanupStack();
  cleanup.use('lock on the cache', await acquireLock(cache.locks, CACHE_LOCK, signal, undefined, 'shared'));
  await removeStaleTemporaries();
  const environment = await prepareVariant(variant, {
    suite: 'shell',
    limits: LIMITS,
    cases: adapter === undefined ? [] : [anyCase(adapter)],
    ...(adapter === undefined ? {} : { tools: deviceTools }),
    accelerator: await chooseAccelerator(cache, signal, options.accel),
    clone: true,
    reseed: true,
    cache,
    located: new Map(),
    progress,
    signal,
    cleanup,
    onSpent: () => undefined,
  });
  if (environment.template === undefined)
    throw new BootError('no-ready', `${variant.name} does not boot, see above`);
  const { path: directory } = cleanup.use('console folder', await makeTemporaryDirectory('shell'));
  const machine = cleanup.use(
    'machine',
    await cloneMachine(environment.template, join(directory, 'console.log'), {
      name: `shell-${variant.name}`,
      sharedMemory: adapter?.host?.sharedMemory === true,
      limits: environment.timeLimits,
      signal,
    }),
  );
  progress.clear();
  if (options.console)
    machine.console.onLine(
      (line) => void process.stderr.write(`${line}${process.stdin.isRaw ? '\r' : ''}\n`),
    );
  if (adapter !== undefined) {
    const agent = cleanup.use('agent', new AgentShell(machine.agent));
    const traces = resolve(options.trace ?? directory);
    await mkdir(traces, { recursive: true });
    await plug(machine, agent, adapter, traces, cleanup, signal);
  }
  const guest = cleanup.use(
    'SSH',
    await SshShell.connect(machine.ssh, environment.keys, machine.limits.sshMs, machine.ended, signal),
  );
  // Awaited here: the guest is there until this function ends.
  return await (process.stdin.isTTY ? terminal(guest, signal) : script(guest, process.stdin));
}

function adapterNamed(name: string): Adapter {
  const adapter = adapters.find((one) => one.name === name);
  if (adapter === undefined) {
    throw new UsageError(`no adapter '${name}'`, {
      hint: suggestNames(
        name,
        adapters.map((one) => one.name),
      ),
    });
  }
  return adapter;
}

/** A machine is prepared for cases; this one has what the adapter needs. */
function anyCase({ name, deviceClass }: Adapter): RemovalCase {
  return { kind: 'removal', name: 'shell', adapter: name, deviceClass, hold: '', removal: '' };
}

async function plug(
  machine: RunningMachine,
  agent: GuestShell,
  adapter: Adapter,
  directory: string,
  cleanup: CleanupStack,
  signal: AbortSignal,
): Promise<void> {
  const first = `set -e\n${adapter.host === undefined ? adapter.plug : (adapter.load ?? '')}`;
  const prepared = await runInGuest(agent, first, machine.limits.plugMs, signal);
  if (prepared.code !== 0) {
    const detail = `${prepared.stdout}${prepared.stderr}`;
    throw new GuestError(`plugging ${adapter.name} failed`, { detail });
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { host } = adapter;
  if (host === undefined) {
    const facts = parsePlugFacts(adapter.name, prepared.stdout);
    say(`${adapter.name} is plugged: ${facts.device}`);
    for (const line of removalHelp(adapter, facts)) say(`  ${line}`);
    return;
  }
  let plugged: Awaited<ReturnType<typeof plugHost>> | undefined;
  const context = { machine, shell: agent, directory, cleanup, signal };
  const hand: AdapterHand = {
    plug: async () => {
      await plugged?.device[Symbol.asyncDispose]();
      plugged = await plugHost({ ...adapter, host }, context);
      return plugged;
    },
    get plugged() {
      return plugged && emulated(plugged);
    },
    unplug: async (how) => plugged?.device.remove(how, signal),
  };
  const { facts } = await hand.plug();
  await serveCommands(machine, agent, hand, signal);
  say(`${adapter.name} is plugged: ${facts.device}`);
  for (const line of removalHelp(adapter, facts)) say(`  ${line}`);
  say('at the prompt:');
  for (const line of commandHelp()) say(`  ${line}`);
}

async function terminal(guest: SshShell, signal: AbortSignal): Promise<number> {
  const { stdin, stdout } = process;
  const size = (): { columns: number; rows: number } => ({
    columns: stdout.columns ?? 80,
    rows: stdout.rows ?? 24,
  });
  const channel = await guest.terminal({ ...size(), type: process.env['TERM'] ?? 'dumb' });
  const onResize = (): void => channel.setWindow(size().rows, size().columns, 0, 0);
  const onAbort = (): void => void channel.end();
  stdin.setRawMode(true);
  stdout.on('resize', onResize);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    stdin.pipe(channel);
    channel.pipe(stdout, { end: false });
    return await new Promise<number>((resolve) => {
      let code = 255;
      channel.on('exit', (status: number | null) => {
        code = status ?? 255;
      });
      channel.on('close', () => resolve(code));
    });
  } finally {
    stdin.setRawMode(false);
    stdin.unpipe(channel);
    stdin.pause();
    stdout.off('resize', onResize);
    signal.removeEventListener('abort', onAbort);
  }
}

async function script(guest: SshShell, input: Readable): Promise<number> {
  let text = '';
  for await (const chunk of input) text += String(chunk);
  const process_ = await guest.start(text);
  process_.onLine((line) => void process.stdout.write(`${line}\n`));
  const code = await process_.exited;
  process.stderr.write(process_.stderr());
  return code ?? 255;
}
