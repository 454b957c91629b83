/** What goes with a connection, and what it tells while it lives. */
import type { Behaviour, BehaviourScript, UsbRequest } from '../usb/behaviour.ts';
import type { Trace } from './trace.ts';

/** Why a connection is over, or the device is gone from it; the first cause wins. */
export interface EndCause {
  readonly cause: 'peer-closed' | 'fault' | 'disconnected' | 'closed';
  readonly message: string;
  /** Monotonic. */
  readonly atMs: number;
}

/** Something that happened. */
export type ConnectionEvent =
  | { readonly event: 'connected' | 'reset' | 'disconnect-ack' }
  | { readonly event: 'configured'; readonly configuration: number }
  | { readonly event: 'misbehaved'; readonly request: UsbRequest; readonly behaviour: Behaviour }
  | { readonly event: 'peer-fault' | 'device-fault'; readonly message: string }
  | { readonly event: 'ended'; readonly cause: EndCause };

/** What became of a disconnection. */
export type DisconnectOutcome =
  | { readonly acknowledged: true; readonly afterMs: number }
  | { readonly acknowledged: false; readonly why: string };

/** What goes with a connection. */
export interface ConnectionOptions {
  /** Misbehaviour on order. */
  readonly script: BehaviourScript;
  readonly trace: Trace;
  readonly onEvent?: (event: ConnectionEvent) => void;
}

/** How much a connection keeps; each has a bound. */
export interface ConnectionLoad {
  readonly bufferedBytes: number;
  readonly transfers: number;
  readonly transferBytes: number;
  /** Of the IN endpoint that has most. */
  readonly unfetched: number;
  readonly timers: number;
}
