/**
 * Diffs, read as `git apply` reads them (Documentation/diff-generate-patch and git's apply.c): which files, which
 * modes, which hunks. Nothing is applied here. Pure.
 */

/** A hunk: `@@ -oldStart,oldCount +newStart,newCount @@`. */
export interface Hunk {
  readonly oldStart: number;
  /** Its header and lines, as they are. */
  readonly lines: readonly string[];
  /** Line number of the header in the file that it was read from. */
  readonly line: number;
}

/** What a diff does to one file. Paths are without `a/` and `b/`. */
export interface FileDiff {
  /** Undefined when the file is created. */
  readonly oldPath?: string;
  /** Undefined when the file is deleted. */
  readonly newPath?: string;
  /** Names as written, with the first component still there. */
  readonly rawPaths: readonly string[];
  /** Made with `diff.noprefix`: both names of its first line are the same, so the first component is none to strip. */
  readonly noPrefix?: boolean;
  /** E.g. `100644`; only what the diff says. */
  readonly oldMode?: string;
  readonly newMode?: string;
  readonly hunks: readonly Hunk[];
  /** `literal`: has its content (`GIT binary patch`). `omitted`: "Binary files differ". */
  readonly binary?: 'literal' | 'omitted';
  readonly line: number;
}

/** A diff that `git apply` would call corrupt. */
export class DiffDamage {
  readonly line: number;
  readonly message: string;
  constructor(line: number, message: string) {
    this.line = line;
    this.message = message;
  }
}

/** A line of a mail and its number in the file. */
export interface NumberedLines {
  readonly lines: readonly string[];
  readonly lineNumbers: readonly number[];
}

/**
 * Index of the line where the diff begins: what is before it is the commit's text (git mailinfo.c, patchbreak);
 * undefined when there is none.
 */
export function diffStart(lines: readonly string[]): number | undefined {
  let inHeader = false;
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('diff -') || line.startsWith('Index: ')) inHeader = true;
    if (/^diff --git /.test(line)) return index;
    if (
      /^--- \S/.test(line) &&
      /^\+\+\+ \S/.test(lines[index + 1] ?? '') &&
      (lines[index + 2] ?? '').startsWith('@@ -')
    )
      return index;
    // A hunk below "diff -u" or "Index:" whose names are missing: damaged, but meant to be a diff.
    if (inHeader && line.startsWith('@@ -')) return index;
  }
  return undefined;
}

/** Reads all diffs in `text` from {@link diffStart} on, or says what is damaged. */
export function parseDiff(text: NumberedLines): readonly FileDiff[] | DiffDamage {
  const start = diffStart(text.lines);
  if (start === undefined) return [];
  const reader = new Reader(text, start);
  const found: FileDiff[] = [];
  try {
    while (reader.more) {
      const diff = readFileDiff(reader);
      if (diff !== undefined) found.push(diff);
    }
  } catch (thrown) {
    if (thrown instanceof DiffDamage) return thrown;
    throw thrown;
  }
  return found;
}

class Reader {
  #at: number;
  readonly #text: NumberedLines;
  constructor(text: NumberedLines, at: number) {
    this.#text = text;
    this.#at = at;
  }
  get more(): boolean {
    return this.#at < this.#text.lines.length;
  }
  /** The line `ahead` of the current one, without a CR at its end. */
  peek(ahead = 0): string {
    return (this.#text.lines[this.#at + ahead] ?? '').replace(/\r$/, '');
  }
  next(): string {
    return this.#text.lines[this.#at++] ?? '';
  }
  get lineNumber(): number {
    return this.#text.lineNumbers[Math.min(this.#at, this.#text.lines.length - 1)] ?? 1;
  }
}

function readFileDiff(reader: Reader): FileDiff | undefined {
  const line = reader.lineNumber;
  const text = reader.peek();
  if (text.startsWith('diff --git ')) return readGitDiff(reader, line);
  if (/^--- \S/.test(text) && /^\+\+\+ \S/.test(reader.peek(1)) && reader.peek(2).startsWith('@@ -')) {
    const names = { old: parseName(reader.next().slice(4)), new: parseName(reader.next().slice(4)) };
    return fileDiff(names.old, names.new, {}, readHunks(reader), undefined, line);
  }
  if (/^@@ -\d/.test(text)) throw new DiffDamage(line, 'a hunk without the name of its file before it');
  reader.next();
  return undefined;
}

interface Extended {
  oldMode?: string;
  newMode?: string;
  created?: boolean;
  deleted?: boolean;
  from?: string;
  to?: string;
}

/** A diff with git's extended header: modes, renames, binary content. */
function readGitDiff(reader: Reader, line: number): FileDiff {
  const names = splitGitNames(reader.next().replace(/\r$/, '').slice('diff --git '.length));
  const extended: Extended = {};
  let oldName: string | undefined;
  let newName: string | undefined;
  let binary: FileDiff['binary'];
  let hunks: readonly Hunk[] = [];
  header: while (reader.more) {
    const text = reader.peek();
    const [, key, value = ''] =
      /^(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|rename old|rename new|similarity index|dissimilarity index|index) (.*)$/.exec(
        text,
      ) ?? [];
    switch (key) {
      case 'old mode':
        extended.oldMode = value.trim();
        break;
      case 'new mode':
        extended.newMode = value.trim();
        break;
      case 'deleted file mode':
        extended.deleted = true;
        extended.oldMode = value.trim();
        break;
      case 'new file mode':
        extended.created = true;
        extended.newMode = value.trim();
        break;
      case 'copy from':
      case 'rename from':
      case 'rename old':
        extended.from = unquote(value);
        break;
      case 'copy to':
      case 'rename to':
      case 'rename new':
        extended.to = unquote(value);
        break;
      case 'index': {
        const mode = /^[0-9a-f]+\.\.[0-9a-f]+ (\d+)$/.exec(value)?.[1];
        if (mode !== undefined) extended.oldMode ??= mode;
        break;
      }
      case undefined:
        if (/^--- \S/.test(text) && /^\+\+\+ \S/.test(reader.peek(1))) {
          oldName = parseName(reader.next().slice(4));
          newName = parseName(reader.next().slice(4));
          hunks = readHunks(reader);
        } else if (text === 'GIT binary patch') {
          binary = 'literal';
          reader.next();
          while (reader.more && !/^(diff --git |-- $)/.test(reader.peek())) reader.next();
        } else if (/^Binary files .* differ$/.test(text)) {
          binary = 'omitted';
          reader.next();
        }
        break header;
      default:
        break;
    }
    reader.next();
  }
  if (extended.created) oldName = '/dev/null';
  if (extended.deleted) newName = '/dev/null';
  const from = extended.from === undefined ? (oldName ?? names?.old) : `a/${extended.from}`;
  const to = extended.to === undefined ? (newName ?? names?.new) : `b/${extended.to}`;
  if (from === undefined || to === undefined)
    throw new DiffDamage(line, 'a diff without the names of its files');
  const diff = fileDiff(from, to, extended, hunks, binary, line);
  // A name in the first line that the others don't repeat is checked, too.
  if (names === undefined) return diff;
  return {
    ...diff,
    rawPaths: [...new Set([...diff.rawPaths, names.old, names.new])],
    ...(names.old === names.new ? { noPrefix: true } : {}),
  };
}

function fileDiff(
  from: string,
  to: string,
  { oldMode, newMode }: Extended,
  hunks: readonly Hunk[],
  binary: FileDiff['binary'],
  line: number,
): FileDiff {
  return {
    ...(from === '/dev/null' ? {} : { oldPath: stripFirst(from) }),
    ...(to === '/dev/null' ? {} : { newPath: stripFirst(to) }),
    rawPaths: [from, to].filter((path) => path !== '/dev/null'),
    ...(oldMode === undefined ? {} : { oldMode }),
    ...(newMode === undefined ? {} : { newMode }),
    ...(binary === undefined ? {} : { binary }),
    hunks,
    line,
  };
}

function readHunks(reader: Reader): Hunk[] {
  const hunks: Hunk[] = [];
  while (reader.peek().startsWith('@@ -')) hunks.push(readHunk(reader));
  return hunks;
}

function readHunk(reader: Reader): Hunk {
  const line = reader.lineNumber;
  const header = reader.next();
  const [, oldStart, oldCount = '1', newCount = '1'] =
    /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(header) ?? [];
  if (oldStart === undefined) throw new DiffDamage(line, 'a hunk whose header is no "@@ -12,3 +12,4 @@"');
  let oldLeft = Number(oldCount);
  let newLeft = Number(newCount);
  const lines = [header];
  while (oldLeft > 0 || newLeft > 0) {
    const at = reader.lineNumber;
    if (!reader.more)
      throw new DiffDamage(
        at,
        `the text ends inside the hunk of line ${line}: ${oldLeft} old and ${newLeft} new lines are missing`,
      );
    const text = reader.next();
    // Mail programs strip the blank of an empty context line; git apply takes that.
    const first = text.replace(/\r$/, '') === '' ? ' ' : text[0];
    if (first === ' ' || first === '-') oldLeft--;
    if (first === ' ' || first === '+') newLeft--;
    if (!' -+\\'.includes(first as string) || oldLeft < 0 || newLeft < 0) {
      throw new DiffDamage(
        at,
        `this line does not belong to a diff, but the hunk of line ${line} goes on here (its header says ${oldCount} old and ${newCount} new lines)`,
      );
    }
    lines.push(text);
  }
  if (reader.peek().startsWith('\\ ')) lines.push(reader.next());
  return { oldStart: Number(oldStart), lines, line };
}

/** The two names of a `diff --git` line; undefined when they can't be told apart (a rename with blanks). */
function splitGitNames(text: string): { old: string; new: string } | undefined {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(text);
  if (quoted !== null) return { old: unquote(quoted[1] as string), new: unquote(quoted[2] as string) };
  const half = (text.length - 1) / 2;
  const [from, to] = [text.slice(0, half), text.slice(half + 1)];
  return Number.isInteger(half) && text[half] === ' ' && stripFirst(from) === stripFirst(to)
    ? { old: from, new: to }
    : undefined;
}

/** The name on a `---` or `+++` line; what is after a tab is a time. */
function parseName(text: string): string {
  const trimmed = text.replace(/\r$/, '');
  return trimmed.startsWith('"') ? unquote(trimmed) : (trimmed.split('\t')[0] as string).trimEnd();
}

/** Undoes git's C-style quoting (quote.c): `"a\tb\303\266"`; bytes come out as latin1 characters. */
function unquote(text: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  if (inner === undefined) return text;
  const simple: Readonly<Record<string, string>> = {
    a: '\x07',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
    v: '\v',
  };
  return inner.replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8) & 0xff) : (simple[code] ?? code),
  );
}

/** `git apply` strips the first component (`-p1`). */
function stripFirst(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(slash + 1);
}
