/**
 * Templates: a machine that has booted, frozen into a file with its memory and one with its state. Clones of it run
 * within a fraction of the time of a boot, and each begins in exactly the same state.
 */
import { createWriteStream } from 'node:fs';
import { chmod, readFile, utimes, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  acquireLock,
  BootError,
  type CachePaths,
  CleanupStack,
  hashParts,
  InfraError,
  makeTemporaryDirectory,
  type Progress,
  publishMade,
  requireFreeSpace,
  runCommand,
  verify,
  within,
} from '../base/index.ts';
import { bootMachine } from './boot.ts';
import { waitUntilIdle } from './idle.ts';
import type { TimeLimits } from './limits.ts';
import { listenForOne } from './listener.ts';
import { migrateState } from './migration.ts';
import type { RunningMachine } from './running.ts';
import { type MachineSpec, qemuArguments } from './spec.ts';

/** Raised when templates of before can't be used any more. */
const FORMAT = 1;
const FILES = { memory: 'memory', state: 'state', console: 'console.log' } as const;
/** What the state and what is beside the memory take. */
const BESIDE_MEMORY_MIB = 64;

/** A frozen machine, ready to be cloned. */
export interface Template {
  readonly directory: string;
  readonly spec: MachineSpec;
  /** File with the guest's memory. */
  readonly memory: string;
  /** File with the state of its devices. */
  readonly state: string;
  /** All that it printed before it was frozen. */
  readonly console: Uint8Array;
  /** What the SSH server had said when it was frozen: it does not say it again in a clone. */
  readonly greeting: Uint8Array;
  /** What the first look printed in the guest, just before it was frozen: so it is in every clone. */
  readonly firstLook: string;
  /** From QEMU's start to the guest's ready mark, when the template was made. */
  readonly bootMs: number;
  /** Whether it was made just now. */
  readonly made: boolean;
}

/** What a template is made of, beyond what its name is made from. */
export interface TemplateParts {
  /** Initramfs archive, with the keys in it. */
  readonly initramfs: string;
  /** Further files that are kept with the template, by name: its keys. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

/** Which template is wanted, and how it is made when it is not there. */
export interface TemplateRequest {
  /** Without `initramfs`, which comes from `parts`. */
  readonly spec: MachineSpec;
  /** Everything that makes the guest what it is: kernel key, content of the image. */
  readonly content: readonly string[];
  readonly parts: () => Promise<TemplateParts>;
  /** Command line whose output is kept: what would be the same in every clone need not be asked in each. */
  readonly firstLook: string;
  readonly cache: CachePaths;
  readonly limits: TimeLimits;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

interface TemplateData {
  readonly format: typeof FORMAT;
  /** For people: `cache ls` shows it. */
  readonly description: string;
  readonly greeting: string;
  readonly firstLook: string;
  readonly bootMs: number;
}

/**
 * The name of a template: it changes with everything that is in the frozen machine, with QEMU's version, which must be
 * that of the clones, and on KVM with the processor, which the guest has seen.
 */
export async function templateKey(
  { spec, content, firstLook }: Pick<TemplateRequest, 'spec' | 'content' | 'firstLook'>,
  signal?: AbortSignal,
): Promise<string> {
  const abort = signal === undefined ? {} : { signal };
  const version = await runCommand({ argv: ['qemu-system-x86_64', '--version'], ...abort });
  const sockets = { console: 'console', qmp: 'qmp', agent: 'agent', ssh: 'ssh', control: 'control' };
  const named = { ...spec, name: 'template', bzImage: 'bzImage', initramfs: 'initramfs' };
  const args = qemuArguments(named, { kind: 'shared', file: 'memory' }, sockets);
  const cpu = spec.accelerator === 'kvm' ? processor(await readFile('/proc/cpuinfo', 'utf8')) : '';
  return hashParts([
    `template ${FORMAT}`,
    version.stdout.toString(),
    cpu,
    firstLook,
    ...args,
    ...content,
  ]).slice(0, 24);
}

/**
 * Takes a template from the cache, or boots a machine and freezes it. One that is damaged is made again, and that is
 * said. Two unplugs that want the same one: one makes it, the other waits.
 * @throws BootError when the kernel does not boot; InfraError (disk, QEMU); what the signal was aborted with
 */
export async function ensureTemplate(request: TemplateRequest): Promise<Template> {
  const { cache, progress, signal } = request;
  const key = await templateKey(request, signal);
  const directory = join(cache.templates, key);
  const found = await load(directory, request, true);
  if (found !== undefined) return found;
  await using _lock = await acquireLock(cache.locks, `template-${key}`, signal, () =>
    progress.info(`waiting for another unplug that makes the template of ${request.spec.name}`),
  );
  const meanwhile = await load(directory, request, false);
  if (meanwhile !== undefined) return meanwhile;
  await requireFreeSpace(cache.templates, request.spec.memoryMiB + BESIDE_MEMORY_MIB, 'a template');
  progress.update(`template of ${request.spec.name}: booting`);
  await publishMade<TemplateData>(directory, (temporary) => freeze(temporary, request), signal);
  const made = await load(directory, request, true);
  if (made === undefined) throw new InfraError(`the template in ${directory} was removed while it was made`);
  return { ...made, made: true };
}

async function load(
  directory: string,
  { spec, progress, signal }: TemplateRequest,
  say: boolean,
): Promise<Template | undefined> {
  const checked = await verify<TemplateData>(directory, signal);
  if (checked.state === 'absent') return undefined;
  if (checked.state === 'damaged') {
    if (say) progress.warn(`template of ${spec.name}: ${checked.problem}; it is made again`);
    return undefined;
  }
  // For `cache prune`. Not being able to is no failure.
  const now = new Date();
  await utimes(join(directory, 'manifest.json'), now, now).catch(() => undefined);
  const { greeting, firstLook, bootMs } = checked.manifest;
  return {
    directory,
    spec,
    memory: join(directory, FILES.memory),
    state: join(directory, FILES.state),
    console: await readFile(join(directory, FILES.console)),
    greeting: Buffer.from(greeting, 'base64'),
    firstLook,
    bootMs,
    made: false,
  };
}

/** Boots, waits for rest, and writes the state. The console's log of the boot stays beside it. */
async function freeze(
  directory: string,
  { spec, parts, firstLook, limits, signal }: TemplateRequest,
): Promise<TemplateData> {
  // Keys lie in it, and all that the guest has in memory.
  await chmod(directory, 0o700);
  const { initramfs, files } = await parts();
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content, { mode: 0o600 });
  const memory = join(directory, FILES.memory);
  let data: TemplateData;
  {
    await using machine = await bootMachine({ ...spec, initramfs }, join(directory, FILES.console), {
      limits,
      memory: { kind: 'shared', file: memory },
      signal,
    });
    const bootMs = machine.upMs;
    const greeting = await readGreeting(machine.ssh, limits.sshMs, signal);
    if (greeting === undefined)
      throw new BootError('no-ssh', `${spec.name}: the guest is up, but its SSH server says nothing`);
    const looked = await machine.control.ask(firstLook, limits.commandMs);
    if (looked === undefined)
      throw new BootError('no-ready', `${spec.name}: the guest said that it is ready, but does not answer`);
    if (!(await waitUntilIdle(machine.qmp, limits.idleMs, signal)))
      throw new BootError(
        'no-ready',
        `${spec.name}: the guest said that it is ready, but does not come to rest`,
      );
    await writeState(machine, join(directory, FILES.state), signal);
    await machine.stop();
    data = {
      format: FORMAT,
      description: spec.name,
      greeting: Buffer.from(greeting).toString('base64'),
      firstLook: looked,
      bootMs: Math.round(bootMs),
    };
  }
  // Pages of zeros take no room then, neither on disk nor, in a clone, in memory.
  await runCommand({
    argv: ['fallocate', '--dig-holes', memory],
    ...(signal === undefined ? {} : { signal }),
  });
  return data;
}

/** Takes the state from a socket: QEMU can't be handed an open file for it without a descriptor sent along. */
async function writeState(machine: RunningMachine, path: string, signal?: AbortSignal): Promise<void> {
  await using cleanup = new CleanupStack();
  const { path: directory } = cleanup.use('state folder', await makeTemporaryDirectory('state'));
  const socketPath = join(directory, 'state');
  const listener = cleanup.use('state socket', await listenForOne(socketPath));
  const written = listener
    .accept(machine.limits.migrateMs, signal)
    .then((socket) => socket && pipeline(socket, createWriteStream(path, { mode: 0o600 })));
  await Promise.all([written, migrateState(machine, 'migrate', `unix:${socketPath}`, signal)]);
}

/**
 * What the server says before it hears anything: its version (RFC 4253 §4.2) and the first packet, SSH_MSG_KEXINIT.
 * @returns undefined when that did not come in time
 */
async function readGreeting(
  socket: Socket,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  let received = Buffer.alloc(0);
  const complete = new Promise<Uint8Array>((resolve) => {
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (greetingBytes(received) === received.length) resolve(received);
    });
  });
  socket.resume();
  return within(complete, limitMs, signal);
}

/** How long a greeting is that begins like this; undefined while that can't be told. */
export function greetingBytes(received: Uint8Array): number | undefined {
  const end = received.indexOf(0x0a);
  if (end < 0 || received.length < end + 5) return undefined;
  // An unencrypted packet: its length without the length field itself (RFC 4253 §6).
  return end + 5 + new DataView(received.buffer, received.byteOffset).getUint32(end + 1);
}

/** What a guest on KVM sees of its processor. */
function processor(cpuinfo: string): string {
  return ['model name', 'microcode', 'flags']
    .map((name) => new RegExp(`^${name}\\s*:.*$`, 'm').exec(cpuinfo)?.[0] ?? '')
    .join('\n');
}
