/** The packets of usbredir as objects. `guest` is QEMU's side, `host` is ours: we have the device. */
import type { WireStatus } from './numbers.ts';

/** The fields of a control transfer. */
export interface ControlFields {
  readonly type: 'control_packet';
  /** 0 or 0x80. */
  readonly endpoint: number;
  readonly request: number;
  readonly requestType: number;
  readonly value: number;
  readonly index: number;
  /** Asked for, or written, or, in an answer, what became of that. */
  readonly length: number;
  readonly data: Uint8Array;
}

/** The fields of a bulk transfer. */
export interface BulkFields {
  readonly type: 'bulk_packet';
  readonly endpoint: number;
  readonly length: number;
  readonly streamId: number;
  readonly data: Uint8Array;
}

/** The fields of an interrupt transfer. */
export interface InterruptFields {
  readonly type: 'interrupt_packet';
  readonly endpoint: number;
  readonly length: number;
  readonly data: Uint8Array;
}

interface IsoFields {
  readonly type: 'iso_packet';
  readonly endpoint: number;
  readonly length: number;
  readonly data: Uint8Array;
}

interface Hello {
  readonly type: 'hello';
  /** At most 63 bytes. */
  readonly version: string;
  /** The first word; no other is known. */
  readonly capabilities: number;
}

type GuestFields =
  | Hello
  | {
      readonly type:
        | 'reset'
        | 'get_configuration'
        | 'cancel_data_packet'
        | 'filter_reject'
        | 'device_disconnect_ack';
    }
  | { readonly type: 'set_configuration'; readonly configuration: number }
  | { readonly type: 'set_alt_setting'; readonly interface: number; readonly alt: number }
  | { readonly type: 'get_alt_setting'; readonly interface: number }
  | {
      readonly type: 'start_iso_stream';
      readonly endpoint: number;
      readonly packetsPerUrb: number;
      readonly urbCount: number;
    }
  | {
      readonly type: 'stop_iso_stream' | 'start_interrupt_receiving' | 'stop_interrupt_receiving';
      readonly endpoint: number;
    }
  /** `endpoints` is a mask by endpoint index. */
  | { readonly type: 'alloc_bulk_streams'; readonly endpoints: number; readonly streamCount: number }
  | { readonly type: 'free_bulk_streams'; readonly endpoints: number }
  | { readonly type: 'filter_filter'; readonly data: Uint8Array }
  | {
      readonly type: 'start_bulk_receiving';
      readonly streamId: number;
      readonly bytesPerTransfer: number;
      readonly endpoint: number;
      readonly transferCount: number;
    }
  | { readonly type: 'stop_bulk_receiving'; readonly streamId: number; readonly endpoint: number }
  | ControlFields
  | BulkFields
  | IsoFields
  | InterruptFields;

/** What every packet of the guest has. */
interface FromGuest {
  readonly kind: 'packet';
  /** Chosen by the guest; an answer bears the same. */
  readonly id: bigint;
}

/** A packet that QEMU sent. */
export type GuestPacket = FromGuest & GuestFields;

/** A transfer that QEMU asks for. */
export type TransferPacket = FromGuest & (ControlFields | BulkFields | InterruptFields);

/** Something in the stream that is no packet we can take. */
export interface Fault {
  readonly kind: 'fault';
  readonly message: string;
  /** The stream can't be followed any more: nothing after this is decoded. */
  readonly fatal: boolean;
}

/** An interface as `interface_info` tells it. */
export interface InterfaceInfo {
  readonly number: number;
  readonly class: number;
  readonly subclass: number;
  readonly protocol: number;
}

/** An endpoint as `ep_info` tells it. */
export interface EndpointInfo {
  readonly address: number;
  readonly type: 'control' | 'iso' | 'bulk' | 'interrupt';
  readonly interval: number;
  readonly interface: number;
  readonly maxPacketBytes: number;
}

type HostFields =
  | Hello
  | {
      readonly type: 'device_connect';
      readonly speed: 'low' | 'full' | 'high';
      readonly class: number;
      readonly subclass: number;
      readonly protocol: number;
      readonly vendorId: number;
      readonly productId: number;
      readonly deviceVersion: number;
    }
  | { readonly type: 'device_disconnect' }
  | { readonly type: 'interface_info'; readonly interfaces: readonly InterfaceInfo[] }
  | { readonly type: 'ep_info'; readonly endpoints: readonly EndpointInfo[] }
  | { readonly type: 'configuration_status'; readonly status: WireStatus; readonly configuration: number }
  | {
      readonly type: 'alt_setting_status';
      readonly status: WireStatus;
      readonly interface: number;
      readonly alt: number;
    }
  | {
      readonly type: 'iso_stream_status' | 'interrupt_receiving_status';
      readonly status: WireStatus;
      readonly endpoint: number;
    }
  | {
      readonly type: 'bulk_streams_status';
      readonly status: WireStatus;
      readonly endpoints: number;
      readonly streamCount: number;
    }
  | {
      readonly type: 'bulk_receiving_status';
      readonly status: WireStatus;
      readonly endpoint: number;
      readonly streamId: number;
    }
  | ((ControlFields | BulkFields | InterruptFields) & { readonly status: WireStatus });

/** A packet that we send. */
export type HostPacket = { readonly id: bigint } & HostFields;
