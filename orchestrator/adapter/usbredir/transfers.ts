/** The transfers that the guest asks for: each gets at most one answer, and each endpoint keeps their order. */

import type { Behaviour, UsbRequest } from '../usb/behaviour.ts';
import { type Answer, STALL, type UsbDevice } from '../usb/device.ts';
import { countableOf, isPossible, setupOf } from './admission.ts';
import { answerPacket } from './answer-packet.ts';
import { ask } from './ask.ts';
import type { InQueue } from './in-queue.ts';
import type { Link } from './link.ts';
import { MAX_BULK_BYTES } from './numbers.ts';
import { failed, type Outcome, outcomeOfBulkIn, outcomeOfControlIn, outcomeOfOut } from './outcome.ts';
import type { TransferPacket } from './packets.ts';
import type { StandardRequests } from './standard-requests.ts';
import { Lane, type Transfer } from './transfer.ts';

/** So many transfers may be under way, with so many bytes for OUT endpoints; more are refused. */
export const PENDING_TRANSFERS = 1024;
export const PENDING_BYTES: number = MAX_BULK_BYTES;

/** What transfers need. */
export interface TransfersParts {
  readonly device: UsbDevice;
  readonly standard: StandardRequests;
  readonly link: Link;
  /** The data of a bulk IN endpoint. */
  readonly queueOf: (address: number) => InQueue;
}

/** All transfers of a plugged device. */
export class Transfers {
  readonly #parts: TransfersParts;
  readonly #link: Link;
  readonly #lanes = new Map<number, Lane>();
  /** Everything that may still get an answer. */
  readonly #open = new Set<Transfer>();
  /** What can be cancelled. */
  readonly #byId = new Map<bigint, Transfer>();
  #bytes = 0;
  #isClosed = false;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
    this.#link = parts.link;
  }

  /** Transfers under way. */
  get count(): number {
    return this.#open.size;
  }

  /** Bytes of OUT transfers under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a request of the guest. */
  accept(packet: TransferPacket): void {
    if (this.#isClosed) return;
    const same = this.#byId.get(packet.id);
    // QEMU takes interrupt OUT as done when it is sent, and may give its id to another transfer at once.
    if (same?.packet.type === 'interrupt_packet') this.#byId.delete(packet.id);
    else if (same !== undefined) {
      this.#link.peerFault(`a ${packet.type} with id ${packet.id}, which is in use`);
      return;
    }
    if (!isPossible(packet, this.#parts.device.description, this.#parts.standard)) {
      this.#link.send(answerPacket(packet, failed('inval')));
      return;
    }
    if (this.#open.size >= PENDING_TRANSFERS || this.#bytes + packet.data.length > PENDING_BYTES) {
      this.#link.peerFault(`a ${packet.type} while ${this.#open.size} others are under way: refused`);
      this.#link.send(answerPacket(packet, failed('ioerror')));
      return;
    }
    const countable = countableOf(packet, this.#parts.standard);
    const numbered = countable && this.#link.script.next(countable);
    if (numbered !== undefined) this.#link.arrived(numbered.request);
    // Whoever was told may have pulled the cable.
    if (this.#isClosed) return;
    const lane = this.#laneOf(packet.type === 'control_packet' ? 0 : packet.endpoint);
    const transfer: Transfer = {
      packet,
      lane,
      ...(numbered === undefined ? {} : { request: numbered.request }),
      behaviour: numbered?.behaviour,
      state: 'waiting',
    };
    this.#open.add(transfer);
    this.#byId.set(packet.id, transfer);
    this.#bytes += packet.data.length;
    lane.waiting.push(transfer);
    this.#turn(lane);
  }

  /** The guest wants no answer any more. It gets one all the same: that the transfer was cancelled. */
  cancel(id: bigint): void {
    const transfer = this.#byId.get(id);
    if (transfer === undefined) return;
    this.#byId.delete(id);
    const { behaviour, state } = transfer;
    if (behaviour?.do !== 'late' || state === 'waiting' || state === 'fetching') {
      this.#finish(transfer, failed('cancelled'));
      return;
    }
    transfer.state = 'cancelled';
    if (transfer.outcome !== undefined) this.#answerLate(transfer, transfer.outcome, behaviour.afterCancelMs);
    // The endpoint is free: the guest doesn't wait for that answer.
    transfer.lane.remove(transfer);
    this.#turn(transfer.lane);
  }

  /** Cancels by ourselves what is under way on endpoints that go away or begin anew. */
  cancelWhere(isMeant: (endpoint: number) => boolean): void {
    const meant = [...this.#open].filter(({ packet }) => isMeant(packet.endpoint));
    // First all of them leave their endpoints, or the first one's answer would begin the second one.
    for (const transfer of meant) transfer.lane.remove(transfer);
    for (const transfer of meant) this.#finish(transfer, failed('cancelled'));
  }

  /** Forgets everything and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    for (const transfer of this.#open) {
      transfer.lane.remove(transfer);
      transfer.state = 'answered';
    }
    this.#open.clear();
    this.#byId.clear();
    this.#bytes = 0;
  }

  #laneOf(address: number): Lane {
    let lane = this.#lanes.get(address);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(address, lane);
    }
    return lane;
  }

  #turn(lane: Lane): void {
    lane.turn((transfer) => this.#begin(transfer));
  }

  #begin(transfer: Transfer): void {
    const { packet, request, behaviour } = transfer;
    const { device, standard } = this.#parts;
    if (packet.type === 'control_packet') {
      const setup = setupOf(packet);
      if (request === undefined) this.#conclude(transfer, this.#outcome(transfer, standard.answer(setup)));
      else if (!this.#forestalls(transfer, request, behaviour))
        this.#ask(transfer, () => device.control(setup, packet.data));
    } else if (standard.isHalted(packet.endpoint)) this.#finish(transfer, failed('stall'));
    else if (request === undefined || this.#forestalls(transfer, request, behaviour)) return;
    else if ((packet.endpoint & 0x80) !== 0) this.#fetch(transfer);
    else this.#ask(transfer, () => device.write?.(packet.endpoint, packet.data) ?? STALL);
  }

  /** Whether a script decides on a transfer before the device has anything to do with it. */
  #forestalls(transfer: Transfer, request: UsbRequest, behaviour: Behaviour | undefined): boolean {
    if (behaviour === undefined) return false;
    this.#link.misbehaves(request, behaviour);
    switch (behaviour.do) {
      case 'status':
        this.#finish(transfer, failed(behaviour.status));
        return true;
      case 'silence':
        transfer.state = 'held';
        return true;
      case 'disconnect':
        if (behaviour.when === 'before') this.#link.unplug();
        return behaviour.when === 'before';
      default:
        return false;
    }
  }

  #ask(transfer: Transfer, question: () => Answer | Promise<Answer>): void {
    transfer.state = 'asking';
    ask(
      question,
      (answer) => this.#conclude(transfer, this.#outcome(transfer, answer)),
      (error) => {
        this.#link.deviceFault(`${transfer.packet.type} ${transfer.packet.id}`, error);
        this.#conclude(transfer, failed('ioerror'));
      },
    );
  }

  #fetch(transfer: Transfer): void {
    transfer.state = 'fetching';
    this.#parts.queueOf(transfer.packet.endpoint).wait((data) => {
      transfer.state = 'asking';
      // What a script does to the request it does to its data. Only data of an ordinary request are asked about.
      if (transfer.behaviour === undefined) {
        const next = this.#link.script.next({ kind: 'in', endpoint: transfer.packet.endpoint });
        transfer.behaviour = next.behaviour;
        if (this.#forestalls(transfer, next.request, next.behaviour)) return;
      }
      this.#conclude(transfer, outcomeOfBulkIn(data, transfer.packet.length, transfer.behaviour));
    });
  }

  #outcome({ packet, behaviour }: Transfer, answer: Answer): Outcome {
    return (packet.endpoint & 0x80) === 0
      ? outcomeOfOut(answer, packet.length, behaviour)
      : outcomeOfControlIn(answer, packet.length, behaviour);
  }

  /** There is an answer; when it goes out is another thing. */
  #conclude(transfer: Transfer, outcome: Outcome): void {
    const { behaviour, state } = transfer;
    if (state === 'answered') return;
    if (behaviour?.do === 'delay') {
      transfer.state = 'held';
      this.#link.timers.after(behaviour.delayMs, () => this.#finish(transfer, outcome));
    } else if (behaviour?.do === 'late') {
      if (state === 'cancelled') this.#answerLate(transfer, outcome, behaviour.afterCancelMs);
      else Object.assign(transfer, { state: 'held', outcome });
    } else if (behaviour?.do === 'disconnect') {
      // Not #finish: that would begin the next one, and the cable comes off right now.
      this.#answer(transfer, outcome);
      this.#link.unplug();
    } else this.#finish(transfer, outcome);
  }

  #answerLate(transfer: Transfer, outcome: Outcome, afterMs: number): void {
    this.#link.timers.after(afterMs, () => this.#answer(transfer, outcome));
  }

  #finish(transfer: Transfer, outcome: Outcome): void {
    if (transfer.state === 'fetching') this.#parts.queueOf(transfer.packet.endpoint).forget();
    this.#answer(transfer, outcome);
    transfer.lane.remove(transfer);
    this.#turn(transfer.lane);
  }

  #answer(transfer: Transfer, outcome: Outcome): void {
    if (transfer.state === 'answered') return;
    transfer.state = 'answered';
    const { packet } = transfer;
    this.#open.delete(transfer);
    if (this.#byId.get(packet.id) === transfer) this.#byId.delete(packet.id);
    this.#bytes -= packet.data.length;
    this.#link.send(answerPacket(packet, outcome));
  }
}
