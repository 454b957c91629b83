/** Text of a suite file → validated suite. */
import {
  type CheckedYaml,
  ConfigError,
  messageOf,
  parseYaml,
  type SourceLocation,
  suggestNames,
} from '../base/index.ts';
import { adaptersByName, expand, knownNames, kunitCase, pointsOf, selftestCases } from './expand.ts';
import { globMatches } from './glob.ts';
import { type SuiteFile, suiteSchema } from './schema.ts';
import { nearestCases } from './select.ts';
import type { Catalogue, Expectation, KunitSuite, Matrix, SelftestCollection, Suite } from './types.ts';

/** What a suite may name. */
export interface KnownNames {
  readonly catalogue: Catalogue;
  /** Variants that are declared. */
  readonly variants: readonly string[];
}

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
    matrices: (content.matrices ?? []).map(
      (matrix, index): Matrix => ({
        ...matrix,
        classes: matrix.classes ?? null,
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
  checkDuplicates(yaml, suite, known.catalogue);
  checkExpectations(yaml, suite, known.catalogue);
  return suite;
}

/** Where a glob of an expectation stands: it may have one, or a list. */
function casesPath(cases: string | readonly string[], index: number, at: number): PropertyKey[] {
  return ['expectations', index, 'cases', ...(typeof cases === 'string' ? [] : [at])];
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

type SuiteYaml = CheckedYaml<SuiteFile>;

function checkNames(yaml: SuiteYaml, { catalogue, variants }: KnownNames): void {
  const { adapters, classes, holds, removals, moments } = knownNames(catalogue);
  const check = (
    what: string,
    names: readonly string[],
    all: readonly string[],
    path: PropertyKey[],
  ): void => {
    const known = new Set(all);
    const seen = new Set<string>();
    for (const [index, name] of names.entries()) {
      const at = [...path, index];
      if (!known.has(name)) throw yaml.errorAt(at, `unknown ${what} ${name}`, suggestNames(name, all));
      if (seen.has(name)) throw yaml.errorAt(at, `${what} ${name} is listed twice`, 'expected each once');
      seen.add(name);
    }
  };
  check('variant', yaml.value.variants, variants, ['variants']);
  for (const name of Object.keys(yaml.value.misbehaviours)) {
    if (moments.includes(name))
      throw yaml.errorAt(['misbehaviours', name], `${name} is a moment of adapters`, 'expected another name');
  }
  for (const [index, matrix] of (yaml.value.matrices ?? []).entries()) {
    check('adapter', matrix.adapters, adapters, ['matrices', index, 'adapters']);
    check('class', matrix.classes ?? [], classes, ['matrices', index, 'classes']);
    check('hold', matrix.holds, holds, ['matrices', index, 'holds']);
    check('removal', matrix.removals, removals, ['matrices', index, 'removals']);
    check(
      'moment',
      matrix.moments,
      [...moments, ...Object.keys(yaml.value.misbehaviours)],
      ['matrices', index, 'moments'],
    );
  }
  for (const [index, one] of yaml.value.expectations.entries()) {
    // A glob may be about variants of the command line, which have no name here.
    const globs = (one.variants ?? []).filter((name) => name.includes('*'));
    check('variant', one.variants ?? [], [...variants, ...globs], ['expectations', index, 'variants']);
  }
}

function checkDuplicates(yaml: SuiteYaml, suite: Suite, catalogue: Catalogue): void {
  const adapters = adaptersByName(catalogue);
  const first = new Map<string, SourceLocation>();
  for (const [key, of] of [
    ['kunit', suite.kunit.map((one) => ({ cases: [kunitCase(one)], location: one.location }))],
    ['selftests', suite.selftests.map((one) => ({ cases: selftestCases(one), location: one.location }))],
  ] as const) {
    for (const [index, { cases, location }] of of.entries()) {
      for (const { name } of cases) {
        const before = first.get(name);
        if (before !== undefined) {
          const there = `${before.file}:${before.line}:${before.column}`;
          throw yaml.errorAt(
            [key, index],
            `case ${name} is asked for twice, here and at ${there}`,
            'expected each case once',
          );
        }
        first.set(name, location);
      }
    }
  }
  for (const [index, matrix] of suite.matrices.entries()) {
    for (const { case: one } of pointsOf(matrix, adapters, suite.misbehaviours)) {
      const before = first.get(one.name);
      if (before !== undefined) {
        const there = `${before.file}:${before.line}:${before.column}`;
        throw yaml.errorAt(
          ['matrices', index],
          `case ${one.name} is in two matrices, this one and the one at ${there}`,
          'expected each case once',
        );
      }
      first.set(one.name, matrix.location);
    }
  }
}

function checkExpectations(yaml: SuiteYaml, suite: Suite, catalogue: Catalogue): void {
  const expansion = expand(suite, catalogue);
  const paths = yaml.value.expectations.flatMap(({ cases }, index) =>
    [cases].flat().map((_, at) => casesPath(cases, index, at)),
  );
  for (const [index, one] of suite.expectations.entries()) {
    if (expansion.cases.some(({ name }) => globMatches(one.cases, name))) continue;
    const at = paths[index] ?? [];
    const missing = expansion.notApplicable.find(({ name }) => globMatches(one.cases, name));
    if (missing !== undefined) {
      throw yaml.errorAt(at, `expectation for ${missing.name}, which can't be run`, missing.reason);
    }
    const near = nearestCases(one.cases, expansion);
    throw yaml.errorAt(
      at,
      `expectation for ${one.cases}, which matches no case`,
      near.length === 0
        ? 'expected a glob over adapter/class/hold/removal, kunit/SUITE or selftest/COLLECTION/PROGRAM'
        : `did you mean ${near.join(' or ')}?`,
    );
  }
}
