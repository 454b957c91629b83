/** A device as the guest sees it: its endpoints, what it is asked for, and what it sends by itself. */
import type { UsbDevice, UsbPort } from '../usb/device.ts';
import { endpointInfo, findEndpoint, interfaceInfo } from './announce.ts';
import type { ConnectionEvent } from './events.ts';
import { InQueue } from './in-queue.ts';
import { InterruptIn } from './interrupt-in.ts';
import type { Link } from './link.ts';
import type { WireStatus } from './numbers.ts';
import type { GuestPacket } from './packets.ts';
import { StandardRequests } from './standard-requests.ts';
import { Transfers } from './transfers.ts';

/** Serves the packets that are for the device. */
export class PluggedDevice {
  readonly device: UsbDevice;
  readonly #link: Link;
  readonly #standard: StandardRequests;
  readonly #queues = new Map<number, InQueue>();
  readonly #interrupts = new Map<number, InterruptIn>();
  readonly #transfers: Transfers;
  /** The one that the device may use: it has a new one after each reset. */
  #port: UsbPort | undefined;
  #isGone = false;

  constructor(device: UsbDevice, link: Link) {
    this.device = device;
    this.#link = link;
    this.#standard = new StandardRequests(device.description);
    this.#transfers = new Transfers({
      device,
      standard: this.#standard,
      link,
      queueOf: (address) => this.#queueOf(address),
    });
    for (const { endpoints } of device.description.interfaces)
      for (const { address, type } of endpoints)
        if (type === 'interrupt' && (address & 0x80) !== 0)
          this.#interrupts.set(address, new InterruptIn(address, this.#queueOf(address), link));
  }

  /** What is under way. */
  get load(): { readonly transfers: number; readonly transferBytes: number; readonly unfetched: number } {
    return {
      transfers: this.#transfers.count,
      transferBytes: this.#transfers.bytes,
      unfetched: Math.max(0, ...[...this.#queues.values()].map(({ length }) => length)),
    };
  }

  /** Tells the device that it is plugged. */
  attach(): void {
    // It may have been unplugged by who was told of a fault during a reset.
    if (this.#isGone) return;
    const port: UsbPort = { send: (endpoint, data) => this.#offer(port, endpoint, data) };
    this.#port = port;
    this.#guard('attach', () => this.device.attach(port));
  }

  /** Forgets all that is under way and tells the device that it is gone. */
  detach(): void {
    this.#isGone = true;
    this.#transfers.close();
    this.#leave();
  }

  /** Sends what waits, if it may. */
  pump(): void {
    if (this.#isGone) return;
    for (const interrupt of this.#interrupts.values()) interrupt.pump();
  }

  /** Serves a packet. @returns what is worth telling */
  take(packet: GuestPacket): ConnectionEvent | undefined {
    const { id } = packet;
    switch (packet.type) {
      case 'control_packet':
      case 'bulk_packet':
      case 'interrupt_packet':
        this.#transfers.accept(packet);
        return undefined;
      case 'cancel_data_packet':
        this.#transfers.cancel(id);
        return undefined;
      case 'reset':
        this.#reset();
        return { event: 'reset' };
      case 'set_configuration':
        return this.#configure(id, packet.configuration);
      case 'get_configuration':
        this.#tellConfiguration(id, 'success');
        return undefined;
      case 'set_alt_setting':
        this.#chooseSetting(id, packet.interface, packet.alt);
        return undefined;
      case 'get_alt_setting': {
        const status = this.#hasInterface(packet.interface) ? 'success' : 'stall';
        this.#link.send({ id, type: 'alt_setting_status', status, interface: packet.interface, alt: 0 });
        return undefined;
      }
      case 'start_interrupt_receiving':
      case 'stop_interrupt_receiving':
        this.#receive(id, packet.endpoint, packet.type === 'start_interrupt_receiving');
        return undefined;
      case 'iso_packet':
      case 'start_iso_stream':
      case 'stop_iso_stream':
        this.#link.send({ id, type: 'iso_stream_status', status: 'inval', endpoint: packet.endpoint });
        return undefined;
      case 'alloc_bulk_streams':
      case 'free_bulk_streams': {
        const { endpoints } = packet;
        const streamCount = 'streamCount' in packet ? packet.streamCount : 0;
        this.#link.send({ id, type: 'bulk_streams_status', status: 'inval', endpoints, streamCount });
        return undefined;
      }
      case 'start_bulk_receiving':
      case 'stop_bulk_receiving': {
        const { endpoint, streamId } = packet;
        this.#link.send({ id, type: 'bulk_receiving_status', status: 'inval', endpoint, streamId });
        return undefined;
      }
      case 'filter_reject':
      case 'filter_filter':
        this.#link.peerFault(`a ${packet.type} packet, though we have no filter capability`);
        return undefined;
      case 'hello':
      case 'device_disconnect_ack':
        return undefined;
    }
  }

  /** As on a real bus nothing of what was under way comes back; QEMU has cancelled it before. */
  #reset(): void {
    this.#transfers.cancelWhere(() => true);
    this.#leave();
    for (const queue of this.#queues.values()) queue.clear();
    for (const interrupt of this.#interrupts.values()) interrupt.reset();
    this.#standard.reset();
    this.attach();
  }

  #leave(): void {
    if (this.#port === undefined) return;
    this.#port = undefined;
    this.#guard('detach', () => this.device.detach());
  }

  #configure(id: bigint, value: number): ConnectionEvent | undefined {
    const isThere = this.#standard.configure(value);
    if (isThere) {
      this.#stopEndpoints(() => true);
      this.#announce();
    }
    this.#tellConfiguration(id, isThere ? 'success' : 'stall');
    return isThere ? { event: 'configured', configuration: value } : undefined;
  }

  #tellConfiguration(id: bigint, status: WireStatus): void {
    const { configuration } = this.#standard;
    this.#link.send({ id, type: 'configuration_status', status, configuration });
  }

  #chooseSetting(id: bigint, number: number, alt: number): void {
    const isThere = this.#standard.chooseSetting(number, alt);
    if (isThere) {
      const own = this.device.description.interfaces[number]?.endpoints ?? [];
      this.#stopEndpoints((address) => own.some((endpoint) => endpoint.address === address));
      this.#announce();
    }
    const status = isThere ? 'success' : 'stall';
    this.#link.send({ id, type: 'alt_setting_status', status, interface: number, alt: 0 });
  }

  /** Another configuration or setting: what its endpoints do ends, as usb-redirection-protocol.txt asks for. */
  #stopEndpoints(isMeant: (address: number) => boolean): void {
    for (const [address, interrupt] of this.#interrupts) if (isMeant(address)) interrupt.stop();
    this.#transfers.cancelWhere((address) => (address & 0x7f) !== 0 && isMeant(address));
  }

  /** The guest must know the endpoints before it hears that it may use them. */
  #announce(): void {
    const configured = this.#standard.configuration !== 0;
    this.#link.send(endpointInfo(this.device.description, configured));
    this.#link.send(interfaceInfo(this.device.description, configured));
  }

  #receive(id: bigint, endpoint: number, isStart: boolean): void {
    const interrupt = this.#standard.configuration === 0 ? undefined : this.#interrupts.get(endpoint);
    const isHalted = isStart && this.#standard.isHalted(endpoint);
    const status = interrupt === undefined ? 'inval' : isHalted ? 'stall' : 'success';
    if (!isStart) interrupt?.stop();
    this.#link.send({ id, type: 'interrupt_receiving_status', status, endpoint });
    // After the status: QEMU must know that it is receiving.
    if (isStart && !isHalted) interrupt?.start();
  }

  #offer(port: UsbPort, address: number, data: Uint8Array): void {
    // A device that was reset or taken away may still have things to say, to nobody.
    if (port !== this.#port) return;
    const type = (address & 0x80) === 0 ? undefined : findEndpoint(this.device.description, address)?.type;
    if (type !== 'bulk' && type !== 'interrupt') {
      this.#link.deviceFault('send', new RangeError(`0x${address.toString(16)} is no IN endpoint of it`));
      return;
    }
    // The device may use its buffer again.
    this.#queueOf(address).push(new Uint8Array(data));
    this.#interrupts.get(address)?.pump();
  }

  #hasInterface(number: number): boolean {
    return this.#standard.configuration !== 0 && this.device.description.interfaces[number] !== undefined;
  }

  #queueOf(address: number): InQueue {
    let queue = this.#queues.get(address);
    if (queue === undefined) {
      queue = new InQueue();
      this.#queues.set(address, queue);
    }
    return queue;
  }

  #guard(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#link.deviceFault(what, error);
    }
  }
}
