/** Plays a USB device for QEMU's usb-redir over a stream: we are the usbredir host. */
import type { Duplex } from 'node:stream';
import { InfraError, messageOf, monotonicMs, throwIfAborted, within } from '../../base/index.ts';
import type { UsbDevice } from '../usb/device.ts';
import { deviceConnect, endpointInfo, interfaceInfo } from './announce.ts';
import { encodePacket } from './encode-packet.ts';
import type { ConnectionLoad, ConnectionOptions, DisconnectOutcome, EndCause } from './events.ts';
import type { Link } from './link.ts';
import { CAPABILITY, OWN_CAPABILITIES } from './numbers.ts';
import type { Fault, GuestPacket, HostPacket } from './packets.ts';
import { PluggedDevice } from './plugged-device.ts';
import { Reports, type RequestListener } from './reports.ts';
import { settleable } from './settle.ts';
import { Timers } from './timers.ts';
import { PacketDecoder } from './wire.ts';

const VERSION = 'unplug';
/** QEMU acknowledges in its main loop, at once; a stopped machine does not. */
const ACK_TIMEOUT_MS = 5000;

/**
 * A device plugged into a guest, for as long as it is. It says hello, waits for the peer's, connects the device and
 * serves it. Nothing that the peer sends makes it throw, nor anything that the device model does.
 */
export class UsbRedirConnection implements AsyncDisposable {
  /** `device_connect` was sent. Rejects with InfraError when the connection is over before that. */
  readonly ready: Promise<void>;
  /** The first cause why the device is gone from the guest, or the connection is over. */
  readonly ended: Promise<EndCause>;

  readonly #stream: Duplex;
  readonly #options: ConnectionOptions;
  readonly #decoder = new PacketDecoder(OWN_CAPABILITIES);
  readonly #timers = new Timers();
  readonly #plugged: PluggedDevice;
  readonly #reports: Reports;
  readonly #readySettle = settleable<void>();
  readonly #endedSettle = settleable<EndCause>();
  readonly #acked = settleable<number | undefined>();
  #state: 'greeting' | 'plugged' | 'unplugged' | 'over' = 'greeting';
  #cause: EndCause | undefined;
  #unpluggedAtMs = 0;

  private constructor(stream: Duplex, device: UsbDevice, options: ConnectionOptions) {
    this.#stream = stream;
    this.#options = options;
    this.ready = this.#readySettle.promise;
    this.ended = this.#endedSettle.promise;
    // Whoever does not wait for it need not hear of it.
    this.ready.catch(() => undefined);
    this.#reports = new Reports(options.trace, options.onEvent);
    this.#plugged = new PluggedDevice(device, this.#link());
    stream.on('data', (piece: Buffer) => this.#take(piece));
    stream.on('drain', () => {
      stream.resume();
      this.#plugged.pump();
    });
    stream.on('error', (error) => this.#end('peer-closed', error.message));
    for (const event of ['end', 'close'] as const)
      stream.on(event, () => this.#end('peer-closed', 'the peer closed the connection'));
  }

  /** Begins to serve `device` over `stream`, which is this object's from now on. */
  static start(stream: Duplex, device: UsbDevice, options: ConnectionOptions): UsbRedirConnection {
    const connection = new UsbRedirConnection(stream, device, options);
    connection.#send({ id: 0n, type: 'hello', version: VERSION, capabilities: OWN_CAPABILITIES });
    return connection;
  }

  /** How often the device model threw, or did what it must not do. */
  get faults(): number {
    return this.#reports.deviceFaults;
  }

  /** How often the peer sent what it must not send. */
  get peerFaults(): number {
    return this.#reports.peerFaults;
  }

  /** What is kept now. */
  get load(): ConnectionLoad {
    return {
      bufferedBytes: this.#decoder.bufferedBytes,
      timers: this.#timers.count,
      ...this.#plugged.load,
    };
  }

  /**
   * Calls `listener` with every numbered request as it comes, before the device has it, until the returned function is
   * called. `atMs` is monotonic.
   */
  onRequest(listener: RequestListener): () => void {
    return this.#reports.listen(listener);
  }

  /**
   * Pulls the cable: `device_disconnect` is the last packet. Waits a bounded time for the peer's acknowledgement. The
   * stream stays open until {@link close}. More calls wait for the same.
   * @throws what the signal was aborted with; the device may be gone all the same
   */
  async disconnect(signal?: AbortSignal, timeoutMs: number = ACK_TIMEOUT_MS): Promise<DisconnectOutcome> {
    throwIfAborted(signal);
    if (this.#state === 'greeting') this.#end('disconnected', 'disconnected before the peer said hello');
    this.#unplug();
    if ((this.#decoder.commonCapabilities & CAPABILITY.deviceDisconnectAck) === 0)
      return { acknowledged: false, why: 'the peer does not acknowledge disconnections' };
    const settled = await within(
      this.#acked.promise.then((atMs) => ({ atMs })),
      timeoutMs,
      signal,
    );
    throwIfAborted(signal);
    if (settled === undefined) return { acknowledged: false, why: `no acknowledgement in ${timeoutMs} ms` };
    const { atMs } = settled;
    if (atMs === undefined)
      return { acknowledged: false, why: this.#cause?.message ?? 'the connection is over' };
    return { acknowledged: true, afterMs: atMs - this.#unpluggedAtMs };
  }

  /** Ends the connection as if our process had died: the stream is destroyed. Changes nothing when it is over. */
  close(): void {
    this.#end('closed', 'closed on our side');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #link(): Link {
    return {
      script: this.#options.script,
      timers: this.#timers,
      send: (packet) => this.#send(packet),
      isCongested: () => this.#stream.writableNeedDrain,
      unplug: () => this.#unplug(),
      peerFault: (message) => this.#reports.peerFault(message),
      deviceFault: (what, error) => this.#reports.deviceFault(what, error),
      arrived: (request) => this.#reports.arrived(request),
      misbehaves: (request, behaviour) => this.#reports.misbehaves(request, behaviour),
    };
  }

  #take(piece: Uint8Array): void {
    for (const item of this.#decoder.take(piece)) {
      if (this.#state === 'over') return;
      if (item.kind === 'fault') this.#takeFault(item);
      else {
        this.#options.trace.fromGuest(item);
        this.#takePacket(item);
      }
    }
  }

  #takeFault({ message, fatal }: Fault): void {
    this.#reports.peerFault(message);
    if (fatal) this.#end('fault', message);
  }

  #takePacket(packet: GuestPacket): void {
    if (packet.type === 'hello') {
      this.#connect();
      return;
    }
    if (packet.type === 'device_disconnect_ack') {
      if (this.#state !== 'unplugged') this.#reports.peerFault('an acknowledgement of no disconnection');
      else if (this.#acked.resolve(monotonicMs())) this.#reports.tell({ event: 'disconnect-ack' });
      return;
    }
    // Once it is unplugged, what was under way to the device is of no interest.
    if (this.#state !== 'plugged') return;
    const happened = this.#plugged.take(packet);
    if (happened !== undefined) this.#reports.tell(happened);
  }

  /** Both of the others must be there before QEMU attaches the device. */
  #connect(): void {
    if (this.#state !== 'greeting') return;
    this.#state = 'plugged';
    const { description } = this.#plugged.device;
    try {
      for (const announce of [interfaceInfo, endpointInfo]) this.#send(announce(description, true));
      this.#send(deviceConnect(description));
    } catch (error) {
      // A description that does not fit into the packets.
      this.#end('fault', `the device can't be announced: ${messageOf(error)}`);
      return;
    }
    this.#plugged.attach();
    this.#readySettle.resolve();
    this.#reports.tell({ event: 'connected' });
  }

  #send(packet: HostPacket): void {
    if (this.#state === 'unplugged' || this.#state === 'over') return;
    const bytes = encodePacket(packet, this.#decoder.commonCapabilities);
    this.#options.trace.toGuest(packet);
    // Who does not read is not read from, or the answers would pile up here.
    if (!this.#stream.write(bytes)) this.#stream.pause();
  }

  #unplug(): void {
    if (this.#state !== 'plugged') return;
    this.#send({ id: 0n, type: 'device_disconnect' });
    this.#unpluggedAtMs = monotonicMs();
    this.#state = 'unplugged';
    this.#detach();
    // The acknowledgement must be read even if nothing drains.
    this.#stream.resume();
    this.#first('disconnected', 'the device was disconnected');
  }

  #end(cause: EndCause['cause'], message: string): void {
    if (this.#state === 'over') return;
    const wasPlugged = this.#state === 'plugged';
    this.#state = 'over';
    if (wasPlugged) this.#detach();
    this.#first(cause, message);
    this.#readySettle.reject(new InfraError(`no USB device was connected: ${message}`));
    this.#acked.resolve(undefined);
    this.#stream.destroy();
  }

  #detach(): void {
    this.#timers.clear();
    this.#plugged.detach();
  }

  #first(cause: EndCause['cause'], message: string): void {
    if (this.#cause !== undefined) return;
    this.#cause = { cause, message, atMs: monotonicMs() };
    this.#reports.note(`ended: ${cause}: ${message}`);
    this.#endedSettle.resolve(this.#cause);
    this.#reports.tell({ event: 'ended', cause: this.#cause });
  }
}
