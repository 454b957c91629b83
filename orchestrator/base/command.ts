/** Short commands: run to the end, output collected. */
import { monotonicMs } from './clock.ts';
import { abortCause, InfraError } from './errors.ts';
import { type ExitStatus, type ProcessSpec, startProcess } from './process.ts';

/** What a finished command left. */
export interface CommandResult extends ExitStatus {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A command and, if wanted, what to feed it. */
export interface CommandSpec extends ProcessSpec {
  readonly input?: string | Uint8Array;
  /** Called for every piece of output as it comes, in addition to collecting it. */
  readonly onOutput?: (chunk: Buffer) => void;
}

/** How a command reads in a message: arguments with odd characters are quoted so that it can be pasted. */
export function commandLine(argv: readonly string[]): string {
  return argv
    .map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/**
 * Runs a command to its end, whatever its exit code.
 * @throws what `spec.signal` was aborted with; InfraError when it can't be started
 */
export async function tryCommand(spec: CommandSpec): Promise<CommandResult> {
  const startedMs = monotonicMs();
  const child = startProcess({ ...spec, stdin: spec.input !== undefined });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    into.push(chunk);
    spec.onOutput?.(chunk);
  };
  child.stdout.on('data', collect(stdout));
  child.stderr.on('data', collect(stderr));
  if (spec.input !== undefined) child.stdin.end(spec.input);
  const status = await child.exited;
  if (spec.signal?.aborted) throw abortCause(spec.signal);
  return {
    ...status,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString('utf8'),
    durationMs: monotonicMs() - startedMs,
  };
}

/**
 * Runs a command that must succeed.
 * @throws InfraError with the command, how it ended and the last lines of its standard error
 */
export async function runCommand(spec: CommandSpec): Promise<CommandResult> {
  const result = await tryCommand(spec);
  if (result.code === 0) return result;
  const how =
    result.signal === null ? `ended with exit code ${result.code}` : `was ended by ${result.signal}`;
  throw new InfraError(`${commandLine(spec.argv)} ${how}`, {
    detail: result.stderr.trim().split('\n').slice(-15).join('\n'),
  });
}
