/** The device comes back while the files of the one that went are still held: rebind and replug. */
import {
  type Adapter,
  type ComeBack,
  type PlugFacts,
  parsePlugFacts,
  type RemovalName,
  wayBack,
} from '../adapter/index.ts';
import { GuestError, InfraError, within } from '../base/index.ts';
import { runInGuest } from '../guest/index.ts';
import type { RemovalCase } from '../suite/index.ts';
import { startProgram } from './guest-program.ts';
import { plugHost } from './plug-host.ts';
import type { StepContext } from './steps.ts';

/** Traces of the second plug. */
const TRACE = 'again-';
/** As for a hold: the program gives up a call before the host gives up the program. */
const CALL_SHARE = 0.4;

/** Whether a case's aftermath brings the device back, and how. */
export function comeBackOf({ aftermath }: Pick<RemovalCase, 'aftermath'>): ComeBack | undefined {
  return aftermath === 'rebind' || aftermath === 'replug' ? aftermath : undefined;
}

/**
 * Brings the device back, and opens, uses and closes the new one. That it does not come back is noted, and the verdict's
 * business.
 * @throws InfraError of QEMU; what the signal was aborted with
 */
export async function bringBack(
  comeBack: ComeBack,
  testCase: RemovalCase,
  context: Pick<StepContext, 'machine' | 'shell' | 'log' | 'directory' | 'cleanup' | 'signal'>,
  { adapter, facts }: { readonly adapter: Adapter; readonly facts: PlugFacts },
): Promise<void> {
  const { machine, shell, log, signal } = context;
  const way = wayBack(adapter, comeBack, testCase.removal as RemovalName, facts);
  if (way === undefined) throw new InfraError(`${adapter.name} has no ${comeBack} after ${testCase.removal}`);
  let device: string;
  try {
    if (way.by === 'host') {
      const { host } = adapter;
      if (host === undefined) throw new InfraError(`${adapter.name} is not plugged by the host`);
      device = (await plugHost({ ...adapter, host }, context, { trace: TRACE })).facts.device;
    } else {
      const said = await runInGuest(shell, `set -e\n${way.script}`, machine.limits.plugMs, signal);
      if (said.code !== 0) {
        log.noteCameBack(null, `${said.stdout}${said.stderr}`.trim());
        return;
      }
      device = parsePlugFacts(adapter.name, said.stdout).device;
    }
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    log.noteCameBack(null, [error.message, error.detail ?? ''].join('\n').trim());
    return;
  }
  log.noteCameBack(device, null);
  const { commandMs, heldMs, quitMs } = machine.limits;
  const program = await startProgram(shell, log, 'second', 'hold-idle', [
    ...['--class', testCase.deviceClass, '--dev', device],
    ...['--command-timeout-ms', Math.round(commandMs * CALL_SHARE)],
  ]);
  // It is done with the commands when it ends; one that hangs leaves a call that did not return.
  for (const command of ['close', 'quit']) program.send(command);
  await within(program.exited, heldMs + commandMs + quitMs, signal);
  signal?.throwIfAborted();
}
