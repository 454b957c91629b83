/** Text of a suite file → validated suite. */
import { type ConfigError, type SourceLocation, suggestNames } from '../base/index.ts';
import { adaptersByName, expand, knownNames, pointsOf } from './expand.ts';
import { globMatches } from './glob.ts';
import { type SuiteFile, suiteSchema } from './schema.ts';
import { nearestCases } from './select.ts';
import type { Catalogue, Expectation, Matrix, Suite } from './types.ts';
import { YamlFile } from './yaml-file.ts';

/** What a suite may name. */
export interface KnownNames {
  readonly catalogue: Catalogue;
  /** Variants that are declared. */
  readonly variants: readonly string[];
}

/**
 * Reads a suite. Everything in it is checked: syntax, shape, names, that no case is asked for twice and that every
 * expectation covers a case.
 * @param file name shown in errors
 * @throws ConfigError with file, line, column, a caret and what was expected or the nearest names
 */
export function parseSuite(text: string, file: string, known: KnownNames): Suite {
  const yaml = new YamlFile(file, text);
  const content = checkShape(yaml);
  checkNames(yaml, content, known);
  const suite: Suite = {
    name: content.suite,
    description: content.description,
    file,
    variants: content.variants,
    limits: content.limits,
    matrices: content.matrices.map(
      (matrix, index): Matrix => ({ ...matrix, location: yaml.locate(['matrices', index]) }),
    ),
    expectations: content.expectations.map(
      (one, index): Expectation => ({
        ...one,
        title: one.title ?? null,
        variants: one.variants ?? null,
        location: yaml.locate(['expectations', index, 'cases']),
      }),
    ),
  };
  checkDuplicates(yaml, suite, known.catalogue);
  checkExpectations(yaml, suite, known.catalogue);
  return suite;
}

function checkShape(yaml: YamlFile): SuiteFile {
  const parsed = suiteSchema.safeParse(yaml.value);
  if (parsed.success) return parsed.data;
  // A mistyped key is also a missing one: show the cause first.
  const { issues } = parsed.error;
  const issue = issues.find((one) => one.code === 'unrecognized_keys') ?? issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const near = suggestNames(key, keysAt(path));
    throw yaml.error(`unknown key ${key}${inside(path)}`, yaml.locateKey(path, key), near);
  }
  const value = valueAt(yaml.value, path);
  const last = path.at(-1);
  if (value === undefined && typeof last === 'string') {
    const parent = path.slice(0, -1);
    throw yaml.error(`${last} is missing${inside(parent)}`, yaml.locate(parent), `expected ${wanted(issue)}`);
  }
  throw yaml.error(`${pathText(path)} is ${shown(value)}`, yaml.locate(path), `expected ${wanted(issue)}`);
}

/** The issue of one schema problem, as far as it is used here. */
interface ShapeIssue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly expected?: unknown;
  readonly values?: readonly unknown[];
}

/** What was expected, in words. Messages that are set in the schema are such words already. */
function wanted(issue: ShapeIssue | undefined): string {
  if (issue?.code === 'invalid_value' && issue.values !== undefined) return issue.values.join(', ');
  if (issue?.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    const words: Record<string, string> = {
      object: 'a mapping (key: value)',
      array: 'a list',
      string: 'some text',
    };
    return words[String(issue.expected)] ?? `a ${String(issue.expected)}`;
  }
  return issue?.message ?? 'something else';
}

/** Keys that the schema allows at a path, for suggestions. */
function keysAt(path: readonly (string | number)[]): readonly string[] {
  switch (path[0]) {
    case undefined:
      return Object.keys(suiteSchema.shape);
    case 'limits':
      return Object.keys(suiteSchema.shape.limits.shape);
    case 'matrices':
      return Object.keys(suiteSchema.shape.matrices.element.shape);
    case 'expectations':
      return Object.keys(suiteSchema.shape.expectations.unwrap().element.shape);
    default:
      return [];
  }
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const part of path)
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined;
  return at;
}

function pathText(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'the suite';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`))
    .join('');
}

function inside(path: readonly (string | number)[]): string {
  return path.length === 0 ? '' : ` in ${pathText(path)}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function checkNames(yaml: YamlFile, content: SuiteFile, known: KnownNames): void {
  const { adapters, holds, removals } = knownNames(known.catalogue);
  const check = (
    what: string,
    names: readonly string[],
    all: readonly string[],
    path: (string | number)[],
  ): void => {
    const set = new Set(all);
    const seen = new Set<string>();
    for (const [index, name] of names.entries()) {
      const at = [...path, index];
      if (!set.has(name))
        throw yaml.error(`unknown ${what} ${name}`, yaml.locate(at), suggestNames(name, all));
      if (seen.has(name))
        throw yaml.error(`${what} ${name} is listed twice`, yaml.locate(at), 'expected each once');
      seen.add(name);
    }
  };
  check('variant', content.variants, known.variants, ['variants']);
  for (const [index, matrix] of content.matrices.entries()) {
    check('adapter', matrix.adapters, adapters, ['matrices', index, 'adapters']);
    check('hold', matrix.holds, holds, ['matrices', index, 'holds']);
    check('removal', matrix.removals, removals, ['matrices', index, 'removals']);
  }
  for (const [index, one] of content.expectations.entries()) {
    check('variant', one.variants ?? [], known.variants, ['expectations', index, 'variants']);
  }
}

function checkDuplicates(yaml: YamlFile, suite: Suite, catalogue: Catalogue): void {
  const adapters = adaptersByName(catalogue);
  const first = new Map<string, SourceLocation>();
  for (const matrix of suite.matrices) {
    for (const { case: one } of pointsOf(matrix, adapters)) {
      const before = first.get(one.name);
      if (before !== undefined) throw duplicate(yaml, one.name, before, matrix.location);
      first.set(one.name, matrix.location);
    }
  }
}

function duplicate(
  yaml: YamlFile,
  name: string,
  before: SourceLocation,
  location: SourceLocation,
): ConfigError {
  return yaml.error(
    `case ${name} is in two matrices: here and at ${before.file}:${before.line}:${before.column}`,
    location,
    'expected each case once',
  );
}

function checkExpectations(yaml: YamlFile, suite: Suite, catalogue: Catalogue): void {
  const expansion = expand(suite, catalogue);
  for (const one of suite.expectations) {
    if (expansion.cases.some(({ name }) => globMatches(one.cases, name))) continue;
    const missing = expansion.notApplicable.find(({ name }) => globMatches(one.cases, name));
    if (missing !== undefined) {
      throw yaml.error(`expectation for ${missing.name}, which can't be run`, one.location, missing.reason);
    }
    const near = nearestCases(one.cases, expansion);
    throw yaml.error(
      `expectation for ${one.cases}, which matches no case`,
      one.location,
      near.length === 0
        ? 'expected a glob over adapter/class/hold/removal'
        : `did you mean ${near.join(' or ')}?`,
    );
  }
}
