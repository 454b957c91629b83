/** The shape of a suite file. What its names mean is checked in checks.ts. */
import { z } from 'zod';
import { suggestNames } from '../base/index.ts';
import { excludeShape, includeShape, matrixShape } from './matrix-schema.ts';
import { misbehaviourRuleSchema } from './misbehaviour.ts';
import {
  expected,
  milliseconds,
  name,
  names,
  namesError,
  shown,
  symbols,
  text,
  textError,
} from './schema-words.ts';

const limits = z.strictObject(
  { removalMs: milliseconds, userMs: milliseconds },
  expected('removalMs and userMs'),
);
const misbehaviourError = expected('a list of at least one rule, such as { at: 3, do: silence }');
const namedRulesError = expected('a mapping from a name to a list of rules');
const matricesError = expected('a list of at least one matrix');
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
    sometimes: z.boolean(expected('true or false')).default(false),
    reason: text,
    until: text,
  },
  expected('a mapping with cases, verdict, reason and until'),
);
const namedHold = z.strictObject(
  {
    hold: name,
    with: z.record(name, z.number(expected('a number')), expected('a mapping from parameters to numbers')),
  },
  expected('a mapping with hold and with'),
);

const opError = expected('a call such as ioctl, read, poll, mmap, open or write');
const errnoError = expected('an error name such as ENODEV');
const bitError = expected('a poll bit such as POLLHUP');
const contractRule = z.strictObject(
  {
    when: z.enum(['held', 'after'], expected('held or after')),
    op: z.string(opError).regex(/^[a-z][a-z0-9_]{0,31}$/, opError),
    allow: z
      .strictObject(
        {
          success: z.boolean(expected('true or false')).optional(),
          errnos: z
            .array(z.string(errnoError).regex(/^(?:E[A-Z0-9]{1,20}|SIG[A-Z]{2,8})$/, errnoError))
            .optional(),
          revents: z.array(z.string(bitError).regex(/^POLL[A-Z]{2,8}$/, bitError)).optional(),
        },
        expected('a mapping with some of success, errnos and revents'),
      )
      .refine((value) => Object.keys(value).length > 0, {
        error: 'expected at least one of success, errnos and revents',
      }),
    source: text,
  },
  expected('a mapping with when, op, allow and source'),
);
const contractError = expected('a list of at least one rule');

const suite = z.strictObject(
  {
    suite: name,
    description: text,
    variants: names,
    limits,
    reseed: z.boolean(expected('true or false')).default(true),
    matrices: z.array(matrixShape, matricesError).min(1, matricesError).optional(),
    misbehaviours: z
      .record(
        name,
        z.array(misbehaviourRuleSchema, misbehaviourError).min(1, misbehaviourError),
        namedRulesError,
      )
      .default({}),
    holds: z.record(name, namedHold, expected('a mapping from a name to a hold')).default({}),
    contracts: z
      .record(name, z.array(contractRule, contractError).min(1, contractError), namedRulesError)
      .default({}),
    kunit: z.array(kunit, kunitError).min(1, kunitError).optional(),
    selftests: z.array(selftest, selftestsError).min(1, selftestsError).optional(),
    expectations: z.array(expectation, expected('a list of expectations')).default([]),
  },
  expected('a mapping with suite, description, variants, limits and matrices'),
);
/** The JSON Schema of a suite file (draft 2020-12), for editors: what is written, before defaults are filled in. */
export function suiteJsonSchema(): object {
  const schema = z.toJSONSchema(suite, { io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'unplug suite' };
}

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
      ['matrices', matrixShape],
      ['kunit', kunit],
      ['selftests', selftest],
      ['expectations', expectation],
    ] as const) {
      const items = at(value, list);
      if (!Array.isArray(items)) continue;
      for (const [index, item] of items.entries()) checkKeys(item, [list, index], shape, context);
    }
    checkMatrixParts(at(value, 'matrices'), context);
    for (const [name, hold] of entriesOf(at(value, 'holds')))
      checkKeys(hold, ['holds', name], namedHold, context);
    for (const [name, rules] of entriesOf(at(value, 'contracts'))) {
      for (const [index, rule] of itemsOf(rules)) {
        checkKeys(rule, ['contracts', name, index], contractRule, context);
      }
    }
  })
  .pipe(
    suite.superRefine((value, context) => {
      if (CASE_KEYS.some((key) => value[key] !== undefined)) return;
      const message = `is missing, expected a list of at least one matrix (or kunit, or selftests)`;
      context.addIssue({ code: 'custom', path: ['matrices'], message });
    }),
  );

function checkMatrixParts(matrices: unknown, context: z.core.$RefinementCtx): void {
  for (const [index, matrix] of itemsOf(matrices)) {
    for (const [part, shape] of [
      ['include', includeShape],
      ['exclude', excludeShape],
    ] as const) {
      for (const [at_, item] of itemsOf(at(matrix, part)))
        checkKeys(item, ['matrices', index, part, at_], shape, context);
    }
  }
}

function itemsOf(value: unknown): Iterable<[number, unknown]> {
  return Array.isArray(value) ? value.entries() : [];
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

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
