/**
 * Time. Durations come from the monotonic clock; wall time is only for records.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { abortCause } from './errors.ts';

/** Monotonic time in milliseconds, with fractions. Only differences mean anything. */
export function monotonicMs(): number {
  return performance.now();
}

/** Wall-clock time for records, ISO 8601 in UTC. */
export function wallTime(): string {
  return new Date().toISOString();
}

/**
 * Waits.
 * @throws what the signal was aborted with
 */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted) throw abortCause(signal);
    throw error;
  }
}

/**
 * Settles with `promise`, or with `undefined` when `ms` passed or the signal fired first. The promise itself goes on.
 */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const timer = new AbortController();
  const stop = signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]);
  try {
    return await Promise.race([promise, sleep(ms, undefined, { signal: stop }).catch(() => undefined)]);
  } finally {
    timer.abort();
  }
}

/** `75 s` → `1 min 15 s`; below a second in ms, below ten seconds with one decimal. */
export function formatDurationMs(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
