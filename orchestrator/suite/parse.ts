/** Text of a suite file → validated suite. */
import { type CheckedYaml, ConfigError, messageOf, parseYaml } from '../base/index.ts';
import {
  casesPath,
  checkDuplicates,
  checkExclusions,
  checkExpectations,
  checkNames,
  type KnownNames,
} from './checks.ts';
import { type SuiteFile, suiteSchema } from './schema.ts';
import type {
  Exclusion,
  Expectation,
  KunitSuite,
  Matrix,
  Product,
  SelftestCollection,
  Suite,
} from './types.ts';

type ExclusionFile = NonNullable<SuiteFile['matrices']>[number]['exclude'][number];

/** Larger than any suite that a person writes; beyond it parsing takes long. */
const MAX_CHARACTERS = 1 << 20;
const MAX_LINE = 1000;

/**
 * Reads a suite. Everything in it is checked: syntax, shape, names, that no case is asked for twice and that every
 * expectation covers a case.
 * @param file name shown in errors
 * @throws ConfigError with file, line, column, a caret and what was expected or the nearest names
 */
export function parseSuite(text: string, file: string, known: KnownNames): Suite {
  const yaml = readYaml(text, file);
  const content = yaml.value;
  checkNames(yaml, known);
  const suite: Suite = {
    name: content.suite,
    description: content.description,
    file,
    variants: content.variants,
    limits: content.limits,
    reseed: content.reseed,
    misbehaviours: content.misbehaviours,
    holds: content.holds,
    contracts: content.contracts,
    matrices: (content.matrices ?? []).map(
      ({ contract, ...matrix }, index): Matrix => ({
        ...matrix,
        classes: matrix.classes ?? null,
        exclude: matrix.exclude.map(exclusionOf),
        include: matrix.include.map((product): Product => ({ ...product, classes: product.classes ?? null })),
        ...(contract === undefined ? {} : { contract }),
        location: yaml.locate(['matrices', index]),
      }),
    ),
    kunit: (content.kunit ?? []).map(
      (one, index): KunitSuite => ({ ...one, location: yaml.locate(['kunit', index]) }),
    ),
    selftests: (content.selftests ?? []).map(
      (one, index): SelftestCollection => ({
        ...one,
        timeoutMs: one.timeoutMs ?? null,
        location: yaml.locate(['selftests', index]),
      }),
    ),
    expectations: content.expectations.flatMap((one, index) =>
      [one.cases].flat().map(
        (cases, at): Expectation => ({
          ...one,
          cases,
          title: one.title ?? null,
          variants: one.variants ?? null,
          location: yaml.locate(casesPath(one.cases, index, at)),
        }),
      ),
    ),
  };
  checkExclusions(yaml, suite, known.catalogue);
  checkDuplicates(yaml, suite, known.catalogue);
  checkExpectations(yaml, suite, known.catalogue);
  return suite;
}

/** One name stands for a list of one. */
function exclusionOf(written: ExclusionFile): Exclusion {
  return Object.fromEntries(Object.entries(written).map(([axis, names]) => [axis, [names].flat()]));
}

function readYaml(text: string, file: string): CheckedYaml<SuiteFile> {
  const refuse = (message: string, hint: string, cause?: unknown): ConfigError =>
    new ConfigError(`${file}:1:1: ${message}`, { location: { file, line: 1, column: 1 }, hint, cause });
  if (text.length > MAX_CHARACTERS) {
    throw refuse(`${text.length} characters are no suite`, `at most ${MAX_CHARACTERS} are read`);
  }
  if (text.split('\n').some((line) => line.length > MAX_LINE)) {
    throw refuse(`a line of more than ${MAX_LINE} characters`, 'break it, with >- for a text');
  }
  try {
    return parseYaml(file, text, suiteSchema);
  } catch (error) {
    // The YAML parser is recursive: deep nesting exhausts the stack, here or inside the parser.
    if (error instanceof RangeError || /call stack/.test(messageOf(error))) {
      throw refuse('nested too deeply', 'a suite has four levels', error);
    }
    throw error;
  }
}
