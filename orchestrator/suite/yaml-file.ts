/** A YAML file with the place of each of its values. */
import {
  type Document,
  type ErrorCode,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { ConfigError, caretExcerpt, type SourceLocation } from '../base/index.ts';

/** Way to a value: keys and indices from the root. */
export type ValuePath = readonly (string | number)[];

/** Larger than any suite that a person writes; beyond it parsing could take long. */
const MAX_CHARACTERS = 1 << 20;
/** A file with more aliases than this is an attack ("billion laughs"), not a suite. */
const MAX_ALIASES = 100;

/** What the parser wanted, by its error code (yaml `ErrorCode`), where its own message doesn't say. */
const EXPECTED: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'expected blanks: YAML does not allow tabs in the indentation',
  BAD_INDENT: 'expected the same indentation as the lines that belong together',
  MISSING_CHAR: 'expected the missing character; a text with : or # in it needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'expected one `key: value` on the line; a text with `: ` in it needs quotes',
  MULTILINE_IMPLICIT_KEY: 'expected `key: value`, the key on one line; is a `:` missing?',
  DUPLICATE_KEY: 'expected each key once',
  MULTIPLE_DOCS: 'expected one document, without a further `---`',
  BAD_ALIAS: 'expected an alias *name of an anchor &name above it; a text that begins with * needs quotes',
  UNEXPECTED_TOKEN: 'expected `key: value` or `- item`',
};

/** A YAML file that is free of syntax errors. */
export class YamlFile {
  readonly file: string;
  readonly text: string;
  /** The content as plain data. */
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  /** @throws ConfigError with the place, a caret and what was expected */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    if (text.length > MAX_CHARACTERS) {
      throw new ConfigError(`${file} has ${text.length} characters: too large to be meant for this`, {
        location: { file, line: 1, column: 1 },
        hint: `at most ${MAX_CHARACTERS} are read`,
      });
    }
    this.#lines = new LineCounter();
    try {
      this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    } catch (error) {
      // The parser is recursive: very deep nesting exhausts the stack.
      throw this.error('this is nested too deeply to be read', this.#at(0), 'expected a few levels', error);
    }
    const first = this.#document.errors[0];
    if (first !== undefined) {
      const expected = EXPECTED[first.code] ?? 'expected YAML 1.2';
      throw this.error(`YAML: ${first.message.split('\n')[0]}`, this.#at(first.pos[0]), expected);
    }
    try {
      this.value = this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      throw this.error(
        'YAML: aliases that can not be resolved',
        this.#at(0),
        `expected at most ${MAX_ALIASES}`,
        error,
      );
    }
  }

  /** An error at a place of this file: message, caret below it, and what was expected as the hint. */
  error(message: string, location: SourceLocation, hint?: string, cause?: unknown): ConfigError {
    return new ConfigError(message, {
      location,
      detail: caretExcerpt(this.text, location),
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Where the value at `path` begins, or else the nearest value around it. */
  locate(path: ValuePath): SourceLocation {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (node?.range) return this.#at(node.range[0]);
    }
    return this.#at(0);
  }

  /** Where the key `key` of the mapping at `path` stands. */
  locateKey(path: ValuePath, key: string): SourceLocation {
    const map = this.#node(path);
    if (isMap(map)) {
      for (const pair of map.items) {
        if (isScalar(pair.key) && String(pair.key.value) === key && pair.key.range)
          return this.#at(pair.key.range[0]);
      }
    }
    return this.locate(path);
  }

  #node(path: ValuePath): Node | undefined {
    const { contents } = this.#document;
    if (path.length === 0) return contents ?? undefined;
    const found: unknown = isCollection(contents) ? contents.getIn(path, true) : undefined;
    return isNode(found) ? found : undefined;
  }

  #at(offset: number): SourceLocation {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.text.length));
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
