/** A record of all that goes over a connection, in both directions, with times. */
import { monotonicMs } from '../../base/index.ts';
import { BufferedFile } from './buffered-file.ts';
import type { GuestPacket, HostPacket } from './packets.ts';
import { pcapngHead, pcapngPacket } from './pcapng.ts';
import type { TraceEntry, TraceSink, TraceStart } from './trace-entry.ts';
import { textLine } from './trace-text.ts';

import { LINKTYPE_USB_LINUX_MMAPPED, SNAP_BYTES, UsbmonEvents } from './usbmon.ts';

/** Passes entries on to any number of sinks. */
export class Trace implements AsyncDisposable {
  readonly #sinks: readonly TraceSink[];
  readonly #files: readonly BufferedFile[];

  constructor(sinks: readonly TraceSink[], files: readonly BufferedFile[] = []) {
    this.#sinks = sinks;
    this.#files = files;
  }

  /**
   * A trace into files, which are made anew.
   * @throws Error of the system when a file can't be made
   */
  static toFiles(
    start: TraceStart,
    { textFile, pcapngFile }: { readonly textFile?: string; readonly pcapngFile?: string },
  ): Trace {
    const sinks: TraceSink[] = [];
    const files: BufferedFile[] = [];
    try {
      if (textFile !== undefined) {
        const file = new BufferedFile(textFile);
        files.push(file);
        sinks.push({ take: (entry) => file.write(Buffer.from(`${textLine(entry, start)}\n`)) });
      }
      if (pcapngFile !== undefined) {
        const file = new BufferedFile(pcapngFile);
        files.push(file);
        sinks.push(pcapngSink(start, (block) => file.write(block)));
      }
    } catch (error) {
      for (const file of files) file.closeQuietly();
      throw error;
    }
    return new Trace(sinks, files);
  }

  fromGuest(packet: GuestPacket): void {
    this.#take({ atMs: monotonicMs(), direction: 'from-guest', packet });
  }

  toGuest(packet: HostPacket): void {
    this.#take({ atMs: monotonicMs(), direction: 'to-guest', packet });
  }

  /** Something that is no packet: a fault, a misbehaviour on order. */
  note(text: string): void {
    this.#take({ atMs: monotonicMs(), direction: 'note', text });
  }

  /**
   * Writes what is left and closes the files. What comes later is lost.
   * @throws InfraError when something could not be written
   */
  close(): void {
    let first: unknown;
    for (const file of this.#files) {
      try {
        file.close();
      } catch (error) {
        first ??= error;
      }
    }
    if (first !== undefined) throw first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #take(entry: TraceEntry): void {
    for (const sink of this.#sinks) sink.take(entry);
  }
}

/** Makes a pcapng section of usbmon events out of entries; `write` gets whole blocks. */
export function pcapngSink(start: TraceStart, write: (block: Uint8Array) => void): TraceSink {
  const events = new UsbmonEvents();
  write(pcapngHead(LINKTYPE_USB_LINUX_MMAPPED, SNAP_BYTES));
  return {
    take: (entry) => {
      if (entry.direction === 'note') return;
      const wallNs = BigInt(Math.round((start.wallMs + (entry.atMs - start.monotonicMs)) * 1e3)) * 1000n;
      for (const event of events.of(entry.packet, entry.direction, wallNs))
        write(pcapngPacket(wallNs, event.captured, event.originalBytes));
    },
  };
}
