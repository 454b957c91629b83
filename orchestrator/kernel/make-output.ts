/** Reads what Kbuild prints: how far it is, and the first error in it. */

/** The lines that stand for an object file: `  CC      kernel/fork.o`, `  CC [M]  …`, `  AS      …`, `  HOSTCC  …`. */
const OBJECT_LINE = /^ {2}(?:CC|AS|HOSTCC)(?: \[M\])? +\S/;
const STEP_LINE = /^ {2}(LD|KSYMS|MODPOST|XZKERN|GZIP|ZSTD22?|LZ4|OBJCOPY|BUILD)(?: \[M\])? +(\S+)/;

/** Follows the output of make line by line. */
export class MakeProgress {
  #objects = 0;
  #step = '';
  #rest = '';

  /** Objects compiled so far. */
  get objects(): number {
    return this.#objects;
  }

  /** What is going on when it is no object: `linking vmlinux`; '' otherwise. */
  get step(): string {
    return this.#step;
  }

  /** Takes a piece of output, split anywhere. */
  feed(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (OBJECT_LINE.test(line)) {
      this.#objects++;
      this.#step = '';
      return;
    }
    const [, what, target = ''] = STEP_LINE.exec(line) ?? [];
    if (what === 'LD' && /vmlinux/.test(target)) this.#step = 'linking vmlinux';
    else if (what === 'KSYMS' || what === 'MODPOST') this.#step = 'linking vmlinux';
    else if (what !== undefined && /boot\//.test(target)) this.#step = 'packing bzImage';
  }
}

/** What went wrong first in a build. */
export interface FirstError {
  /** As printed: relative to the build folder, or absolute. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The error in one line. */
  readonly message: string;
  /** The lines of the log that belong to it. */
  readonly excerpt: string;
  /** Whether it is the host's fault and not the source's. */
  readonly host: boolean;
}

interface ErrorRule {
  readonly pattern: RegExp;
  /** Which capture groups hold what. */
  readonly read: (match: RegExpExecArray) => Omit<FirstError, 'excerpt' | 'host'>;
  readonly host?: true;
  /** Taken only when no other rule matches anywhere in the log. */
  readonly weak?: true;
}

const at = (
  file: string | undefined,
  line: string | undefined,
  column: string | undefined,
  message: string | undefined,
) => ({
  ...(file === undefined ? {} : { file }),
  ...(line === undefined ? {} : { line: Number(line) }),
  ...(column === undefined ? {} : { column: Number(column) }),
  message: message ?? '',
});

/** What counts as an error, for each line of the log in this order. */
const ERRORS: readonly ErrorRule[] = [
  // The host's faults first: a full disk also makes the compiler complain.
  { pattern: /^.*No space left on device/, read: ([text]) => ({ message: text }), host: true },
  {
    pattern:
      /^(?:gcc|cc1|x86_64-linux-gnu-gcc(?:-\d+)?): fatal error: Killed signal terminated program (\S+)/,
    read: ([, program]) => ({ message: `${program} was killed: most likely the host ran out of memory` }),
    host: true,
  },
  {
    pattern: /^(?:\/bin\/)?(?:ba|da)?sh: (?:line )?\d+: (\S+): (?:command )?not found/,
    read: ([, program]) => ({ message: `${program}: not found` }),
    host: true,
    weak: true,
  },
  // gcc: file:line:column: error: text
  {
    pattern: /^([^\s:]+):(\d+):(\d+): (?:fatal )?error: (.*)$/,
    read: ([, file, line, column, text]) => at(file, line, column, text),
  },
  // The linker: file:line or file:(.section+offset): undefined reference to `x'
  {
    pattern: /^(?:\S*ld: )?([^\s:]+):(\d+): ((?:undefined reference|multiple definition).*)$/,
    read: ([, file, line, text]) => at(file, line, undefined, text),
  },
  {
    pattern: /^(?:\S*ld: )?([^\s:]+):\([^)]*\): ((?:undefined reference|multiple definition).*)$/,
    read: ([, file, text]) => at(file, undefined, undefined, text),
  },
  // The assembler, and gcc without columns.
  {
    pattern: /^([^\s:]+):(\d+): (?:fatal )?(?:Error|error): (.*)$/,
    read: ([, file, line, text]) => at(file, line, undefined, text),
  },
  { pattern: /^ERROR: modpost: (.*)$/, read: ([, text]) => ({ message: `modpost: ${text}` }) },
  { pattern: /^(?:gcc|cc1|ccache|\S*ld): (?:fatal )?error: (.*)$/i, read: ([text]) => ({ message: text }) },
  {
    pattern: /^([^\s:]+\.o): (?:error|warning): objtool: (.*)$/,
    read: ([, file, text]) => at(file, undefined, undefined, `objtool: ${text}`),
    weak: true,
  },
  {
    pattern: /^make(?:\[\d+\])?: \*\*\* (No rule to make target .*)$/,
    read: ([, text]) => ({ message: text?.replace(/\.? {2}Stop\.$/, '') ?? '' }),
  },
  // Kbuild itself and Kconfig: file:line: text
  {
    pattern: /^([^\s:]*(?:Kconfig|Makefile)[^\s:]*):(\d+): (?:\*\*\* )?(.*)$/,
    read: ([, file, line, text]) => at(file, line, undefined, text),
    weak: true,
  },
  // make's own summary of a recipe that failed without a word.
  {
    pattern: /^make(?:\[\d+\])?: \*\*\* (?!Waiting)(.*)$/,
    read: ([, text]) => ({ message: text ?? '' }),
    weak: true,
  },
];

/** Finds the first error of a log; undefined when there is none in it. */
export function firstError(log: string): FirstError | undefined {
  const lines = log.split('\n');
  let weak: FirstError | undefined;
  for (const [index, line] of lines.entries()) {
    for (const rule of ERRORS) {
      const match = rule.pattern.exec(line);
      if (match === null) continue;
      const found: FirstError = {
        ...rule.read(match),
        excerpt: excerptAt(lines, index),
        host: rule.host === true,
      };
      if (rule.weak !== true) return found;
      weak ??= found;
      break;
    }
  }
  return weak;
}

/** The error's line and the source lines that gcc shows below it. */
function excerptAt(lines: readonly string[], index: number): string {
  const excerpt = [lines[index] ?? ''];
  for (let next = index + 1; next < lines.length && excerpt.length < 5; next++) {
    if (!/^\s+(?:\d+ )?\|/.test(lines[next] ?? '')) break;
    excerpt.push(lines[next] ?? '');
  }
  return excerpt.join('\n');
}
