/** Writing a machine's state to a file, and reading it from one: QEMU's migration without the memory. */
import { InfraError, messageOf, within } from '../base/index.ts';
import type { QmpClient } from './qmp.ts';
import type { RunningQemu } from './start.ts';

/**
 * Memory that lies in a file is not part of the state (migration/ram.c ramblock_is_ignored()); `events` tells when it
 * is done.
 */
const CAPABILITIES = [
  { capability: 'x-ignore-shared', state: true },
  { capability: 'events', state: true },
];

/**
 * Writes the state to a socket (`migrate`), after which the guest stands still, or reads it from an inherited descriptor
 * (`migrate-incoming`), after which it runs.
 * @param uri `unix:PATH` or `fd:NUMBER`; a number names an inherited descriptor only for the latter
 * (QEMU migration/fd.c: monitor_get_fd() and monitor_fd_param())
 * @throws InfraError when QEMU refuses, ends or does not finish within the limit; what the signal was aborted with
 */
export async function migrateState(
  qemu: Pick<RunningQemu, 'qmp' | 'exited' | 'stderr' | 'limits'>,
  command: 'migrate' | 'migrate-incoming',
  uri: string,
  signal?: AbortSignal,
): Promise<void> {
  const { qmp, exited, limits } = qemu;
  const done = settled(qmp);
  try {
    await qmp.execute('migrate-set-capabilities', { capabilities: CAPABILITIES });
    await qmp.execute(command, { uri });
    const status = await within(
      Promise.race([done.status, exited.then(() => 'QEMU ended')]),
      limits.migrateMs,
      signal,
    );
    signal?.throwIfAborted();
    if (status === 'completed') return;
    const how = status ?? `not finished within ${limits.migrateMs / 1000} s (migrateMs)`;
    throw new InfraError(`${command}: ${how}`, { detail: qemu.stderr().trim() });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InfraError && qemu.stderr().trim() !== '' && error.detail !== qemu.stderr().trim())
      throw new InfraError(messageOf(error), { cause: error, detail: qemu.stderr().trim() });
    throw error;
  } finally {
    done.stop();
  }
}

/** The end of a migration, as QEMU's MIGRATION events tell it (qapi/migration.json). */
function settled(qmp: QmpClient): { readonly status: Promise<string>; readonly stop: () => void } {
  let stop: () => void = () => undefined;
  const status = new Promise<string>((resolve) => {
    stop = qmp.onEvent(({ event, data }) => {
      if (event === 'MIGRATION' && (data['status'] === 'completed' || data['status'] === 'failed'))
        resolve(String(data['status']));
    });
  });
  return { status, stop };
}
