/** What a run looks like to people and programs. One of these at a time owns standard output. */
export * from './explain.ts';
export * from './json.ts';
export * from './progress.ts';
export * from './reporter.ts';
export { paintFor } from './table.ts';
export * from './tap.ts';
export * from './terminal.ts';
