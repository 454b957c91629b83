/** The byte stream from QEMU, cut into packets. Pure and incremental. */
import {
  CAPABILITY,
  GUEST_LAYOUT,
  isGuestPacketName,
  MAX_BULK_BYTES,
  PACKET_NAME,
  type PacketName,
} from './numbers.ts';
import type { Fault, GuestPacket } from './packets.ts';
import { parseGuestPacket, typeHeaderBytes } from './parse-packet.ts';

const SHORT_HEADER_BYTES = 12;
const LONG_HEADER_BYTES = 16;
const INITIAL_BYTES = 1024;

/** What claims to be longer is not skipped: nobody knows where it ends. */
const MAX_SKIP_BYTES = MAX_BULK_BYTES + 1024;

/** The decoder never keeps more bytes than this. */
export const DECODER_BOUND_BYTES: number = LONG_HEADER_BYTES + 10 + MAX_BULK_BYTES;

interface Header {
  readonly number: number;
  readonly length: number;
  readonly id: bigint;
}

/**
 * Takes pieces of any size and gives the packets in them. Bad input never throws: it becomes a {@link Fault}. Bytes are
 * kept as they come, whatever length was claimed, and never more of them than the packet at hand may have.
 */
export class PacketDecoder {
  readonly #own: number;
  #peer: number | undefined;
  #bytes = new Uint8Array(INITIAL_BYTES);
  #have = 0;
  #need = SHORT_HEADER_BYTES;
  #header: Header | undefined;
  #skip = 0;
  #lost = false;

  /** @param ownCapabilities what our own `hello` announces */
  constructor(ownCapabilities: number) {
    this.#own = ownCapabilities;
  }

  /** What both sides can do: nothing before the peer's `hello`. */
  get commonCapabilities(): number {
    return this.#own & (this.#peer ?? 0);
  }

  /** Memory held for a packet that is not whole yet. */
  get bufferedBytes(): number {
    return this.#bytes.length;
  }

  /** Gives what the next bytes complete. After a fatal fault it gives nothing more. */
  take(piece: Uint8Array): (GuestPacket | Fault)[] {
    const items: (GuestPacket | Fault)[] = [];
    let at = 0;
    while (at < piece.length && !this.#lost) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      const taken = Math.min(this.#need - this.#have, piece.length - at);
      this.#keep(piece.subarray(at, at + taken));
      at += taken;
      // A packet without a body is whole with its header, hence the loop's second part.
      if (this.#have === this.#need && this.#header === undefined) this.#endHeader(items);
      if (this.#have === this.#need && this.#header !== undefined) this.#endPacket(this.#header, items);
    }
    return items;
  }

  #keep(bytes: Uint8Array): void {
    const have = this.#have + bytes.length;
    if (have > this.#bytes.length) {
      const more = new Uint8Array(Math.min(this.#need, Math.max(have, 2 * this.#bytes.length)));
      more.set(this.#bytes.subarray(0, this.#have));
      this.#bytes = more;
    }
    this.#bytes.set(bytes, this.#have);
    this.#have = have;
  }

  #endHeader(items: (GuestPacket | Fault)[]): void {
    const view = new DataView(this.#bytes.buffer);
    const header: Header = {
      number: view.getUint32(0, true),
      length: view.getUint32(4, true),
      id: this.#need === LONG_HEADER_BYTES ? view.getBigUint64(8, true) : BigInt(view.getUint32(8, true)),
    };
    const complaint = this.#complaint(header);
    if (complaint === undefined) {
      this.#header = header;
      this.#need += header.length;
      return;
    }
    this.#lost = header.length > MAX_SKIP_BYTES;
    items.push({
      kind: 'fault',
      message: this.#lost ? `${complaint}; the stream can't be followed any more` : complaint,
      fatal: this.#lost,
    });
    this.#skip = header.length;
    this.#restart();
  }

  /** What forbids to take a packet with this header. */
  #complaint({ number, length }: Header): string | undefined {
    const name = PACKET_NAME.get(number);
    if (name === undefined) return `a packet of unknown type ${number} with ${length} bytes`;
    if (!isGuestPacketName(name)) return `${named(name)}, which only the host may send`;
    if (this.#peer === undefined && name !== 'hello') return `${named(name)} before hello`;
    if (this.#peer !== undefined && name === 'hello') return 'a second hello packet';
    const least = typeHeaderBytes(name, this.commonCapabilities);
    if (length < least)
      return `${named(name)} of ${length} bytes, too short for its ${least} bytes of header`;
    if (length > least + GUEST_LAYOUT[name].maxDataBytes)
      return `${named(name)} of ${length} bytes, which is too long`;
    return undefined;
  }

  #endPacket({ number, id }: Header, items: (GuestPacket | Fault)[]): void {
    const name = PACKET_NAME.get(number) as PacketName;
    if (!isGuestPacketName(name)) throw new Error(`${name} was let through`);
    const body = this.#bytes.subarray(this.#headerBytes, this.#have);
    const packet = parseGuestPacket(name, id, body, this.commonCapabilities);
    if (typeof packet === 'string')
      items.push({ kind: 'fault', message: `${named(name)} ${packet}`, fatal: false });
    else {
      if (packet.type === 'hello') this.#peer = packet.capabilities;
      items.push(packet);
    }
    this.#restart();
  }

  #restart(): void {
    this.#header = undefined;
    this.#have = 0;
    this.#need = this.#headerBytes;
    if (this.#bytes.length > 64 * INITIAL_BYTES) this.#bytes = new Uint8Array(INITIAL_BYTES);
  }

  get #headerBytes(): number {
    return (this.commonCapabilities & CAPABILITY.ids64) === 0 ? SHORT_HEADER_BYTES : LONG_HEADER_BYTES;
  }
}

/** `a reset packet`, `an interrupt_packet`. */
function named(name: PacketName): string {
  return `${/^[aei]/.test(name) ? 'an' : 'a'} ${name}${name.endsWith('_packet') ? '' : ' packet'}`;
}
