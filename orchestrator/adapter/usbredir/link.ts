/** What the parts of a connection need of it. */
import type { Behaviour, BehaviourScript, UsbRequest } from '../usb/behaviour.ts';
import type { HostPacket } from './packets.ts';
import type { Timers } from './timers.ts';

/** The way to the peer, and what a script may order. */
export interface Link {
  readonly script: BehaviourScript;
  readonly timers: Timers;
  /** Sends a packet; nothing once the device is unplugged. */
  send(packet: HostPacket): void;
  /** Whether so much waits to be sent that what can wait should. */
  isCongested(): boolean;
  /** Takes the device away. */
  unplug(): void;
  /** The peer did something that it must not do. */
  peerFault(message: string): void;
  /** The device model threw, or did something that it must not do. */
  deviceFault(what: string, error: unknown): void;
  /** A request has come and has its number. */
  arrived(request: UsbRequest): void;
  /** A script interferes. */
  misbehaves(request: UsbRequest, behaviour: Behaviour): void;
}
