/** QMP, QEMU's control protocol: a JSON object a line (QEMU docs/interop/qmp-spec.rst). */
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { InfraError } from '../base/index.ts';

/** An event as QEMU sent it. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a running QEMU. */
export class QmpClient {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #greeted: Promise<void>;
  #nextId = 1;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    let greet: () => void = () => undefined;
    this.#greeted = new Promise((resolve) => {
      greet = resolve;
    });
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      let message: Record<string, unknown>;
      try {
        message = JSON.parse(line) as Record<string, unknown>;
      } catch {
        return; // A line torn by the end of QEMU.
      }
      if ('QMP' in message) greet();
      else if (typeof message['event'] === 'string') {
        const event = { event: message['event'], data: (message['data'] ?? {}) as Record<string, unknown> };
        for (const listener of this.#listeners) listener(event);
      } else this.#settle(message);
    });
    // readline re-emits nothing of these; without a listener a reset connection would end unplug.
    lines.on('error', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      for (const { reject } of this.#pending.values())
        reject(new InfraError('QEMU closed its control connection'));
      this.#pending.clear();
    });
  }

  /** Leaves negotiation mode; must be the first call. */
  async negotiate(): Promise<void> {
    await this.#greeted;
    await this.execute('qmp_capabilities');
  }

  /**
   * Runs a command and gives its return value.
   * @throws InfraError with QEMU's description when it refuses, or when the connection is gone
   */
  async execute(command: string, argumentsObject: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#closed) throw new InfraError(`QMP ${command}: QEMU closed its control connection`);
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: argumentsObject, id })}\n`);
    try {
      return await answer;
    } catch (error) {
      throw new InfraError(`QMP ${command} failed`, {
        cause: error,
        detail: String((error as Error).message),
      });
    }
  }

  /** Calls `listener` for every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #settle(message: Record<string, unknown>): void {
    const pending = this.#pending.get(message['id'] as number);
    if (pending === undefined) return;
    this.#pending.delete(message['id'] as number);
    if ('return' in message) pending.resolve(message['return']);
    else
      pending.reject(
        new InfraError(String((message['error'] as { desc?: string } | undefined)?.desc ?? 'no answer')),
      );
  }
}
