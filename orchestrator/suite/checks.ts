/** What a suite's names mean: that there are such, that no case is asked for twice, that expectations cover cases. */
import { type CheckedYaml, type SourceLocation, suggestNames } from '../base/index.ts';
import {
  adaptersByName,
  expand,
  type Known,
  knownNames,
  kunitCase,
  matcherOf,
  pointsOf,
  selftestCases,
} from './expand.ts';
import { globMatches } from './glob.ts';
import type { SuiteFile } from './schema.ts';
import { nearestCases } from './select.ts';
import { AFTERMATHS, AXES, type Catalogue, IDLE_MOMENT, type Suite, USE_AFTERMATH } from './types.ts';

/** What a suite may name. */
export interface KnownNames {
  readonly catalogue: Catalogue;
  /** Variants that are declared. */
  readonly variants: readonly string[];
}

/** Where a glob of an expectation stands: it may have one, or a list. */
export function casesPath(cases: string | readonly string[], index: number, at: number): PropertyKey[] {
  return ['expectations', index, 'cases', ...(typeof cases === 'string' ? [] : [at])];
}

type SuiteYaml = CheckedYaml<SuiteFile>;

/**
 * Every name is one that there is, once in its list.
 * @throws ConfigError
 */
export function checkNames(yaml: SuiteYaml, { catalogue, variants }: KnownNames): void {
  const known = knownNames(catalogue);
  const content = yaml.value;
  checkEach(yaml, 'variant', content.variants, variants, ['variants']);
  checkOwnNames(yaml, known, catalogue);
  const all: Readonly<Record<(typeof AXES)[number], readonly string[]>> = {
    ...known,
    holds: [...known.holds, ...Object.keys(content.holds)],
    moments: [...known.moments, ...Object.keys(content.misbehaviours)],
  };
  for (const [index, matrix] of (content.matrices ?? []).entries()) {
    const path = ['matrices', index];
    checkProduct(yaml, matrix, all, path);
    for (const [at, product] of matrix.include.entries())
      checkProduct(yaml, product, all, [...path, 'include', at]);
    for (const [at, exclusion] of matrix.exclude.entries())
      checkProduct(yaml, exclusion, all, [...path, 'exclude', at]);
    if (matrix.contract !== undefined)
      checkEach(yaml, 'contract', matrix.contract, Object.keys(content.contracts), [...path, 'contract']);
  }
  for (const [index, one] of content.expectations.entries()) {
    // A glob may be about variants of the command line, which have no name here.
    const globs = (one.variants ?? []).filter((name) => name.includes('*'));
    checkEach(
      yaml,
      'variant',
      one.variants ?? [],
      [...variants, ...globs],
      ['expectations', index, 'variants'],
    );
  }
}

type Axis = (typeof AXES)[number];

const WORDS: Readonly<Record<Axis, string>> = {
  adapters: 'adapter',
  classes: 'class',
  holds: 'hold',
  removals: 'removal',
  moments: 'moment',
  aftermaths: 'aftermath',
};

function checkProduct(
  yaml: SuiteYaml,
  product: { readonly [A in Axis]?: string | readonly string[] | undefined },
  all: Readonly<Record<Axis, readonly string[]>>,
  path: readonly PropertyKey[],
): void {
  for (const axis of AXES) {
    const names = product[axis];
    if (names === undefined) continue;
    const at = [...path, axis];
    if (axis === 'aftermaths') checkAftermaths(yaml, [names].flat(), all.aftermaths, at);
    checkEach(yaml, WORDS[axis], names, all[axis], at);
  }
}

/** One that the language knows and no adapter has is no slip of the pen, and is not to be had. */
function checkAftermaths(
  yaml: SuiteYaml,
  names: readonly string[],
  has: readonly string[],
  path: readonly PropertyKey[],
): void {
  for (const [index, name] of names.entries()) {
    if (has.includes(name) || !Object.hasOwn(AFTERMATHS, name)) continue;
    throw yaml.errorAt(
      [...path, index],
      `aftermath ${name} (${AFTERMATHS[name]}) can't be run yet: no adapter has it`,
      `expected ${has.join(' or ')}`,
    );
  }
}

function checkEach(
  yaml: SuiteYaml,
  what: string,
  names: string | readonly string[],
  all: readonly string[],
  path: readonly PropertyKey[],
): void {
  const known = new Set(all);
  const seen = new Set<string>();
  for (const [index, name] of [names].flat().entries()) {
    const at = typeof names === 'string' ? path : [...path, index];
    if (!known.has(name)) throw yaml.errorAt(at, `unknown ${what} ${name}`, suggestNames(name, all));
    if (seen.has(name)) throw yaml.errorAt(at, `${what} ${name} is listed twice`, 'expected each once');
    seen.add(name);
  }
}

/** Names that the suite gives itself, and the parameters of its holds. */
function checkOwnNames(yaml: SuiteYaml, known: Known, { holdParameters = {} }: Catalogue): void {
  const { misbehaviours, holds } = yaml.value;
  for (const name of Object.keys(misbehaviours)) {
    const path = ['misbehaviours', name];
    if (known.moments.includes(name))
      throw yaml.errorAt(path, `${name} is a moment of adapters`, 'expected another name');
    // Both may be the fifth part of a case's name.
    if (Object.hasOwn(AFTERMATHS, name))
      throw yaml.errorAt(path, `${name} is an aftermath`, 'expected another name');
  }
  for (const [name, { hold, with: values }] of Object.entries(holds)) {
    const path = ['holds', name];
    if (known.holds.includes(name))
      throw yaml.errorAt(path, `${name} is a hold of adapters`, 'expected another name');
    checkEach(yaml, 'hold', hold, known.holds, [...path, 'hold']);
    const takes = Object.hasOwn(holdParameters, hold) ? (holdParameters[hold] ?? {}) : {};
    for (const [parameter, value] of Object.entries(values)) {
      const at = [...path, 'with', parameter];
      const spec = Object.hasOwn(takes, parameter) ? takes[parameter] : undefined;
      if (spec === undefined) {
        const hint =
          Object.keys(takes).length === 0
            ? `${hold} takes no parameter`
            : suggestNames(parameter, Object.keys(takes));
        throw yaml.errorAt(at, `hold ${hold} has no parameter ${parameter}`, hint);
      }
      if (Number.isInteger(value) && value >= spec.least && value <= spec.most) continue;
      const expected = `expected ${spec.description}, a whole number from ${spec.least} to ${spec.most}`;
      throw yaml.errorAt(at, `${parameter}: ${expected}, not ${value}`);
    }
  }
}

/**
 * Each exclusion leaves something out, and something is left.
 * @throws ConfigError
 */
export function checkExclusions(yaml: SuiteYaml, suite: Suite, catalogue: Catalogue): void {
  const adapters = adaptersByName(catalogue);
  for (const [index, matrix] of suite.matrices.entries()) {
    const { exclude = [], include = [] } = matrix;
    if (exclude.length === 0) continue;
    const unused = new Map(exclude.map((one, at) => [at, matcherOf(one)] as const));
    for (const { case: one } of pointsOf({ ...matrix, exclude: [], include: [] }, adapters, suite)) {
      const hold = holdNameOf(one.name);
      for (const [at, fits] of unused) {
        const { adapter, deviceClass, removal, moment = IDLE_MOMENT, aftermath = USE_AFTERMATH } = one;
        if (fits(adapter, deviceClass, hold, removal, moment, aftermath)) unused.delete(at);
      }
      if (unused.size === 0) break;
    }
    for (const at of unused.keys()) {
      throw yaml.errorAt(
        ['matrices', index, 'exclude', at],
        'excludes nothing: no point of the matrix fits all of its keys',
        'expected names that the matrix has, or take it out',
      );
    }
    if (include.length === 0 && pointsOf(matrix, adapters, suite).next().done === true)
      throw yaml.errorAt(
        ['matrices', index, 'exclude'],
        'excludes every point of the matrix',
        'expected some left',
      );
  }
}

/** The third part of a case's name: a named hold is there by its own name. */
function holdNameOf(name: string): string {
  return name.split('/')[2] ?? '';
}

/**
 * No case is asked for twice.
 * @throws ConfigError
 */
export function checkDuplicates(yaml: SuiteYaml, suite: Suite, catalogue: Catalogue): void {
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
    for (const { case: one } of pointsOf(matrix, adapters, suite)) {
      const before = first.get(one.name);
      if (before !== undefined) {
        const there = `${before.file}:${before.line}:${before.column}`;
        throw yaml.errorAt(
          ['matrices', index],
          before === matrix.location
            ? `case ${one.name} is asked for twice by this matrix, which includes it again`
            : `case ${one.name} is in two matrices, this one and the one at ${there}`,
          'expected each case once',
        );
      }
      first.set(one.name, matrix.location);
    }
  }
}

/**
 * Every expectation covers a case.
 * @throws ConfigError
 */
export function checkExpectations(yaml: SuiteYaml, suite: Suite, catalogue: Catalogue): void {
  if (suite.expectations.length === 0) return;
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
