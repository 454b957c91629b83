/** `unplug shell`: a prompt in a clone of a variant's booted kernel. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Adapter, adapters, describeRemoval, parsePlugFacts } from '../adapter/index.ts';
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
import { prepareVariant } from '../farm/index.ts';
import { AgentShell, runInGuest, SshShell } from '../guest/index.ts';
import { type Accelerator, chooseAccelerator, cloneMachine, type RunningMachine } from '../machine/index.ts';
import { CACHE_LOCK } from './cache.ts';
import { chosenVariants, type VariantOptions } from './chosen-variants.ts';

/** Options of the command, as commander gives them. */
export interface ShellOptions extends VariantOptions {
  readonly adapter?: string;
  readonly console?: boolean;
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
    cases: [],
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
      limits: environment.timeLimits,
      signal,
    }),
  );
  progress.clear();
  if (options.console)
    machine.console.onLine(
      (line) => void process.stderr.write(`${line}${process.stdin.isRaw ? '\r' : ''}\n`),
    );
  if (adapter !== undefined) await plug(machine, adapter, signal);
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

async function plug(machine: RunningMachine, adapter: Adapter, signal: AbortSignal): Promise<void> {
  const agent = new AgentShell(machine.agent);
  const plugged = await runInGuest(agent, `set -e\n${adapter.plug}`, machine.limits.plugMs, signal);
  if (plugged.code !== 0) {
    throw new GuestError(`plugging ${adapter.name} failed`, { detail: `${plugged.stdout}${plugged.stderr}` });
  }
  const facts = parsePlugFacts(adapter.name, plugged.stdout);
  process.stderr.write(`${adapter.name} is plugged: ${facts.device}\n`);
  for (const [removal, actionFor] of Object.entries(adapter.removals))
    process.stderr.write(`  ${removal}: ${describeRemoval(actionFor(facts))}\n`);
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
