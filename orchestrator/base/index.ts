/** What every other folder may use. */
export * from './cleanup.ts';
export * from './clock.ts';
export * from './command.ts';
export * from './debian-packages.ts';
export * from './errors.ts';
export * from './excerpt.ts';
export * from './files.ts';
export * from './hash.ts';
export * from './lock.ts';
export * from './log.ts';
export * from './nearest.ts';
export * from './paths.ts';
export * from './process.ts';
export * from './semaphore.ts';
export * from './temporary.ts';
export * from './yaml.ts';
