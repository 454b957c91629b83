/** A duration that was measured, or a wait that unplug itself ended: then only a lower bound is known. */
import { formatDurationMs } from '../base/index.ts';

/**
 * `ns`: the guest's CLOCK_BOOTTIME from start to end of a call.
 * `censoredAboveNs`: the call was still waiting after that long, when unplug ended the wait or gave up.
 */
export type Measured = { readonly ns: number } | { readonly censoredAboveNs: number };

/** Whether only a lower bound is known. */
export function isCensored(measured: Measured): measured is { readonly censoredAboveNs: number } {
  return 'censoredAboveNs' in measured;
}

/** `20.6 ms`, `850 ns`, `1.5 s`; a censored one as `> 12 s`. */
export function formatMeasured(measured: Measured): string {
  return isCensored(measured) ? `> ${formatNs(measured.censoredAboveNs)}` : formatNs(measured.ns);
}

/** Three significant digits at most, unit chosen by size. */
export function formatNs(ns: number): string {
  if (ns < 1000) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${digits(ns / 1e3)} µs`;
  if (ns < 1e9) return `${digits(ns / 1e6)} ms`;
  if (ns < 60e9) return `${digits(ns / 1e9)} s`;
  return formatDurationMs(ns / 1e6);
}

function digits(value: number): string {
  const text = value < 99.95 ? value.toFixed(1) : value.toFixed(0);
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}
