/** The store of runs: results/RUN-ID/. */
export * from './history.ts';
export * from './layout.ts';
export * from './reader.ts';
export * from './repeats.ts';
export * from './replay.ts';
export * from './run.ts';
export * from './writer.ts';
