/** Into a guest by SSH, over a virtio-serial port. */
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import {
  abortCause,
  BootError,
  GuestError,
  InfraError,
  messageOf,
  UnplugError,
  within,
} from '../base/index.ts';
import type { GuestKeys } from './keys.ts';
import type { GuestCommand, GuestProcess, GuestShell } from './shell.ts';

const KEEPALIVE_MS = 5000;

/** What a terminal is like. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
  /** As in `$TERM`. */
  readonly type: string;
}

/** A connection to a guest's SSH server. */
export class SshShell implements GuestShell {
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
   * Speaks SSH with the guest's server.
   * @param stream what reaches it; it serves one connection
   * @param gone settles when the machine ended: no answer will come
   * @throws BootError `no-ssh` when `limitMs` ran out or the machine ended; what `signal` was aborted with
   */
  static async connect(
    stream: Duplex,
    keys: GuestKeys,
    limitMs: number,
    gone: Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<SshShell> {
    const client = new ssh2.Client();
    const ready = handshake(client, stream, keys, limitMs);
    try {
      const end = await within(Promise.race([ready, gone.then(() => 'gone' as const)]), limitMs, signal);
      if (end === 'ready') return new SshShell(client);
      if (signal?.aborted) throw abortCause(signal);
      throw new BootError(
        'no-ssh',
        end === 'gone'
          ? 'QEMU ended before SSH answered'
          : `the guest is up, but SSH does not answer (sshMs, ${limitMs / 1000} s)`,
      );
    } catch (error) {
      client.destroy();
      ready.catch(() => undefined);
      if (error instanceof UnplugError) throw error;
      throw new BootError('no-ssh', 'the guest is up, but SSH does not answer', {
        cause: error,
        detail: messageOf(error),
      });
    }
  }

  /**
   * Starts a program, through the guest's /bin/sh.
   * @throws GuestError when the connection is gone or the guest refuses
   */
  async start(command: GuestCommand): Promise<GuestProcess> {
    const line = shellLine(command);
    const channel = await this.#exec(line);
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
      command: line,
      send: (line) => void channel.write(`${line}\n`),
      onLine: (listener) => void lines.on('line', listener),
      exited,
      stderr: () => stderr,
    };
  }

  /**
   * A login shell on a terminal of its own.
   * @throws GuestError when the guest refuses
   */
  async terminal(size: TerminalSize): Promise<ClientChannel> {
    const { columns: cols, rows, type: term } = size;
    return new Promise((resolve, reject) => {
      this.#client.shell({ cols, rows, term, width: 0, height: 0 }, (error, channel) => {
        if (error === undefined) resolve(channel);
        else reject(new GuestError(`the guest gives no terminal: ${messageOf(error)}`, { cause: error }));
      });
    });
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    await within(this.closed, 1000);
  }
}

function handshake(client: ssh2.Client, stream: Duplex, keys: GuestKeys, limitMs: number): Promise<'ready'> {
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve('ready'));
    client.on('error', reject);
    client.once('close', () => reject(new InfraError('the connection was closed before it was up')));
    client.connect({
      sock: stream,
      username: 'root',
      privateKey: keys.privateKey,
      hostVerifier: (shown: Buffer) => Buffer.compare(shown, keys.hostPublicKey) === 0,
      readyTimeout: limitMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: 6,
    });
    // It was accepted paused, so that nothing was lost until now.
    stream.resume();
  });
}

/** sshd hands a command line to a shell: words are quoted for it. */
function shellLine(command: GuestCommand): string {
  if (typeof command === 'string') return command;
  return command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}
