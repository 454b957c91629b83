/** A trace as text, one line an entry. Pure. */
import type { TraceEntry, TraceStart } from './trace-entry.ts';

const SHOWN_BYTES = 16;

/** `12.345 <- interrupt_packet id=7 ep=0x02 length=2 data=beef`; `<-` comes from the guest. No line end. */
export function textLine(entry: TraceEntry, start: TraceStart): string {
  const time = (entry.atMs - start.monotonicMs).toFixed(3).padStart(12);
  if (entry.direction === 'note') return `${time} !! ${oneLine(entry.text)}`;
  const { packet } = entry;
  const words = [time, entry.direction === 'from-guest' ? '<-' : '->', packet.type, `id=${packet.id}`];
  for (const [name, value] of Object.entries(packet)) {
    if (SPECIAL.has(name)) continue;
    if (name === 'endpoint') words.push(`ep=${hex(value as number, 2)}`);
    else if (SETUP.has(name)) words.push(`${name}=${hex(value as number, 2)}`);
    else if (typeof value === 'object') words.push(`${name}=${(value as readonly unknown[]).length}`);
    else words.push(`${name}=${oneLine(String(value))}`);
  }
  if ('data' in packet && packet.data.length > 0) {
    const shown = Buffer.from(packet.data.subarray(0, SHOWN_BYTES)).toString('hex');
    words.push(`data=${shown}${packet.data.length > SHOWN_BYTES ? '…' : ''}`);
  }
  return words.join(' ');
}

const SPECIAL = new Set(['kind', 'type', 'id', 'data']);
const SETUP = new Set(['requestType', 'request', 'value', 'index', 'vendorId', 'productId', 'deviceVersion']);

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** What the peer sent as text may have anything in it. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
