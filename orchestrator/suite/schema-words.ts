/** Shapes that several parts of a suite file share, and how their complaints read. */
import { z } from 'zod';

/** Names of suites, variants, adapters, holds and removals: they become folder names. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/;

/** `expected WHAT, not 3`; for a key that is not there, `is missing, expected WHAT`. */
export function expected(what: string): { error: (issue: { readonly input?: unknown }) => string } {
  return {
    error: ({ input }) =>
      input === undefined ? `is missing, expected ${what}` : `expected ${what}, not ${shown(input)}`,
  };
}

const SHOWN_MAX = 60;

/** A value in a few words. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a mapping';
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN_MAX ? `${json.slice(0, SHOWN_MAX - 1)}…` : json;
}

const nameError = expected('a name of letters, digits and _ . + -');
/** A name that may become that of a folder. */
export const name = z.string(nameError).regex(NAME_PATTERN, nameError);

/** What is said of a list of names that is none. */
export const namesError = expected('a list of at least one name');
/** At least one name. */
export const names = z.array(name, namesError).min(1, namesError);

/** What is said of a text that is none. */
export const textError = expected('some text');
/** Text for people. */
export const text = z.string(textError).trim().min(1, textError);

const millisecondsError = expected('a whole number of milliseconds from 100 to 600000');
/** A bound. */
export const milliseconds = z
  .int(millisecondsError)
  .min(100, millisecondsError)
  .max(600_000, millisecondsError);

const symbolError = expected('a config symbol such as GPIO_SIM');
/** Config symbols, with or without `CONFIG_`; without it once they are read. */
export const symbols = z
  .array(
    z.string(symbolError).regex(/^(?:CONFIG_)?[A-Za-z0-9_]{1,80}$/, symbolError),
    expected('a list of config symbols'),
  )
  .default([])
  .transform((list) => list.map((symbol) => symbol.replace(/^CONFIG_/, '')));
