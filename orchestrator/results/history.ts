/** How long cases took in earlier runs: what a new run is ordered by. */
import { join } from 'node:path';
import { listRuns, readRun } from './reader.ts';
import type { RunCase } from './run.ts';

/** Durations in milliseconds by {@link durationKey}. */
export type CaseDurations = ReadonlyMap<string, number>;

/** Enough to have seen most cases once, and read in a moment. */
const NEWEST_RUNS = 20;

/** What a case's duration is kept under. */
export function durationKey(variant: string, name: string): string {
  return `${variant}\0${name}`;
}

/**
 * The newest duration of every case on every variant that the newest runs finished; also of runs that were
 * interrupted. What can't be read (damaged, of another version, no run at all) is left out: it is never an error, since
 * all that depends on it is an order.
 * @param results the folder of all runs
 * @param newest how many run.json are read at most
 */
export async function readDurations(results: string, newest = NEWEST_RUNS): Promise<CaseDurations> {
  const durations = new Map<string, number>();
  const names = await listRuns(results).catch((): readonly string[] => []);
  for (const name of names.slice(-newest).reverse()) {
    const run = await readRun(join(results, name)).catch(() => undefined);
    for (const one of run?.cases ?? []) {
      const key = durationKey(one.variant, one.name);
      const ms = finishedMs(one);
      if (ms !== undefined && !durations.has(key)) durations.set(key, ms);
    }
  }
  return durations;
}

/** An error says nothing of the case, and it may have come early or after a long wait. */
function finishedMs({ verdict, durationMs }: RunCase): number | undefined {
  return verdict === null || verdict === 'error' || durationMs === null ? undefined : durationMs;
}
