/** Asks the tables of noise-reporting.ts and noise-tables.ts whether a function can name a bug. */
import { NameTable } from './name-table.ts';
import { EXCEPTIONS, REPORTING } from './noise-reporting.ts';
import { CONTAINERS, LOCKING, MEMORY } from './noise-tables.ts';

/** All of them. */
export const NOISE = new NameTable(REPORTING + EXCEPTIONS + LOCKING + MEMORY + CONTAINERS);

/** True for a function that is a tool or a reporter, never the subject. */
export function isNoise(name: string): boolean {
  return NOISE.has(name);
}
