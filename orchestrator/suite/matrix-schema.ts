/** The shape of a matrix in a suite file. */
import { z } from 'zod';
import { expected, name, names, symbols } from './schema-words.ts';
import { IDLE_MOMENT, USE_AFTERMATH } from './types.ts';

/** More repeats are a soak, which is a suite of its own kind; beyond it a slip of the pen runs for weeks. */
export const REPEAT_MAX = 10_000;

const axes = {
  adapters: names.describe('adapters, as unplug list has them'),
  classes: names.optional().describe('what of the adapters is held; default: every class that they have'),
  holds: names.describe('holds of the adapters, or named ones of this suite'),
  removals: names.describe('how the device is taken away'),
  moments: names.default([IDLE_MOMENT]).describe('what else goes on; also misbehaviours of this suite'),
  aftermaths: names.default([USE_AFTERMATH]).describe('what is done after the removal'),
};

const oneOrMoreError = expected('a name, or a list of at least one name');
const oneOrMore = z.union([name, names], oneOrMoreError).optional();

/** A product of names beside that of the matrix. */
export const includeShape = z.strictObject(axes, expected('a mapping with adapters, holds and removals'));

/** Points to be left out: those that fit every key. */
export const excludeShape = z.strictObject(
  {
    adapters: oneOrMore,
    classes: oneOrMore,
    holds: oneOrMore,
    removals: oneOrMore,
    moments: oneOrMore,
    aftermaths: oneOrMore,
  },
  expected('a mapping with some of adapters, classes, holds, removals, moments and aftermaths'),
);

const repeatError = expected(`a whole number of times from 1 to ${REPEAT_MAX}`);

/** How often something is run. */
export const repeat = z.int(repeatError).min(1, repeatError).max(REPEAT_MAX, repeatError);

/** One matrix. */
export const matrixShape = z.strictObject(
  {
    ...axes,
    exclude: z
      .array(
        excludeShape.refine((value) => Object.keys(value).length > 0, {
          error: 'expected at least one key, or everything would be left out',
        }),
        expected('a list of what to leave out'),
      )
      .default([]),
    include: z.array(includeShape, expected('a list of what to add')).default([]),
    repeat: repeat.default(1).describe('how often each case is run; no result replaces another'),
    requires: symbols.describe('kernel symbols without which the cases are skipped'),
    contract: name.optional().describe('a contract of this suite that goes before the usual one'),
  },
  expected('a mapping with adapters, holds and removals'),
);
