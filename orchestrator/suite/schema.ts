/** The shape of a suite file. What its names mean is checked in parse.ts. */
import { z } from 'zod';

/** Names of suites, variants, adapters, holds and removals: they become folder names. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/;

const name = z.string().regex(NAME_PATTERN, 'a name of letters, digits, _ . + or -');
const names = z.array(name).min(1, 'a list of at least one name');
const text = z.string().trim().min(1, 'some text');
const milliseconds = z
  .int('a whole number of milliseconds')
  .min(100, 'at least 100 (milliseconds)')
  .max(600_000, 'at most 600000 (milliseconds)');

/** A suite file. */
export const suiteSchema = z.strictObject({
  suite: name,
  description: text,
  variants: names,
  limits: z.strictObject({ removalMs: milliseconds, userMs: milliseconds }),
  matrices: z
    .array(z.strictObject({ adapters: names, holds: names, removals: names }))
    .min(1, 'a list of at least one matrix'),
  expectations: z
    .array(
      z.strictObject({
        cases: text,
        verdict: z.enum(['fail', 'crash', 'hang']),
        title: text.optional(),
        variants: names.optional(),
        reason: text,
        until: text,
      }),
    )
    .default([]),
});

/** A suite file once its shape is known to be right. */
export type SuiteFile = z.infer<typeof suiteSchema>;
