/**
 * Supervised child processes: an own process group each, ended TERM → grace → KILL, and never outliving unplug,
 * not even when unplug is killed with SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { within } from './clock.ts';
import { abortCause, InfraError } from './errors.ts';

/** How a process ended. */
export interface ExitStatus {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to start and how. */
export interface ProcessSpec {
  /** Program and arguments; the program is looked up on PATH. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the process (TERM, grace, KILL) when it fires. */
  readonly signal?: AbortSignal;
  /** Time between TERM and KILL; 2000 ms when absent. */
  readonly graceMs?: number;
  /** Keep standard input open for writing; otherwise it is /dev/null. */
  readonly stdin?: boolean;
  /** Open files that the process gets as its descriptors 4, 5 and so on. */
  readonly inherit?: readonly number[];
}

/**
 * A shell that becomes the program. Before that it leaves a watcher in the same process group, which blocks in
 * `read` on descriptor 3, a pipe whose other end only unplug holds. When unplug dies, however it dies, or lets go of
 * the pipe, the read ends and the watcher kills the whole group: the program, its children (a `make` below a `make`
 * would go on without its parent) and itself. The group's number stays reserved while the watcher is in it, so
 * nobody else can be hit.
 *
 * The signals are ignored before the watcher is forked: a TERM to the group that came between its fork and a trap of
 * its own would end it, and a program that ignores TERM would then outlive the grace time.
 */
const GROUP_LEASH =
  'trap "" TERM INT HUP; (exec </dev/null >/dev/null 2>&1; read _ <&3; kill -s KILL -- -$$) & trap - TERM INT HUP; exec 3<&-; exec "$@"';

const DRAIN_LIMIT_MS = 1000;

/** A running child process. Disposing it ends it and everything in its group. */
export class SupervisedProcess implements AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Settles when the process ended and its output was read (or would not end within a second after it). */
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  #ended = false;
  #stopping: Promise<ExitStatus> | undefined;

  constructor(child: ChildProcess, spec: ProcessSpec) {
    this.#child = child;
    this.name = spec.argv[0];
    this.pid = child.pid as number;
    this.#graceMs = spec.graceMs ?? 2000;
    this.exited = this.#waitForEnd();
    const { signal } = spec;
    if (signal !== undefined) {
      const onAbort = (): void => void this.stop();
      signal.addEventListener('abort', onAbort, { once: true });
      void this.exited.then(() => signal.removeEventListener('abort', onAbort));
      if (signal.aborted) onAbort();
    }
  }

  get stdout(): Readable {
    return this.#child.stdout as Readable;
  }

  get stderr(): Readable {
    return this.#child.stderr as Readable;
  }

  /** @throws Error when the process was started without `stdin` */
  get stdin(): Writable {
    if (this.#child.stdin === null) throw new Error(`${this.name} was started without standard input`);
    return this.#child.stdin;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the process group: TERM, then KILL after the grace time. Settles when it has ended. */
  stop(): Promise<ExitStatus> {
    this.#stopping ??= (async () => {
      this.#signalGroup('SIGTERM');
      if ((await within(this.exited, this.#graceMs)) === undefined) this.#releaseLeash();
      return this.exited;
    })();
    return this.#stopping;
  }

  /** Kills the process group at once. */
  async kill(): Promise<ExitStatus> {
    this.#releaseLeash();
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #waitForEnd(): Promise<ExitStatus> {
    const closed = once(this.#child, 'close');
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null];
    this.#ended = true;
    // A grandchild may hold the output pipe: kill what is left of the group, then wait for the pipe, bounded.
    this.#releaseLeash();
    await within(closed, DRAIN_LIMIT_MS);
    return { code, signal };
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  /** Closing the leash makes the watcher kill the group with SIGKILL. */
  #releaseLeash(): void {
    (this.#child.stdio[3] as Writable | null)?.destroy();
  }
}

/**
 * Starts a process that can't outlive unplug.
 * @throws InfraError when the program can't be started; what `spec.signal` was aborted with
 */
export function startProcess(spec: ProcessSpec): SupervisedProcess {
  if (spec.signal?.aborted) throw abortCause(spec.signal);
  const child = spawn('/bin/sh', ['-c', GROUP_LEASH, 'sh', ...spec.argv], {
    detached: true,
    stdio: [spec.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe', ...(spec.inherit ?? [])],
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...(spec.env === undefined ? {} : { env: spec.env }),
  });
  // Without a listener a failed spawn or a write to a dead child would end unplug.
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.stdio[3]?.on('error', () => undefined);
  if (child.pid === undefined) throw new InfraError(`can't start ${spec.argv[0]}: no process could be made`);
  return new SupervisedProcess(child, spec);
}
