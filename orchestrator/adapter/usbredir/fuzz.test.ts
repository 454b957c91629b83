import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { BehaviourScript } from '../usb/behaviour.ts';
import { UsbRedirConnection } from './connection.ts';
import { IN_QUEUE_TRANSFERS } from './in-queue.ts';
import type { HostPacket, TransferPacket } from './packets.ts';
import { behaviour, Dice, stream } from './testdata/fuzz-input.ts';
import { MoodyDevice } from './testdata/moody-device.ts';
import { rawPacket, streamPair } from './testdata/peer.ts';
import { pcapngSink, Trace } from './trace.ts';
import type { TraceEntry } from './trace-entry.ts';
import { textLine } from './trace-text.ts';
import { PENDING_BYTES, PENDING_TRANSFERS } from './transfers.ts';
import { DECODER_BOUND_BYTES } from './wire.ts';

const SEQUENCES = 10_000;
const START = { monotonicMs: 0, wallMs: 0 };

/** Complains when a packet answers a transfer that was not asked for, or was answered before. */
class Ledger {
  readonly #asked = new Map<string, number>();
  #isDisconnected = false;
  /** Not thrown: this is called from within the connection. */
  complaint: string | undefined;

  take(entry: TraceEntry): void {
    if (entry.direction === 'from-guest') this.#count(entry.packet as TransferPacket, 1);
    if (entry.direction !== 'to-guest') return;
    if (this.#isDisconnected) this.complaint ??= `${entry.packet.type} after the disconnect packet`;
    if (entry.packet.type === 'device_disconnect') this.#isDisconnected = true;
    this.#count(entry.packet, -1);
  }

  #count(packet: TransferPacket | HostPacket, by: number): void {
    const isUnasked = packet.type === 'interrupt_packet' && (packet.endpoint & 0x80) !== 0;
    if (!/^(control|bulk|interrupt)_packet$/.test(packet.type) || isUnasked) return;
    const key = `${packet.type} ${packet.id}`;
    const open = (this.#asked.get(key) ?? 0) + by;
    if (open < 0) this.complaint ??= `${key} has one answer too many`;
    this.#asked.set(key, open);
  }
}

/** One peer's life. */
async function run(
  seed: number,
  greatest: { buffered: number; transfers: number; unfetched: number },
): Promise<void> {
  const dice = new Dice(seed);
  const [ours, theirs] = streamPair();
  theirs.on('error', () => undefined);
  theirs.resume();
  const device = new MoodyDevice(dice);
  const script = new BehaviourScript();
  if (dice.below(2) === 0)
    script.arm([
      { at: dice.below(5), behaviour: behaviour(dice) },
      { from: 6, behaviour: behaviour(dice) },
    ]);
  const ledger = new Ledger();
  const blocks: Uint8Array[] = [];
  const lines: string[] = [];
  const pcap = pcapngSink(START, (block) => blocks.push(block));
  const text = { take: (entry: TraceEntry) => lines.push(textLine(entry, START)) };
  const connection = UsbRedirConnection.start(ours, device, {
    script,
    // Making lines and blocks takes more time than all the rest.
    trace: new Trace(seed % 4 === 0 ? [ledger, pcap, text] : [ledger]),
  });
  try {
    for (const piece of stream(dice)) {
      if (theirs.writable) theirs.write(piece);
      if (dice.below(6) === 0) await turn();
      const { load } = connection;
      greatest.buffered = Math.max(greatest.buffered, load.bufferedBytes);
      greatest.transfers = Math.max(greatest.transfers, load.transfers);
      greatest.unfetched = Math.max(greatest.unfetched, load.unfetched);
      if (load.transferBytes > PENDING_BYTES) throw new Error(`${load.transferBytes} bytes are kept`);
    }
    await turn();
    if (dice.below(4) === 0) {
      const disconnected = connection.disconnect(undefined, 0);
      if (dice.below(2) === 0 && theirs.writable) theirs.write(rawPacket(24, 0n, Buffer.alloc(0), true));
      await disconnected;
    } else if (dice.below(3) === 0) theirs.destroy();
    await turn();
  } finally {
    connection.close();
  }
  await connection.ended;
  if (ledger.complaint !== undefined) throw new Error(ledger.complaint);
  if (device.attached !== 0) throw new Error(`attached ${device.attached} times more than detached`);
  if (connection.load.timers !== 0) throw new Error('timers are left');
  if (connection.load.transfers !== 0) throw new Error('transfers are left');
  if (lines.some((line) => !/^ *\d+\.\d{3} (<-|->|!!) [^\n\r]+$/.test(line))) throw new Error('an odd line');
  for (const block of blocks) checkBlocks(Buffer.from(block));
}

/** A reader finds its way through these blocks. */
function checkBlocks(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (length % 4 !== 0 || bytes.readUInt32LE(at + length - 4) !== length) throw new Error('a bad block');
    at += length;
  }
}

t.test(`${SEQUENCES} peers, most of them bad`, { timeout: 120_000 }, async (t) => {
  const unexpected: unknown[] = [];
  const note = (error: unknown): void => {
    unexpected.push(error);
  };
  process.on('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const greatest = { buffered: 0, transfers: 0, unfetched: 0 };
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    try {
      await run(seed, greatest);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  t.same(unexpected, []);
  t.ok(greatest.buffered <= DECODER_BOUND_BYTES);
  t.ok(greatest.transfers > 3, 'transfers were under way');
  t.ok(greatest.transfers <= PENDING_TRANSFERS);
  t.ok(greatest.unfetched > 3, 'data were not fetched');
  t.ok(greatest.unfetched <= IN_QUEUE_TRANSFERS);
});
