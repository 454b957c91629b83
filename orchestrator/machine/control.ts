/**
 * The second way into a guest: a shell that reads commands from a virtio-serial port. It needs no network, no SSH and
 * no start of a server, so it answers as long as the guest's userspace lives; it does one thing at a time.
 */
import type { Socket } from 'node:net';
import { within } from '../base/index.ts';

const MARK = 'end-of-answer-';

/** A shell of the guest on a port of its own. */
export class ControlPort {
  readonly #socket: Socket;
  #received = '';
  #watch: () => void = () => undefined;
  #last = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.#received += chunk;
      this.#watch();
    });
    socket.on('close', () => this.#watch());
    // Listeners come first to a socket that was accepted paused.
    socket.resume();
  }

  /**
   * Runs a command line (read by the guest's /bin/sh) and gives what it printed, or undefined when no answer came
   * within `limitMs`, or none can come because the connection is gone.
   */
  async ask(command: string, limitMs: number): Promise<string | undefined> {
    const turn = this.#queue.then(() => this.#ask(command, limitMs));
    this.#queue = turn;
    return turn;
  }

  async #ask(command: string, limitMs: number): Promise<string | undefined> {
    // Quoted in the command, so that an echo of the command would not be the answer.
    const mark = `${MARK}${++this.#last}\n`;
    const answered = new Promise<string | undefined>((resolve) => {
      this.#watch = () => {
        const at = this.#received.indexOf(mark);
        if (at >= 0) {
          // What an earlier command said too late is not the answer to this one.
          const late = this.#received.lastIndexOf(MARK, at - 1);
          const from = late < 0 ? 0 : this.#received.indexOf('\n', late) + 1;
          resolve(this.#received.slice(from, at));
          this.#received = this.#received.slice(at + mark.length);
        } else if (this.#socket.destroyed) resolve(undefined);
      };
      this.#watch();
    });
    if (!this.#socket.destroyed) this.#socket.write(`${command}\necho ${mark.replace('-of-', "'-of-'")}`);
    try {
      return await within(answered, limitMs);
    } finally {
      this.#watch = () => undefined;
    }
  }
}
