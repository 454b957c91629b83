/** Asks the tables of noise-reporting.ts and noise-tables.ts whether a function can name a bug. */
import { EXCEPTIONS, REPORTING } from './noise-reporting.ts';
import { CONTAINERS, LOCKING, MEMORY } from './noise-tables.ts';

const NOISE = pattern(REPORTING + EXCEPTIONS + LOCKING + MEMORY + CONTAINERS);

/** Answers so far: consoles repeat a few thousand names. */
const known = new Map<string, boolean>();
const KNOWN_MAX = 20_000;

/** True for a function that is a tool or a reporter, never the subject. */
export function isNoise(name: string): boolean {
  let noise = known.get(name);
  if (noise === undefined) {
    if (known.size >= KNOWN_MAX) known.clear();
    noise = NOISE.test(name);
    known.set(name, noise);
  }
  return noise;
}

/** One anchored pattern from a table of names and name patterns, divided by white space. */
export function pattern(names: string): RegExp {
  return new RegExp(`^(?:${names.trim().split(/\s+/).join('|')})$`);
}
