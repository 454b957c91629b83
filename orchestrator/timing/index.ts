/** Durations and how they are shown. */
export * from './measured.ts';
