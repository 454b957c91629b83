/** The packet that answers a transfer. Pure. */
import type { Outcome } from './outcome.ts';
import type { HostPacket, TransferPacket } from './packets.ts';

/** Repeats what the guest asked for, with how it ended. */
export function answerPacket(asked: TransferPacket, { status, length, data }: Outcome): HostPacket {
  const { id, endpoint } = asked;
  switch (asked.type) {
    case 'control_packet': {
      const { type, request, requestType, value, index } = asked;
      return { id, type, endpoint, request, requestType, value, index, status, length, data };
    }
    case 'bulk_packet':
      return { id, type: asked.type, endpoint, streamId: asked.streamId, status, length, data };
    case 'interrupt_packet':
      return { id, type: asked.type, endpoint, status, length, data };
  }
}
