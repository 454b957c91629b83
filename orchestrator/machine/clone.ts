/** Clones of a template: a booted guest of its own for every case. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CleanupStack, makeTemporaryDirectory, runCommand } from '../base/index.ts';
import type { TimeLimits } from './limits.ts';
import { migrateState } from './migration.ts';
import { type RunningMachine, runningMachine } from './running.ts';
import type { MachineMemory } from './spec.ts';
import { startQemu } from './start.ts';
import type { Template } from './template.ts';

/** The first descriptor that QEMU inherits. */
const INHERITED_STATE = 'fd:4';

/** How to clone. */
export interface CloneOptions {
  /** For messages: which case it is for. */
  readonly name: string;
  readonly limits: TimeLimits;
  /** As in a machine's specification; the template's when absent. */
  readonly sharedMemory?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts QEMU on a private copy of the template's memory, and lets the guest go on from where it was frozen. The
 * guest's clocks stood still meanwhile, its random numbers are those of every other clone until it is reseeded.
 * @param consolePath where the console is recorded; it begins with what the template printed
 * @throws BootError, InfraError; what the signal was aborted with
 */
export async function cloneMachine(
  template: Template,
  consolePath: string,
  { name, limits, sharedMemory = template.spec.sharedMemory ?? false, signal }: CloneOptions,
): Promise<RunningMachine> {
  await using cleanup = new CleanupStack();
  // Opened for each clone: descriptors that share an open file share its position.
  await using state = await open(template.state, 'r');
  const memory = await memoryFor(template, sharedMemory, cleanup, signal);
  const { qemu } = await startQemu(
    {
      spec: { ...template.spec, name },
      memory,
      beginning: 'state',
      consolePath,
      consoleBefore: template.console,
      inherit: [state.fd],
      limits,
      signal,
    },
    () => undefined,
  );
  cleanup.use('machine', qemu);
  await migrateState(qemu, 'migrate-incoming', INHERITED_STATE, signal);
  qemu.ssh.unshift(template.greeting);
  const owned = cleanup.move();
  return {
    ...runningMachine(qemu, 'clone'),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** A private mapping of the template's memory, or a copy of the file where somebody else has to see what is written. */
async function memoryFor(
  { memory }: Template,
  sharedMemory: boolean,
  cleanup: CleanupStack,
  signal: AbortSignal | undefined,
): Promise<MachineMemory> {
  if (!sharedMemory) return { kind: 'private', file: memory };
  const { path } = cleanup.use('memory folder', await makeTemporaryDirectory('memory'));
  const file = join(path, 'memory');
  await runCommand({
    argv: ['cp', '--sparse=always', '--reflink=auto', '--', memory, file],
    ...(signal === undefined ? {} : { signal }),
  });
  return { kind: 'shared', file };
}
