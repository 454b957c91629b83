/** The shape of a suite file. What its names mean is checked in parse.ts. */
import { z } from 'zod';
import { suggestNames } from '../base/index.ts';
import { misbehaviourRuleSchema } from './misbehaviour.ts';
import { IDLE_MOMENT } from './types.ts';

/** Names of suites, variants, adapters, holds and removals: they become folder names. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/;

/** `expected WHAT, not 3`; for a key that is not there, `is missing, expected WHAT`. */
function expected(what: string): { error: (issue: { readonly input?: unknown }) => string } {
  return {
    error: ({ input }) =>
      input === undefined ? `is missing, expected ${what}` : `expected ${what}, not ${shown(input)}`,
  };
}

const nameError = expected('a name of letters, digits and _ . + -');
const name = z.string(nameError).regex(NAME_PATTERN, nameError);
const namesError = expected('a list of at least one name');
const names = z.array(name, namesError).min(1, namesError);
const textError = expected('some text');
const text = z.string(textError).trim().min(1, textError);
const millisecondsError = expected('a whole number of milliseconds from 100 to 600000');
const milliseconds = z.int(millisecondsError).min(100, millisecondsError).max(600_000, millisecondsError);

const limits = z.strictObject(
  { removalMs: milliseconds, userMs: milliseconds },
  expected('removalMs and userMs'),
);
const matrix = z.strictObject(
  {
    adapters: names,
    classes: names.optional(),
    holds: names,
    removals: names,
    moments: names.default([IDLE_MOMENT]),
  },
  expected('a mapping with adapters, holds and removals'),
);
const misbehaviourError = expected('a list of at least one rule, such as { at: 3, do: silence }');
const namedRulesError = expected('a mapping from a name to a list of rules');
const matricesError = expected('a list of at least one matrix');
const symbolError = expected('a config symbol such as GPIO_SIM');
const symbols = z
  .array(
    z.string(symbolError).regex(/^(?:CONFIG_)?[A-Za-z0-9_]{1,80}$/, symbolError),
    expected('a list of config symbols'),
  )
  .default([])
  .transform((list) => list.map((symbol) => symbol.replace(/^CONFIG_/, '')));
// The kernel splits suite and test at a dot (lib/kunit/executor.c kunit_parse_glob_filter()); a glob would run more
// than one suite, and a blank ends a kernel parameter.
const suiteNameError = expected('the exact name of a KUnit suite, of letters, digits, _ and -');
const kunit = z.strictObject(
  { suite: z.string(suiteNameError).regex(/^[A-Za-z0-9_-]{1,64}$/, suiteNameError), symbols },
  expected('a mapping with suite'),
);
const kunitError = expected('a list of at least one KUnit suite');
const collectionError = expected('a folder below tools/testing/selftests, such as drivers/gpio');
const collection = z
  .string(collectionError)
  .max(200, collectionError)
  .regex(/^[A-Za-z0-9][\w.+-]*(?:\/[A-Za-z0-9][\w.+-]*)*$/, collectionError);
const selftest = z.strictObject(
  { collection, programs: names, symbols, timeoutMs: milliseconds.optional() },
  expected('a mapping with collection and programs'),
);
const selftestsError = expected('a list of at least one collection of selftests');
// A variant of the command line has no name here, so an expectation may have a glob for it.
const variantError = expected('a variant, or a glob over variants');
const variantGlob = z.string(variantError).regex(/^[A-Za-z0-9*?][A-Za-z0-9_.+*?-]{0,63}$/, variantError);
const expectation = z.strictObject(
  {
    cases: z.union([text, z.array(text).min(1)], textError),
    verdict: z.enum(['fail', 'crash', 'hang'], expected('fail, crash or hang')),
    title: text.optional(),
    variants: z.array(variantGlob, namesError).min(1, namesError).optional(),
    reason: text,
    until: text,
  },
  expected('a mapping with cases, verdict, reason and until'),
);
const suite = z.strictObject(
  {
    suite: name,
    description: text,
    variants: names,
    limits,
    reseed: z.boolean(expected('true or false')).default(true),
    matrices: z.array(matrix, matricesError).min(1, matricesError).optional(),
    misbehaviours: z
      .record(
        name,
        z.array(misbehaviourRuleSchema, misbehaviourError).min(1, misbehaviourError),
        namedRulesError,
      )
      .default({}),
    kunit: z.array(kunit, kunitError).min(1, kunitError).optional(),
    selftests: z.array(selftest, selftestsError).min(1, selftestsError).optional(),
    expectations: z.array(expectation, expected('a list of expectations')).default([]),
  },
  expected('a mapping with suite, description, variants, limits and matrices'),
);
/** Keys of which a suite has at least one: without any it has no case. */
const CASE_KEYS = ['matrices', 'kunit', 'selftests'] as const;

/** A suite file once its shape is known to be right. */
export type SuiteFile = z.output<typeof suite>;

/**
 * A suite file. Unknown keys are looked for first: a mistyped key is also a missing one, and the missing one is not
 * what the user has to mend.
 */
export const suiteSchema: z.ZodType<SuiteFile> = z
  .unknown()
  .superRefine((value, context) => {
    checkKeys(value, [], suite, context);
    checkKeys(at(value, 'limits'), ['limits'], limits, context);
    for (const [list, shape] of [
      ['matrices', matrix],
      ['kunit', kunit],
      ['selftests', selftest],
      ['expectations', expectation],
    ] as const) {
      const items = at(value, list);
      if (!Array.isArray(items)) continue;
      for (const [index, item] of items.entries()) checkKeys(item, [list, index], shape, context);
    }
  })
  .pipe(
    suite.superRefine((value, context) => {
      if (CASE_KEYS.some((key) => value[key] !== undefined)) return;
      const message = `is missing, expected a list of at least one matrix (or kunit, or selftests)`;
      context.addIssue({ code: 'custom', path: ['matrices'], message });
    }),
  );

function checkKeys(
  value: unknown,
  path: (string | number)[],
  object: { readonly shape: object },
  context: z.core.$RefinementCtx,
): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const known = Object.keys(object.shape);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const message = `unknown key ${shown(key)}, ${suggestNames(key, known)}`;
    context.addIssue({ code: 'unrecognized_keys', keys: [key], input: { ...value }, path, message });
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a mapping';
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}
