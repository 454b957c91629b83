/**
 * Lines to nested results. Takes what consoles make of KTAP: prefixes, lines of others in between, a cut-off end.
 *
 * A nested level is one with more indentation, whatever its width (the specification says two blanks, KUnit prints
 * four), and it comes before the result line that it belongs to. What is missing is a problem of the document and
 * never a pass.
 */
import { type KtapLine, readKtapLine, withoutPrefix } from './lines.ts';
import { type KtapDocument, type KtapResult, MAX_DIAGNOSTICS } from './types.ts';

/** Deeper nesting than this is no test output. */
const MAX_DEPTH = 32;

interface Level {
  readonly indent: number;
  name: string | null;
  plan: number | null;
  readonly results: KtapResult[];
  readonly problems: string[];
  /** Lines that belong to the next result. */
  diagnostics: string[];
  /** The nested level that was closed and waits for its result line. */
  nested: Level | null;
  /** A name that TAP 14 gives in front of the nested level. */
  announced: string | null;
}

/**
 * All KTAP documents in a text. Lines before the first version line and lines that are no KTAP change nothing.
 *
 * @example parseKtap('KTAP version 1\n1..1\nok 1 suite\n')[0]?.results[0]?.name // 'suite'
 */
export function parseKtap(text: string): readonly KtapDocument[] {
  const reader = new Reader();
  let number = 0;
  for (const raw of text.split('\n')) reader.take(withoutPrefix(raw), ++number);
  return reader.finish();
}

class Reader {
  readonly #documents: KtapDocument[] = [];
  #version = '';
  #skip: string | null = null;
  #bailOut: string | null = null;
  #startLine = 0;
  #endLine = 0;
  /** Outermost first; empty before the first version line. */
  #levels: Level[] = [];
  /** A nested document that kselftest's runner carries, each line behind `# `. */
  #carried = false;

  take(raw: string, number: number): void {
    const line = this.#read(raw);
    if (line.kind === 'version' && (this.#levels.length === 0 || line.indent <= this.#outermost.indent)) {
      this.#close();
      this.#version = line.version;
      this.#startLine = number;
      this.#endLine = number;
      this.#levels = [open(line.indent)];
      this.#carried = false;
      return;
    }
    if (this.#levels.length === 0) return;
    if (line.kind !== 'other') this.#endLine = number;
    switch (line.kind) {
      case 'version':
        this.#nest(line.indent);
        return;
      case 'plan':
        this.#plan(line);
        return;
      case 'subtest':
        this.#name(line);
        return;
      case 'result':
        this.#result(line);
        return;
      case 'bail-out':
        this.#bailOut ??= line.reason;
        return;
      case 'diagnostic':
        this.#note(this.#levelFor(line.indent), line.text);
        return;
      case 'other': {
        // A failed expectation goes on in lines of its own, indented (lib/kunit/assert.c); a kernel log is not.
        const level = this.#innermost;
        if (line.indent > 0 && line.indent >= level.indent && level.diagnostics.length > 0)
          this.#note(level, line.text);
      }
    }
  }

  finish(): readonly KtapDocument[] {
    this.#close();
    return this.#documents;
  }

  get #outermost(): Level {
    return this.#levels[0] as Level;
  }

  get #innermost(): Level {
    return this.#levels.at(-1) as Level;
  }

  /** `# ` in front of TAP is a level of nesting, from the nested version line on. */
  #read(raw: string): KtapLine {
    const line = readKtapLine(raw);
    if (line.kind !== 'diagnostic' || this.#levels.length === 0 || line.indent !== this.#outermost.indent)
      return line;
    const inner = readKtapLine(raw.replace('# ', '  '));
    if (inner.kind === 'version') this.#carried = true;
    return this.#carried && inner.kind !== 'other' ? inner : line;
  }

  /** A version line below the outermost level: a new level, whatever was open there. */
  #nest(indent: number): void {
    this.#closeTo(indent);
    const same = this.#innermost.indent === indent ? this.#levels.pop() : undefined;
    if (same !== undefined) this.#abandon(same);
    this.#push(indent);
  }

  #plan({ indent, count, skip }: KtapLine & { kind: 'plan' }): void {
    const level = this.#levelAt(indent);
    if (level.plan !== null) level.problems.push(`a second plan, 1..${count} after 1..${level.plan}`);
    level.plan ??= count;
    if (level === this.#outermost) this.#skip ??= skip;
  }

  #name({ indent, name }: KtapLine & { kind: 'subtest' }): void {
    const level = this.#levelFor(indent);
    if (level.indent === indent && level.indent > this.#outermost.indent && level.name === null)
      level.name = name;
    else level.announced = name;
  }

  #result(line: KtapLine & { kind: 'result' }): void {
    const level = this.#levelAt(line.indent);
    const { nested } = level;
    level.nested = null;
    const children = nested === null ? null : settle(nested, level);
    const due = level.results.length + 1;
    // Where there is a plan, the count tells what is missing; some kselftests number as they like.
    if (level.plan === null && line.number !== due)
      level.problems.push(`result ${line.number} came where ${due} was due`);
    level.results.push({
      name: line.name || children?.name || `${line.number}`,
      ok: line.ok,
      directive: line.directive,
      diagnostics: [...level.diagnostics, ...(nested?.diagnostics ?? [])].slice(0, MAX_DIAGNOSTICS),
      plan: children?.plan ?? null,
      children: children?.results ?? [],
    });
    level.diagnostics = [];
    level.announced = null;
  }

  #note(level: Level, text: string): void {
    if (level.diagnostics.length < MAX_DIAGNOSTICS && text !== '') level.diagnostics.push(text);
  }

  /** The open level that a line of this indentation belongs to; none is opened or closed for it. */
  #levelFor(indent: number): Level {
    return this.#levels.findLast((level) => level.indent <= indent) ?? this.#outermost;
  }

  /** The level at exactly this indentation; deeper ones are closed, a missing one is opened. */
  #levelAt(indent: number): Level {
    this.#closeTo(indent);
    if (this.#innermost.indent < indent && this.#levels.length < MAX_DEPTH) {
      // What was closed just now came before this level's own lines, and belongs to its next result.
      const { nested } = this.#innermost;
      this.#innermost.nested = null;
      this.#push(indent).nested = nested;
    }
    return this.#innermost;
  }

  #push(indent: number): Level {
    if (this.#levels.length >= MAX_DEPTH) return this.#innermost;
    const level = open(indent);
    level.name = this.#innermost.announced;
    this.#levels.push(level);
    return level;
  }

  /** Closes levels that are deeper than `indent`; each waits in the one above for its result line. */
  #closeTo(indent: number): void {
    while (this.#levels.length > 1 && this.#innermost.indent > indent) {
      const level = this.#levels.pop() as Level;
      this.#abandon(level);
    }
  }

  /** Puts a closed level into the one above; one that still waits there will get no result line any more. */
  #abandon(level: Level): void {
    const above = this.#innermost;
    if (above.nested !== null) above.results.push(withoutLine(above.nested, above));
    above.nested = level;
  }

  #close(): void {
    if (this.#levels.length === 0) return;
    this.#closeTo(this.#outermost.indent);
    const level = this.#outermost;
    const { plan } = level;
    if (level.nested !== null) level.results.push(withoutLine(level.nested, level));
    const problems = [...level.problems, ...countProblem(level, 'KTAP')];
    if (this.#bailOut !== null)
      problems.push(`bailed out${this.#bailOut === '' ? '' : `: ${this.#bailOut}`}`);
    this.#documents.push({
      version: this.#version,
      plan,
      skip: this.#skip,
      results: level.results,
      problems,
      bailOut: this.#bailOut,
      startLine: this.#startLine,
      endLine: this.#endLine,
    });
    this.#levels = [];
    this.#skip = null;
    this.#bailOut = null;
  }
}

function open(indent: number): Level {
  return {
    indent,
    name: null,
    plan: null,
    results: [],
    problems: [],
    diagnostics: [],
    nested: null,
    announced: null,
  };
}

/** Completes a nested level; its problems become those of the level above, with its name. */
function settle(
  level: Level,
  above: Level,
): { readonly name: string | null; readonly plan: number | null; readonly results: readonly KtapResult[] } {
  if (level.nested !== null) level.results.push(withoutLine(level.nested, level));
  level.nested = null;
  const name = level.name ?? 'a nested test';
  above.problems.push(
    ...level.problems.map((problem) => `${name}: ${problem}`),
    ...countProblem(level, name),
  );
  return { name: level.name, plan: level.plan, results: level.results };
}

/** A level whose own result line never came. */
function withoutLine(level: Level, above: Level): KtapResult {
  const { name, plan, results } = settle(level, above);
  const shown = name ?? 'a nested test';
  above.problems.push(`${shown} has no result line`);
  return {
    name: shown,
    ok: null,
    directive: null,
    diagnostics: level.diagnostics.slice(0, MAX_DIAGNOSTICS),
    plan,
    children: results,
  };
}

function countProblem({ plan, results }: Level, name: string): readonly string[] {
  const came = results.filter((one) => one.ok !== null).length;
  if (plan === null || came === plan) return [];
  return [
    came < plan
      ? `${name} ends after ${came} of ${plan}`
      : `${name} has ${came} results, ${plan} were planned`,
  ];
}
