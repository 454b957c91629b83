/** Clones of a template: a booted guest of its own for every case. */
import { open } from 'node:fs/promises';
import { CleanupStack } from '../base/index.ts';
import type { TimeLimits } from './limits.ts';
import { migrateState } from './migration.ts';
import { type RunningMachine, runningMachine } from './running.ts';
import { startQemu } from './start.ts';
import type { Template } from './template.ts';

/** The first descriptor that QEMU inherits. */
const INHERITED_STATE = 'fd:4';

/** How to clone. */
export interface CloneOptions {
  /** For messages: which case it is for. */
  readonly name: string;
  readonly limits: TimeLimits;
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
  { name, limits, signal }: CloneOptions,
): Promise<RunningMachine> {
  await using cleanup = new CleanupStack();
  // Opened for each clone: descriptors that share an open file share its position.
  const state = await open(template.state, 'r');
  cleanup.defer('state', () => state.close());
  const { qemu } = await startQemu(
    {
      spec: { ...template.spec, name },
      memory: { kind: 'private', file: template.memory },
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
