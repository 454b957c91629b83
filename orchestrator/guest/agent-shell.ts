/**
 * Into a guest by the agent that waits on a virtio-serial port (guest/workloads/agent.c): a command costs a vfork() and
 * an exec there, where SSH adds ciphers, a fork of its server and a shell. `bench/clone` prints the difference.
 */
import { createInterface, type Interface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { GuestError } from '../base/index.ts';
import { type AgentFrame, AgentFrames, inputFrame, runCommandFrame } from './agent-frames.ts';
import { commandText, type GuestCommand, type GuestProcess, type GuestShell } from './shell.ts';

const STDERR_KEPT = 16_384;

interface Running {
  readonly out: PassThrough;
  readonly lines: Interface;
  stderr: string;
  /** Undefined: the connection was lost. */
  readonly end: (code: number | undefined) => void;
  readonly fail: (error: Error) => void;
}

/** A connection to a guest's agent. */
export class AgentShell implements GuestShell {
  readonly #stream: Duplex;
  readonly #frames = new AgentFrames();
  readonly #running = new Map<number, Running>();
  readonly closed: Promise<void>;
  #lastId = 0;

  /** @param stream what reaches the agent; it serves one connection */
  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        for (const running of this.#running.values()) running.end(undefined);
        this.#running.clear();
        resolve();
      });
    });
    stream.resume();
  }

  /**
   * Starts a program. One that the guest can't start (no such file, no memory) has ended with 127, as in a shell.
   * @throws GuestError when the connection is gone
   */
  async start(command: GuestCommand): Promise<GuestProcess> {
    const text = commandText(command);
    if (this.#stream.destroyed)
      throw new GuestError(`the connection to the guest ended before '${text}' started`);
    const id = ++this.#lastId;
    const out = new PassThrough();
    const lines = createInterface({ input: out });
    let running!: Running;
    const exited = new Promise<number | undefined>((resolve) => {
      running = {
        out,
        lines,
        stderr: '',
        // Its last lines are told before its end is.
        end: (code) => {
          lines.once('close', () => resolve(code));
          out.end();
        },
        fail: (error) => {
          running.stderr += error.message;
          running.end(127);
        },
      };
    });
    this.#running.set(id, running);
    const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    this.#stream.write(runCommandFrame(id, words));
    return {
      command: text,
      send: (line) => void this.#stream.write(inputFrame(id, `${line}\n`)),
      onLine: (listener) => void lines.on('line', listener),
      exited,
      stderr: () => running.stderr,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    await this.closed;
  }

  #take(chunk: Buffer): void {
    let frames: AgentFrame[];
    try {
      frames = this.#frames.take(chunk);
    } catch {
      // A guest that writes over the agent's words is lost to us: whoever waits hears that the connection is.
      this.#stream.destroy();
      return;
    }
    for (const frame of frames) {
      const running = this.#running.get(frame.id);
      if (running === undefined) continue;
      switch (frame.word) {
        case 'out':
          running.out.write(frame.bytes);
          break;
        case 'err':
          running.stderr = (running.stderr + frame.bytes.toString()).slice(-STDERR_KEPT);
          break;
        case 'exit':
          this.#running.delete(frame.id);
          running.end(frame.number);
          break;
        case 'fail':
          this.#running.delete(frame.id);
          running.fail(new Error(`can't be started: ${errorName(frame.number)}`));
          break;
      }
    }
  }
}

/** Names are those of the host's kernel, which are the guest's: both are Linux. */
function errorName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}
