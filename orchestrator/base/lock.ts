/** Locks between processes: flock(1) held by a child, so that the kernel lets go even after SIGKILL. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { within } from './clock.ts';
import { abortCause, InfraError } from './errors.ts';
import { startProcess } from './process.ts';

/** A held lock; disposing it lets go. */
export interface HeldLock extends AsyncDisposable {
  readonly path: string;
}

const SAY_WAITING_AFTER_MS = 500;

/** `shared`: any number of holders, but none beside an exclusive one (flock(1)). */
export type LockMode = 'exclusive' | 'shared';

/**
 * Takes the lock `name` in `directory`, waiting as long as other processes are in the way.
 * @param onWait called once when the lock is not free at once
 * @throws what `signal` was aborted with; InfraError when the lock file can't be used
 */
export async function acquireLock(
  directory: string,
  name: string,
  signal?: AbortSignal,
  onWait?: () => void,
  mode: LockMode = 'exclusive',
): Promise<HeldLock> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.lock`);
  // The program under flock inherits the locked descriptor; `cat` ends when we close its input, or when we die.
  const child = startProcess({
    argv: ['flock', `--${mode}`, path, 'sh', '-c', 'echo locked; exec cat'],
    stdin: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const locked = new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    void child.exited.then(() => resolve(false));
  });
  if ((await within(locked, SAY_WAITING_AFTER_MS, signal)) === undefined && !signal?.aborted) onWait?.();
  if (!(await locked)) {
    if (signal?.aborted) throw abortCause(signal);
    throw new InfraError(`can't lock ${path}`, {
      hint: 'is flock (package util-linux) there and the folder writable?',
    });
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await child.stop();
    },
  };
}
