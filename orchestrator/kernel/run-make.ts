/** Runs make with a log, progress, and an error that names the first thing that went wrong. */
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { BuildError, commandLine, InfraError, throwIfAborted, tryCommand } from '../base/index.ts';
import { type FirstError, firstError } from './make-output.ts';

/** A make command to run. */
export interface MakeRun {
  readonly argv: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** What is built, for messages: `kernel baseline`. */
  readonly what: string;
  /** The whole output goes here; the file is written anew. */
  readonly logFile: string;
  /** File names in errors are relative to this one. */
  readonly directory: string;
  /** Replaces names of files in errors, e.g. of a copy by those of the original. */
  readonly mapFile?: (path: string) => string;
  readonly onOutput?: (chunk: string) => void;
  readonly signal?: AbortSignal;
}

/** make removes half-written targets on TERM; that and the end of the compilers is well below this. */
const GRACE_MS = 3000;

/**
 * Runs make to its end.
 * @throws BuildError with the first error's file and line, and where the log is; InfraError when the host is to blame;
 * what the signal was aborted with
 */
export async function runMake(run: MakeRun): Promise<void> {
  await mkdir(dirname(run.logFile), { recursive: true });
  const log = createWriteStream(run.logFile);
  log.on('error', () => undefined);
  log.write(`$ ${commandLine(run.argv)}\n`);
  let code: number | null;
  try {
    const result = await tryCommand({
      argv: run.argv,
      env: run.env,
      graceMs: GRACE_MS,
      onOutput: (chunk) => {
        log.write(chunk);
        run.onOutput?.(chunk.toString('utf8'));
      },
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    });
    code = result.code;
  } finally {
    log.end();
    await finished(log).catch(() => undefined);
  }
  throwIfAborted(run.signal);
  if (code === 0) return;
  const output = await readFile(run.logFile, 'utf8');
  throw buildError(run, firstError(output.slice(output.indexOf('\n') + 1)));
}

function buildError(run: MakeRun, error: FirstError | undefined): BuildError | InfraError {
  const where = `the whole log: ${run.logFile}`;
  if (error === undefined) return new BuildError(`${run.what}: make failed without a word`, { hint: where });
  const message = `${run.what}: ${describePlace(run, error)}${error.message}`;
  if (error.host) return new InfraError(message, { detail: error.excerpt, hint: where });
  return new BuildError(message, {
    detail: error.excerpt,
    hint: where,
    ...(error.file === undefined || error.line === undefined
      ? {}
      : { location: { file: fileOf(run, error.file), line: error.line, column: error.column ?? 1 } }),
  });
}

function fileOf(run: MakeRun, file: string): string {
  const path = isAbsolute(file) ? file : resolve(run.directory, file);
  return run.mapFile?.(path) ?? path;
}

function describePlace(run: MakeRun, { file, line, column }: FirstError): string {
  if (file === undefined) return '';
  const path = fileOf(run, file);
  const short = relative(resolve(run.directory, '..'), path);
  const shown = short.startsWith('..') ? path : short;
  return `${[shown, line, column].filter((part) => part !== undefined).join(':')}: `;
}
