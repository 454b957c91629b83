/** A virtio device in a process of its own: that process speaks vhost-user, and asks the model here. */
import {
  type ExitStatus,
  InfraError,
  type SupervisedProcess,
  startProcess,
  within,
} from '../../base/index.ts';
import { isStopped, processState } from '../../machine/index.ts';
import type { BehaviourScript, UsbRequest } from '../usb/behaviour.ts';
import { type BackendRecord, encodeAnswer, RecordReader } from './vhost-user-records.ts';
import type { VirtioDevice } from './virtio-device.ts';
import { VirtioRequests } from './virtio-requests.ts';

/** VHOST_USER_PROTOCOL_F_MQ, REPLY_ACK and CONFIG (QEMU docs/interop/vhost-user.rst). */
const PROTOCOL_FEATURES = (1n << 0n) | (1n << 3n) | (1n << 9n);

/** What a back-end is started with. */
export interface VhostUserOptions {
  /** See {@link ensureBackendProgram}. */
  readonly program: string;
  /** Where QEMU is to call. */
  readonly socketPath: string;
  readonly script: BehaviourScript;
  /** Told of everything that the program says, as it says it. */
  readonly onRecord?: (record: BackendRecord) => void;
  readonly onRequest?: (request: UsbRequest) => void;
}

/** The process, and the model behind it. Disposing it kills the process: then the device is dead. */
export class VhostUserBackend implements AsyncDisposable {
  readonly pid: number;
  /** Settles with how the process ended. */
  readonly exited: Promise<ExitStatus>;
  /** Settles when it ended though neither we nor QEMU have asked for it. */
  readonly broken: Promise<InfraError>;
  /** What the guest or QEMU said that made no sense. */
  readonly malformed: string[] = [];
  readonly #process: SupervisedProcess;
  readonly #requests: VirtioRequests;
  readonly #options: VhostUserOptions;
  readonly #listeners = new Set<(record: BackendRecord) => void>();
  #stderr = '';
  #status: ExitStatus | undefined;
  #fault: string | undefined;
  /** We ended it, or QEMU hung up: that it ends then is as it should be. */
  #isOver = false;

  private constructor(device: VirtioDevice, options: VhostUserOptions) {
    this.#options = options;
    const hex = (value: bigint): string => value.toString(16);
    const config = Buffer.from(device.config).toString('hex');
    this.#process = startProcess({
      argv: [
        options.program,
        ...['--listen', options.socketPath, '--queues', String(device.queueCount)],
        // QEMU 7.2 offers the guest what the ring can do by itself, and does not pass on what the guest took of it
        // (hw/virtio/vhost-user-i2c.c, feature_bits).
        ...['--features', hex(device.features), '--assume', hex(device.features)],
        ...['--protocol-features', hex(PROTOCOL_FEATURES)],
        ...(config === '' ? [] : ['--config', config]),
      ],
      stdin: true,
      graceMs: 500,
    });
    this.pid = this.#process.pid;
    this.#requests = new VirtioRequests(device, {
      script: options.script,
      send: (answer) => void this.#process.stdin.write(encodeAnswer(answer)),
      disconnect: () => this.kill(),
      arrived: (request) => options.onRequest?.(request),
    });
    const reader = new RecordReader();
    this.#process.stdout.on('data', (chunk: Buffer) => {
      try {
        for (const record of reader.push(chunk)) this.#take(record);
      } catch (error) {
        this.#fault ??= `it wrote ${(error as Error).message}`;
        void this.kill();
      }
    });
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk.toString()}`.slice(-2000);
    });
    this.exited = this.#process.exited.then((status) => {
      this.#status = status;
      this.#requests.reset();
      return status;
    });
    this.broken = new Promise((resolve) => {
      void this.exited.then(async () => {
        const failure = await this.failure();
        if (failure !== undefined) resolve(failure);
      });
    });
  }

  /**
   * Starts the process and waits until QEMU may call.
   * @throws InfraError when it does not get there within `limitMs`; what the signal was aborted with
   */
  static async start(
    device: VirtioDevice,
    options: VhostUserOptions,
    limitMs: number,
    signal?: AbortSignal,
  ): Promise<VhostUserBackend> {
    const backend = new VhostUserBackend(device, options);
    const came = await within(Promise.race([backend.next('listening'), backend.exited]), limitMs, signal);
    if (came !== undefined && 'kind' in came) return backend;
    const failure = await backend.failure();
    await backend.kill();
    signal?.throwIfAborted();
    throw failure ?? new InfraError(`${options.program} does not listen after ${limitMs} ms`);
  }

  /** Requests that the device has not answered. */
  get pending(): number {
    return this.#requests.count;
  }

  /** The next record of a kind. Never settles when none comes. */
  next(kind: BackendRecord['kind']): Promise<BackendRecord> {
    return new Promise((resolve) => {
      const listener = (record: BackendRecord): void => {
        if (record.kind !== kind) return;
        this.#listeners.delete(listener);
        resolve(record);
      };
      this.#listeners.add(listener);
    });
  }

  /** Ends the process at once, as its death would. */
  async kill(): Promise<void> {
    this.#isOver = true;
    await this.#process.kill();
  }

  /** What somebody else did to the process, or what is wrong with it; undefined when it is as it should be. */
  async failure(): Promise<InfraError | undefined> {
    const who = `the process that is the device (vhost-user-backend, pid ${this.pid})`;
    const detail = this.#stderr.trim();
    const because = (what: string): InfraError =>
      new InfraError(`${who} ${what}`, detail === '' ? {} : { detail });
    if (this.#fault !== undefined) return because(`is broken: ${this.#fault}`);
    if (this.#isOver) return undefined;
    if (this.#status !== undefined) {
      const { code, signal } = this.#status;
      return because(signal === null ? `ended with ${code}` : `was killed by ${signal}`);
    }
    const state = await processState(this.pid);
    return state !== undefined && isStopped(state) ? because('was stopped by a signal') : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #take(record: BackendRecord): void {
    switch (record.kind) {
      case 'request':
        this.#requests.accept(record);
        break;
      case 'queue-stopped':
        this.#requests.reset();
        break;
      case 'malformed':
        this.malformed.push(
          record.queue === undefined ? record.what : `queue ${record.queue}: ${record.what}`,
        );
        break;
      case 'closed':
        this.#isOver = true;
    }
    this.#options.onRecord?.(record);
    for (const listener of [...this.#listeners]) listener(record);
  }
}
