/** QMP for a QEMU that may not answer: nothing in here throws or waits beyond its limit. */
import { messageOf, monotonicMs, within } from '../base/index.ts';
import type { QmpClient } from './qmp.ts';

/** What became of a command: its value, QEMU's reason for refusing it, or no answer in time. */
export type QmpAnswer =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'silent' };

/** A control connection with a limit for each command and one for all of them. */
export class BoundedQmp {
  readonly #client: Pick<QmpClient, 'execute'>;
  readonly #limitMs: number;
  readonly #deadlineMs: number;
  readonly #signal: AbortSignal | undefined;

  /** @param deadlineMs by the monotonic clock: no command is waited for after it */
  constructor(
    client: Pick<QmpClient, 'execute'>,
    limitMs: number,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.#client = client;
    this.#limitMs = limitMs;
    this.#deadlineMs = deadlineMs;
    this.#signal = signal;
  }

  /** Runs a command. An aborted signal looks like silence. */
  async ask(command: string, argumentsObject: Readonly<Record<string, unknown>> = {}): Promise<QmpAnswer> {
    const answer = this.#client.execute(command, argumentsObject).then(
      (value): QmpAnswer => ({ kind: 'returned', value }),
      (error: unknown): QmpAnswer => ({ kind: 'refused', why: messageOf(error) }),
    );
    const leftMs = Math.max(0, this.#deadlineMs - monotonicMs());
    return (await within(answer, Math.min(this.#limitMs, leftMs), this.#signal)) ?? { kind: 'silent' };
  }

  /**
   * Runs a command of the human monitor.
   * @param cpu the CPU whose eyes it looks with, e.g. for its memory mapping
   * @returns undefined when there is no answer
   */
  async monitor(commandLine: string, cpu?: number): Promise<string | undefined> {
    const answer = await this.ask('human-monitor-command', {
      'command-line': commandLine,
      ...(cpu === undefined ? {} : { 'cpu-index': cpu }),
    });
    return answer.kind === 'returned' ? String(answer.value) : undefined;
  }

  /** Sends a command without waiting for what becomes of it. */
  send(command: string): void {
    this.#client.execute(command).catch(() => undefined);
  }
}
