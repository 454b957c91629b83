/** Makes a guest ready for a case in one round trip: clocks, random numbers, the adapter, a first look at its health. */
import { randomBytes } from 'node:crypto';
import { type PlugFacts, parsePlugFacts, type SoftwareAdapter } from '../adapter/index.ts';
import { GuestError, within } from '../base/index.ts';
import { type GuestShell, guestPaths } from '../guest/index.ts';
import { limitName, type TimeLimits } from '../machine/index.ts';
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

/** What a guest that is ready for its case said. */
export interface SetUp {
  /** Null when no adapter was to be plugged. */
  readonly facts: PlugFacts | null;
  readonly health: HealthSample;
}

/** The command line of the prepare program: what differs between clones of one template. */
export function prepareCommand(
  { hungTaskSecs, reseed }: Pick<CaseEnvironment, 'hungTaskSecs' | 'reseed'>,
  wallClockMs: number,
  seed: Uint8Array = randomBytes(SEED_BYTES),
): string {
  return [
    `${guestPaths.programs}/prepare`,
    `--wall-clock-ns ${wallClockMs}000000`,
    ...(reseed ? [`--seed ${Buffer.from(seed).toString('hex')}`] : []),
    `--hung-task-secs ${hungTaskSecs} --hung-task-check-secs ${HUNG_TASK_CHECK_SECS}`,
  ].join(' ');
}

/** The script; `set -e` ends it at the first step that fails, with what that said. */
export function setUpScript(prepare: string, adapter: SoftwareAdapter | undefined): string {
  return [
    'set -e',
    prepare,
    ...(adapter === undefined ? [] : [`echo ${PLUG_MARK}`, adapter.plug]),
    `echo ${HEALTH_MARK}`,
    `exec ${guestPaths.programs}/health`,
  ].join('\n');
}

/**
 * Prepares the guest, plugs the adapter if there is one, and asks for the guest's health.
 * @throws GuestError naming the step that failed; what the signal was aborted with
 */
export async function setUpGuest(
  environment: CaseEnvironment,
  adapter: SoftwareAdapter | undefined,
  shell: GuestShell,
  log: EventLog,
  limits: TimeLimits,
  signal: AbortSignal | undefined,
): Promise<SetUp> {
  const process = await shell.start(setUpScript(prepareCommand(environment, Date.now()), adapter));
  const from = log.events.length;
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
    facts: adapter === undefined ? null : parsePlugFacts(adapter.name, plugLines.join('\n')),
    health: healthOf(log.events.slice(from), process),
  };
}
