/** The way into a guest: SSH over the machine's loopback port. */
import { createInterface } from 'node:readline';
import ssh2, { type ClientChannel } from 'ssh2';
import {
  abortCause,
  BootError,
  delay,
  GuestError,
  InfraError,
  messageOf,
  monotonicMs,
  within,
} from '../base/index.ts';
import type { RunKeys } from './keys.ts';

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

const RETRY_MS = 50;
/** What ssh2 says when the server answers an exec request with a failure (RFC 4254 §6.5). */
const REFUSED = 'Unable to exec';
const EXEC_ATTEMPTS = 3;
const EXEC_RETRY_MS = 200;
const ATTEMPT_LIMIT_MS = 15_000;
const KEEPALIVE_MS = 5000;

/** A connection to a guest's SSH server. */
export class GuestShell implements AsyncDisposable {
  readonly #client: ssh2.Client;
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;

  private constructor(client: ssh2.Client) {
    this.#client = client;
    // Every running command listens for the end of the connection.
    client.setMaxListeners(0);
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
  }

  /**
   * Connects, trying again until the guest answers.
   * @param gone settles when the machine ended: no point in trying on
   * @throws BootError `no-ssh` when `limitMs` ran out; what `signal` was aborted with
   */
  static async connect(
    port: number,
    keys: RunKeys,
    limitMs: number,
    gone: Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<GuestShell> {
    const startedMs = monotonicMs();
    let ended = false;
    void gone.then(() => {
      ended = true;
    });
    let last: unknown;
    while (!ended && monotonicMs() - startedMs < limitMs) {
      if (signal?.aborted) throw abortCause(signal);
      try {
        return new GuestShell(await attempt(port, keys, signal));
      } catch (error) {
        last = error;
      }
      await delay(RETRY_MS, signal);
    }
    if (signal?.aborted) throw abortCause(signal);
    throw new BootError(
      'no-ssh',
      ended ? 'QEMU ended before SSH answered' : 'the guest is up, but SSH does not answer',
      {
        cause: last,
        detail: last instanceof Error ? last.message : '',
      },
    );
  }

  /**
   * Starts a command line (read by the guest's /bin/sh).
   * @throws GuestError when the connection is gone or the guest refuses
   */
  async start(command: string): Promise<GuestProcess> {
    const channel = await this.#open(command);
    let stderr = '';
    channel.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-16_384);
    });
    channel.on('error', () => undefined);
    const lines = createInterface({ input: channel });
    const exited = new Promise<number | undefined>((resolve) => {
      let code: number | undefined;
      channel.once('exit', (status: number | null) => {
        code = status ?? 255;
      });
      channel.once('close', () => resolve(code));
      this.#client.once('close', () => resolve(code));
    });
    return {
      command,
      send: (line) => void channel.write(`${line}\n`),
      onLine: (listener) => void lines.on('line', listener),
      exited,
      stderr: () => stderr,
    };
  }

  /**
   * Opens a channel with a running command. dropbear 2022.83 now and then refuses an exec request while it handles the
   * end of other commands; nothing was started then, so it may be asked again. A guest that can't start anything
   * refuses every time.
   */
  async #open(command: string): Promise<ClientChannel> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#exec(command);
      } catch (error) {
        if (attempt === EXEC_ATTEMPTS || !(error instanceof GuestError) || !error.message.endsWith(REFUSED))
          throw error;
      }
      await delay(EXEC_RETRY_MS);
    }
  }

  #exec(command: string): Promise<ClientChannel> {
    return new Promise<ClientChannel>((resolve, reject) => {
      const lost = (): void => reject(new GuestError(`the SSH connection ended before '${command}' started`));
      const refused = (error: unknown): void =>
        reject(new GuestError(`the guest can't start '${command}': ${messageOf(error)}`, { cause: error }));
      this.#client.once('close', lost);
      try {
        this.#client.exec(command, (error, opened) => {
          this.#client.removeListener('close', lost);
          if (error === undefined) resolve(opened);
          else refused(error);
        });
      } catch (error) {
        refused(error);
      }
    });
  }

  /**
   * Runs a command line to its end.
   * @throws GuestError when it did not end within `limitMs` or the connection was lost; what `signal` was aborted with
   */
  async run(command: string, limitMs: number, signal?: AbortSignal): Promise<GuestResult> {
    const process = await this.start(command);
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
      throw new GuestError(`in the guest, '${command}' ${how}`, {
        detail: output.join('') + process.stderr(),
      });
    }
    return { code: ended.code, stdout: output.join(''), stderr: process.stderr() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    await within(this.closed, 1000);
  }
}

function attempt(port: number, keys: RunKeys, signal?: AbortSignal): Promise<ssh2.Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const onAbort = (): void => void client.destroy();
    signal?.addEventListener('abort', onAbort, { once: true });
    client.once('ready', () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(client);
    });
    client.on('error', reject);
    client.once('close', () => reject(new InfraError('the connection was closed before it was up')));
    client.connect({
      host: '127.0.0.1',
      port,
      username: 'root',
      privateKey: keys.privateKey,
      hostVerifier: (shown: Buffer) => Buffer.compare(shown, keys.hostPublicKey) === 0,
      readyTimeout: ATTEMPT_LIMIT_MS,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: 6,
    });
  });
}
