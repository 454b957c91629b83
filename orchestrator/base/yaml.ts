/** YAML files checked against a schema; every complaint has file:line:column and a caret. */
import {
  type Document,
  type ErrorCode,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { ConfigError, messageOf, type SourceLocation } from './errors.ts';
import { caretExcerpt } from './excerpt.ts';

/** Aliases may stand for at most so many nodes: a "billion laughs" file is refused. */
const MAX_ALIAS_COUNT = 100;

/** What was expected where the parser stopped, for the mistakes that people make (yaml's error codes). */
const EXPECTED: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_INDENT: 'expected the indentation of the entries before it, or the bracket that is missing',
  BAD_SCALAR_START: 'expected a value; put one that begins with @, ` or % in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'expected a value in one line; put one that has ": " in it in quotes',
  DUPLICATE_KEY: 'expected each key once',
  MISSING_CHAR: 'expected the bracket, brace, quote, comma or colon that is missing',
  TAB_AS_INDENT: 'expected blanks, YAML takes no tabs for indentation',
  UNEXPECTED_TOKEN: 'expected a key with its value, or "- " and an entry',
};

/** A way into a document: keys and indices, as zod's issue paths have them. */
export type YamlPath = readonly PropertyKey[];

/** A document that passed its schema. */
export interface CheckedYaml<T> {
  readonly file: string;
  readonly value: T;
  /** Where the value at `path` is, or the nearest existing one above it. */
  locate(path: YamlPath): SourceLocation;
  /** An error at the value at `path`, with the caret below it. */
  errorAt(path: YamlPath, message: string, hint?: string): ConfigError;
}

/**
 * Parses `text` and checks it. The first complaint is thrown, the parser's before the schema's.
 * @param file name to show
 * @throws ConfigError with file, line, column and a caret
 */
export function parseYaml<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): CheckedYaml<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const locationOf = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(Math.min(offset, text.trimEnd().length));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errorAt = (location: SourceLocation, message: string, hint?: string): ConfigError =>
    new ConfigError(`${file}:${location.line}:${location.column}: ${message}`, {
      location,
      detail: caretExcerpt(text, location),
      ...(hint === undefined ? {} : { hint }),
    });
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong !== undefined) throw errorAt(locationOf(wrong.pos[0]), wrong.message, EXPECTED[wrong.code]);
  const dangling = danglingAlias(document);
  if (dangling !== undefined) {
    throw errorAt(
      locationOf(dangling.offset),
      `*${dangling.name} is an alias of nothing`,
      'expected a name; put a value that begins with * in quotes',
    );
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (error) {
    throw errorAt(locationOf(0), messageOf(error));
  }
  const checked = schema.safeParse(data);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const path = issue?.path ?? [];
    const prefix = path.length === 0 ? '' : `${path.join('.')}: `;
    // Two issues are about a key; all others are about a value.
    if (issue?.code === 'unrecognized_keys') {
      throw errorAt(
        locationOf(keyOffset(document, path, String(issue.keys[0]))),
        `${prefix}${issue.message}`,
      );
    }
    if (issue?.code === 'invalid_key') {
      const message = issue.issues[0]?.message ?? issue.message;
      const offset = keyOffset(document, path.slice(0, -1), String(path.at(-1)));
      throw errorAt(locationOf(offset), `${prefix}${message}`);
    }
    const message = issue?.message ?? 'does not fit the schema';
    throw errorAt(locationOf(valueOffset(document, path)), `${prefix}${message}`);
  }
  const locate = (path: YamlPath): SourceLocation => locationOf(valueOffset(document, path));
  return {
    file,
    value: checked.data,
    locate,
    errorAt: (path, message, hint) => errorAt(locate(path), message, hint),
  };
}

/** The first alias without an anchor; the parser only throws when it meets it, and then without a place. */
function danglingAlias(document: Document): { readonly name: string; readonly offset: number } | undefined {
  let found: { name: string; offset: number } | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = { name: alias.source, offset: alias.range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return found;
}

/** Offset of the value at `path`, or of what encloses it when it is missing. */
function valueOffset(document: Document, path: YamlPath): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** Offset of the key `key` of the map at `path`. */
function keyOffset(document: Document, path: YamlPath, key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isMap(map)) {
    for (const pair of map.items) {
      if (isScalar(pair.key) && String(pair.key.value) === key && pair.key.range) return pair.key.range[0];
    }
  }
  return valueOffset(document, path);
}
