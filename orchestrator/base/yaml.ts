/** YAML files checked against a schema; every complaint has file:line:column and a caret. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError, messageOf, type SourceLocation } from './errors.ts';
import { caretExcerpt } from './excerpt.ts';

/** Aliases may stand for at most so many nodes: a "billion laughs" file is refused. */
const MAX_ALIAS_COUNT = 100;

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
  if (wrong !== undefined) throw errorAt(locationOf(wrong.pos[0]), wrong.message);
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
    const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const offset =
      unknownKey === undefined ? valueOffset(document, path) : keyOffset(document, path, unknownKey);
    const prefix = path.length === 0 ? '' : `${path.join('.')}: `;
    throw errorAt(locationOf(offset), `${prefix}${issue?.message ?? 'does not fit the schema'}`);
  }
  const locate = (path: YamlPath): SourceLocation => locationOf(valueOffset(document, path));
  return {
    file,
    value: checked.data,
    locate,
    errorAt: (path, message, hint) => errorAt(locate(path), message, hint),
  };
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
