/** Makes a guest ready for a case in one round trip: clocks, random numbers, the adapter, a first look at its health. */
import { randomBytes } from 'node:crypto';
import { type Adapter, type PlugFacts, parsePlugFacts } from '../adapter/index.ts';
import { GuestError, within } from '../base/index.ts';
import { type GuestShell, guestPaths } from '../guest/index.ts';
import { limitName, type RunningMachine } from '../machine/index.ts';
import type { HealthSample } from '../verdict/index.ts';
import type { CaseEnvironment } from './environment.ts';
import type { EventLog } from './event-log.ts';
import { healthOf } from './guest-program.ts';

/** khungtaskd's interval: often enough to report before the bound; every second slows the guest. */
const HUNG_TASK_CHECK_SECS = 3;
const SEED_BYTES = 32;
/** Lines of the script that tell whose output follows. */
const PLUG_MARK = 'unplug-plug';
const HEALTH_MARK = 'unplug-health';

/** Asked of a template before it is frozen, and of a machine that was booted. */
export const HEALTH_COMMAND = `${guestPaths.programs}/health`;

/** What a guest that is ready for its case said. */
export interface SetUp {
  /** Null when no adapter was to be plugged, or when the host has yet to do it. */
  readonly facts: PlugFacts | null;
  readonly health: HealthSample;
}

/** The prepare program with its arguments: what differs between clones of one template. */
export function prepareCommand(
  { hungTaskSecs, reseed }: Pick<CaseEnvironment, 'hungTaskSecs' | 'reseed'>,
  wallClockMs: number,
  seed: Uint8Array = randomBytes(SEED_BYTES),
): readonly [string, ...string[]] {
  return [
    `${guestPaths.programs}/prepare`,
    ...['--wall-clock-ns', `${wallClockMs}000000`],
    ...(reseed ? ['--seed', Buffer.from(seed).toString('hex')] : []),
    ...['--hung-task-secs', String(hungTaskSecs), '--hung-task-check-secs', String(HUNG_TASK_CHECK_SECS)],
  ];
}

/** What the prepare program becomes; `set -e` ends the script at the first step that fails, with what that said. */
export function setUpScript(adapter: Adapter | undefined, askHealth: boolean): readonly string[] {
  // What the host plugs is there only later: until then its driver is made ready.
  const plug = adapter?.host === undefined ? adapter?.plug : adapter.load;
  const steps = [
    ...(plug === undefined ? [] : [`echo ${PLUG_MARK}`, plug]),
    ...(askHealth ? [`echo ${HEALTH_MARK}`, HEALTH_COMMAND] : []),
  ];
  return steps.length === 0 ? [] : ['/bin/sh', '-c', ['set -e', ...steps].join('\n')];
}

/**
 * Prepares the guest, plugs the adapter if there is one that needs no host, and asks for the guest's health. A clone's
 * is that of its template: all begin in the same state.
 * @throws GuestError naming the step that failed; what the signal was aborted with
 */
export async function setUpGuest(
  environment: CaseEnvironment,
  adapter: Adapter | undefined,
  machine: RunningMachine,
  shell: GuestShell,
  log: EventLog,
  signal: AbortSignal | undefined,
): Promise<SetUp> {
  const { limits, origin } = machine;
  const known = origin === 'clone' ? environment.template?.firstLook : undefined;
  for (const line of known?.split('\n') ?? []) if (line !== '') log.take(line, 'health');
  const process = await shell.start([
    ...prepareCommand(environment, Date.now()),
    ...setUpScript(adapter, known === undefined),
  ]);
  const plugLines: string[] = [];
  let step: 'prepare' | 'plug' | 'health' = 'prepare';
  process.onLine((line) => {
    if (line === PLUG_MARK) step = 'plug';
    else if (line === HEALTH_MARK) step = 'health';
    else if (step === 'plug') plugLines.push(line);
    else log.take(line, step);
  });
  const ended = await within(
    process.exited.then((code) => ({ code })),
    limits.plugMs,
    signal,
  );
  signal?.throwIfAborted();
  if (ended?.code !== 0) {
    const how =
      ended === undefined
        ? `did not end (${limitName(limits, 'plugMs')})`
        : ended.code === undefined
          ? 'lost its connection'
          : `ended with ${ended.code}`;
    const what = { prepare: 'preparing the guest', plug: `plugging ${adapter?.name}`, health: 'health' }[
      step
    ];
    throw new GuestError(`${what} ${how}`, { detail: `${plugLines.join('\n')}\n${process.stderr()}`.trim() });
  }
  return {
    facts:
      adapter === undefined || adapter.host !== undefined
        ? null
        : parsePlugFacts(adapter.name, plugLines.join('\n')),
    health: healthOf(log.events, process.stderr()),
  };
}
