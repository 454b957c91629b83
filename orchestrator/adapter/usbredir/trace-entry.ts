/** What a trace is made of. */
import type { GuestPacket, HostPacket } from './packets.ts';

/** One thing that happened; `atMs` is monotonic. */
export type TraceEntry =
  | { readonly atMs: number; readonly direction: 'from-guest'; readonly packet: GuestPacket }
  | { readonly atMs: number; readonly direction: 'to-guest'; readonly packet: HostPacket }
  | { readonly atMs: number; readonly direction: 'note'; readonly text: string };

/** Where entries go. Neither method throws. */
export interface TraceSink {
  take(entry: TraceEntry): void;
}

/** The same moment on both clocks. */
export interface TraceStart {
  readonly monotonicMs: number;
  /** Since 1970. */
  readonly wallMs: number;
}
