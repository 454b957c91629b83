/** What else goes on while a device is taken away. */
import { startStorm } from '../adapter/index.ts';
import { InfraError } from '../base/index.ts';
import { IDLE_MOMENT, type RemovalCase } from '../suite/index.ts';
import type { Emulated } from './plug-host.ts';

/** Far more than a driver that polls its lines can see. */
const STORM_EDGES_PER_SECOND = 1000;
/** The line that holds request. */
const STORM_LINES = [0] as const;

/** Begins what goes on; disposing it ends it. @throws InfraError for a moment that the adapter does not have */
export function startMoment(
  { moment, adapter, misbehaviour }: RemovalCase,
  plugged: Emulated | undefined,
): Disposable {
  if (misbehaviour !== undefined) {
    if (plugged === undefined) throw new InfraError(`${adapter} can't be told to misbehave`);
    plugged.script.arm(misbehaviour);
    return { [Symbol.dispose]: () => plugged.script.arm([]) };
  }
  if (moment === undefined || moment === IDLE_MOMENT) return { [Symbol.dispose]: () => undefined };
  const lines = plugged?.device.lines;
  if (moment !== 'storm' || lines === undefined) throw new InfraError(`${adapter} has no moment '${moment}'`);
  return startStorm(lines, STORM_LINES, STORM_EDGES_PER_SECOND);
}
