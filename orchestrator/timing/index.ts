/** Durations and how they are shown. */
export * from './measured.ts';
export * from './proportion.ts';
export { slopePerStep } from './slope.ts';
