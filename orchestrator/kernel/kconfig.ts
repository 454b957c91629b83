/**
 * Reads Kconfig files as far as it takes to say why a symbol was not granted: definitions with their dependencies
 * (own ones, and those of the menus, ifs and choices around them), prompts, and who selects whom.
 * Syntax: Documentation/kbuild/kconfig-language.rst.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One `config NAME` block. A symbol can have several. */
export interface KconfigDefinition {
  readonly file: string;
  readonly line: number;
  /** Every `depends on`, also those it inherits; all must hold. */
  readonly dependsOn: readonly string[];
  /** Whether the user can set it at all, and what must hold for that in addition. */
  readonly prompt: { readonly conditions: readonly string[] } | undefined;
  /** Number of the choice it is in: only one member of a choice can be `y`. */
  readonly choice: number | undefined;
}

/** `select TARGET if CONDITION` in the block of a symbol. */
export interface KconfigSelect {
  readonly by: string;
  readonly condition: string | undefined;
}

/** All that was read. */
export interface Kconfig {
  readonly definitions: ReadonlyMap<string, readonly KconfigDefinition[]>;
  /** By the symbol that is selected. */
  readonly selects: ReadonlyMap<string, readonly KconfigSelect[]>;
}

/** Gives the text of a Kconfig file by its path in the source tree; undefined when there is none. */
export type KconfigReader = (path: string) => Promise<string | undefined>;

/** Reads from a kernel source tree. */
export function treeReader(sourceDirectory: string): KconfigReader {
  return (path) =>
    readFile(join(sourceDirectory, path), 'utf8').then(
      (text) => text,
      () => undefined,
    );
}

interface Scope {
  readonly kind: 'if' | 'menu' | 'choice';
  readonly dependsOn: string[];
  readonly visibleIf: string[];
  readonly choice: number | undefined;
}

interface Block {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly dependsOn: string[];
  promptConditions: string[] | undefined;
}

/** Collects definitions from any number of files; scopes reach across `source`, as in Kconfig. */
class KconfigCollector {
  readonly definitions = new Map<string, KconfigDefinition[]>();
  readonly selects = new Map<string, KconfigSelect[]>();
  readonly #scopes: Scope[] = [];
  #block: Block | undefined;
  #choices = 0;

  /** Takes a line in; returns the path of a file to read in its place. */
  line(text: string, file: string, line: number): string | undefined {
    const [, word = '', rest = ''] = /^\s*([a-z_]+)(?:\s+|(?=")|$)(.*)$/.exec(text) ?? [];
    const scope = this.#scopes.at(-1);
    switch (word) {
      case 'config':
      case 'menuconfig':
        this.#finish();
        this.#block = { name: rest.trim(), file, line, dependsOn: [], promptConditions: undefined };
        break;
      case 'source':
      case 'rsource':
      case 'osource':
      case 'orsource':
        this.#finish();
        return rest.replaceAll('"', '').trim();
      case 'if':
        this.#open('if', [withoutComment(rest)]);
        break;
      case 'menu':
        this.#open('menu', []);
        break;
      case 'choice':
        this.#open('choice', [], ++this.#choices);
        break;
      case 'endif':
      case 'endmenu':
      case 'endchoice':
        this.#finish();
        this.#scopes.pop();
        break;
      case 'comment':
      case 'mainmenu':
        this.#finish();
        // A comment has dependencies of its own, which concern nothing else.
        this.#block = { name: '', file, line, dependsOn: [], promptConditions: undefined };
        break;
      case 'depends': {
        const [condition, onlyIf] = splitIf(rest.replace(/^on\s+/, ''));
        const dependency = onlyIf === undefined ? condition : `!(${onlyIf}) || (${condition})`;
        (this.#block ?? scope)?.dependsOn.push(dependency);
        break;
      }
      case 'visible':
        scope?.visibleIf.push(withoutComment(rest.replace(/^if\s+/, '')));
        break;
      case 'bool':
      case 'tristate':
      case 'int':
      case 'hex':
      case 'string':
      case 'prompt':
        if (/^["']/.test(rest) && this.#block !== undefined) {
          const condition = splitIf(rest)[1];
          this.#block.promptConditions = condition === undefined ? [] : [condition];
        }
        break;
      case 'select': {
        const [target, condition] = splitIf(rest);
        const by = this.#block?.name;
        if (by) push(this.selects, target, { by, condition });
        break;
      }
    }
    return undefined;
  }

  /** Ends the last block. */
  finish(): Kconfig {
    this.#finish();
    return { definitions: this.definitions, selects: this.selects };
  }

  #open(kind: Scope['kind'], dependsOn: string[], choice = this.#scopes.at(-1)?.choice): void {
    this.#finish();
    this.#scopes.push({ kind, dependsOn, visibleIf: [], choice });
  }

  #finish(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined || block.name === '') return;
    const visibleIf = this.#scopes.flatMap((scope) => scope.visibleIf);
    push(this.definitions, block.name, {
      file: block.file,
      line: block.line,
      dependsOn: [...this.#scopes.flatMap((scope) => scope.dependsOn), ...block.dependsOn],
      prompt:
        block.promptConditions === undefined
          ? undefined
          : { conditions: [...visibleIf, ...block.promptConditions] },
      choice: this.#scopes.at(-1)?.choice,
    });
  }
}

/**
 * Reads a Kconfig file and all that it includes.
 * @param variables for `$(SRCARCH)` in paths
 */
export async function readKconfig(
  read: KconfigReader,
  root = 'Kconfig',
  variables: Readonly<Record<string, string>> = { SRCARCH: 'x86', ARCH: 'x86', HEADER_ARCH: 'x86' },
): Promise<Kconfig> {
  const collector = new KconfigCollector();
  const readOne = async (path: string, depth: number): Promise<void> => {
    const text = depth < 50 ? await read(path) : undefined;
    if (text === undefined) return;
    for (const { line, number } of logicalLines(text)) {
      const included = collector.line(line, path, number);
      if (included !== undefined) {
        const resolved = included.replace(/\$\((\w+)\)/g, (_, name: string) => variables[name] ?? '');
        await readOne(resolved, depth + 1);
      }
    }
  };
  await readOne(root, 0);
  return collector.finish();
}

/** Lines with continuations joined; comments, empty lines and help texts left out. */
function* logicalLines(text: string): Generator<{ readonly line: string; readonly number: number }> {
  const lines = text.split('\n');
  let helpIndent: number | 'unknown' | undefined;
  for (let index = 0; index < lines.length; index++) {
    let line = lines[index] ?? '';
    if (line.trim() === '') continue;
    if (helpIndent !== undefined) {
      const indent = indentOf(line);
      if (helpIndent === 'unknown' && indent > 0) helpIndent = indent;
      if (helpIndent !== 'unknown' && indent >= helpIndent) continue;
      helpIndent = undefined;
    }
    const number = index + 1;
    while (line.endsWith('\\') && index + 1 < lines.length)
      line = `${line.slice(0, -1)} ${lines[++index] ?? ''}`;
    if (/^\s*#/.test(line)) continue;
    if (/^\s*(?:---)?help(?:---)?\s*$/.test(line)) helpIndent = 'unknown';
    else yield { line, number };
  }
}

/** Width of the white space before a line, tabs to multiples of 8: help ends at the first line that has less. */
function indentOf(line: string): number {
  let column = 0;
  for (const character of line) {
    if (character === '\t') column += 8 - (column % 8);
    else if (character === ' ') column++;
    else break;
  }
  return column;
}

/** Splits `THING if CONDITION` outside quotes. */
function splitIf(text: string): [string, string | undefined] {
  const bare = withoutComment(text);
  const [, thing, condition] = /^((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'])*?)\s+if\s+(.*)$/.exec(bare) ?? [];
  return thing === undefined || condition === undefined ? [bare, undefined] : [thing.trim(), condition];
}

/** Cuts a `# comment` at the end of a line; a `#` in quotes or inside `$(…)` is none. */
function withoutComment(text: string): string {
  const [kept = text] = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$\([^)]*\)|(?!\s#)[\s\S])*/.exec(text) ?? [];
  return kept.trim();
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
