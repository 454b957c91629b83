/** Which job begins first. Pure. */
import { type CaseDurations, durationKey } from '../results/index.ts';
import { type JobOutline, runsAlone } from './job.ts';

/** About what a case takes that is over soon, cloned from a template. */
const SHORT_MS = 3000;

/**
 * How long a job will take: as long as last time; a hang that the suite expects and that has no last time, as long as
 * both bounds; else as long as others do.
 */
export function expectedMs(
  { environment, case: { name }, expectation }: JobOutline,
  durations: CaseDurations,
  othersMs: number = medianMs(durations),
): number {
  const known = durations.get(durationKey(environment.variant, name));
  if (known !== undefined) return known;
  const { removalMs, userMs } = environment.limits;
  return expectation?.verdict === 'hang' ? removalMs + userMs : othersMs;
}

/**
 * The jobs' places in the order in which they begin. The longest first: one that begins last would be waited for alone.
 * Those that run alone come last, in their own order, because nothing is gained by another.
 */
export function startOrder(jobs: readonly JobOutline[], durations: CaseDurations): readonly number[] {
  const othersMs = medianMs(durations);
  const outlook = jobs.map((job, place) => ({
    place,
    alone: runsAlone(job),
    ms: expectedMs(job, durations, othersMs),
  }));
  return [
    ...outlook.filter(({ alone }) => !alone).sort((a, b) => b.ms - a.ms),
    ...outlook.filter(({ alone }) => alone),
  ].map(({ place }) => place);
}

function medianMs(durations: CaseDurations): number {
  const sorted = [...durations.values()].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? SHORT_MS;
}
