/** From what was recorded of a case to what it means. Pure. */

export * from './assess.ts';
export { contractFor } from './contract-table.ts';
export * from './events.ts';
export * from './explanation.ts';
export * from './judge.ts';
export * from './record.ts';
export * from './schema.ts';
export type { TimelineEntry } from './timeline.ts';
export * from './verdict.ts';
