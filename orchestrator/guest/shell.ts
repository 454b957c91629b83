/** Running programs in a guest, whatever the way in. */
import { abortCause, GuestError, within } from '../base/index.ts';

/** A command line for the guest's /bin/sh, or a program (an absolute path) with its arguments, which needs no shell. */
export type GuestCommand = string | readonly [string, ...string[]];

/** What a finished guest command left. */
export interface GuestResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs in the guest. */
export interface GuestProcess {
  readonly command: string;
  /** Sends a line to its standard input. */
  send(line: string): void;
  /** Calls `listener` for every line of standard output, from the first on. */
  onLine(listener: (line: string) => void): void;
  /** Settles with the exit code, or undefined when the connection was lost. */
  readonly exited: Promise<number | undefined>;
  /** What it wrote to standard error so far. */
  stderr(): string;
}

/** A way into a guest. Disposing it ends the connection. */
export interface GuestShell extends AsyncDisposable {
  /** Settles when the connection is gone: no program is heard of any more. */
  readonly closed: Promise<void>;
  /**
   * Starts a program.
   * @throws GuestError when the connection is gone or the guest can't start it
   */
  start(command: GuestCommand): Promise<GuestProcess>;
}

/** A command as one line, for messages. */
export function commandText(command: GuestCommand): string {
  return typeof command === 'string' ? command : command.join(' ');
}

/**
 * Runs a command to its end.
 * @throws GuestError when it did not end within `limitMs` or the connection was lost; what `signal` was aborted with
 */
export async function runInGuest(
  shell: GuestShell,
  command: GuestCommand,
  limitMs: number,
  signal?: AbortSignal,
): Promise<GuestResult> {
  const process = await shell.start(command);
  const output: string[] = [];
  process.onLine((line) => output.push(`${line}\n`));
  const ended = await within(
    process.exited.then((code) => ({ code })),
    limitMs,
    signal,
  );
  if (signal?.aborted) throw abortCause(signal);
  if (ended?.code === undefined) {
    const how = ended === undefined ? `did not end within ${limitMs / 1000} s` : 'lost its connection';
    throw new GuestError(`in the guest, '${commandText(command)}' ${how}`, {
      detail: output.join('') + process.stderr(),
    });
  }
  return { code: ended.code, stdout: output.join(''), stderr: process.stderr() };
}
