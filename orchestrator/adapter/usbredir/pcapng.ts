/** Blocks of a pcapng file (draft-ietf-opsawg-pcapng §4), little endian. Pure. */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION_TSRESOL = 9;
/** Units of 10^-9 s. */
const NANOSECONDS = 9;

/** A section header and the description of interface 0, with times in ns. */
export function pcapngHead(linkType: number, snapBytes: number): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  section.writeUInt16LE(1, 4);
  // The section's length: not known.
  section.fill(0xff, 8);
  const described = Buffer.alloc(20);
  described.writeUInt16LE(linkType, 0);
  described.writeUInt32LE(snapBytes, 4);
  described.writeUInt16LE(OPTION_TSRESOL, 8);
  described.writeUInt16LE(1, 10);
  described.writeUInt8(NANOSECONDS, 12);
  // Three bytes of padding and the end of options, all zero.
  return Buffer.concat([block(SECTION_HEADER, section), block(INTERFACE_DESCRIPTION, described)]);
}

/**
 * A packet of interface 0.
 * @param atNs since 1970
 * @param originalBytes before it was cut to what was captured
 */
export function pcapngPacket(atNs: bigint, captured: Uint8Array, originalBytes: number): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(Number((atNs >> 32n) & 0xffff_ffffn), 4);
  head.writeUInt32LE(Number(atNs & 0xffff_ffffn), 8);
  head.writeUInt32LE(captured.length, 12);
  head.writeUInt32LE(originalBytes, 16);
  return block(ENHANCED_PACKET, head, captured, Buffer.alloc(-captured.length & 3));
}

/** The length stands at both ends of a block. */
function block(type: number, ...body: Uint8Array[]): Buffer {
  const length = 12 + body.reduce((sum, { length }) => sum + length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, ...body, head.subarray(4)]);
}
