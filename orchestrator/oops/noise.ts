/** Asks the tables of noise-*.ts whether a function can name a bug. */
import { NameTable } from './name-table.ts';
import { ACCESS, CLASS_CORES, CONCURRENCY, OBJECTS, TEXT } from './noise-helpers.ts';
import { EXCEPTIONS, REPORTING } from './noise-reporting.ts';
import { CONTAINERS, LOCKING, MEMORY } from './noise-tables.ts';
import { TOOLS, TRAPS, UNWINDING } from './noise-traps.ts';

/** All of them. */
export const NOISE = new NameTable(
  [
    REPORTING,
    EXCEPTIONS,
    LOCKING,
    MEMORY,
    CONTAINERS,
    TOOLS,
    UNWINDING,
    TRAPS,
    TEXT,
    ACCESS,
    CONCURRENCY,
    CLASS_CORES,
    OBJECTS,
  ].join(''),
);

/** True for a function that is a tool or a reporter, never the subject. */
export function isNoise(name: string): boolean {
  return NOISE.has(name);
}
