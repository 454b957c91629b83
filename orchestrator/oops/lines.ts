/**
 * Console bytes to lines: where each one is, when and by whom it was printed,
 * and what is left once the prefix is taken off. Nothing here knows of reports.
 */

/** One console line. Offsets are bytes into the console; numbers count from 1. */
export type ConsoleLine = {
  readonly number: number;
  /** First byte of the line. */
  readonly start: number;
  /** One past the last byte, the newline not included. */
  readonly end: number;
  /** Kernel timestamp in seconds (CONFIG_PRINTK_TIME; printk.c print_time()). */
  readonly timeS?: number;
  /**
   * Who printed it: `T123` a task, `C1` a processor in interrupt context
   * (CONFIG_PRINTK_CALLER; printk.c print_caller()). Absent without a tag.
   */
  readonly caller?: string;
  /** What was printed: no prefix, no `\r`, no terminal control sequence. */
  readonly body: string;
};

/**
 * The console as a string of one character per byte, so that an index into it
 * is a byte offset whatever the bytes are.
 */
export function consoleBytes(text: string | Uint8Array): string {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Bytes kept as characters, back to the text they encode. */
export function bytesToText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/**
 * A timestamp and what may follow it. Task ids are padded to five places,
 * processor ids too: `[    0.1][    T1]`, `[ 99.2][   C0]`.
 */
const STAMP = /\[ *(\d{1,10}\.\d{6})\](?:\[ *([TC]\d{1,8})\])? ?/y;

/** Terminal control sequences (ECMA-48) that a serial console may carry. */
const CONTROL = /\x1b\[[0-9;?]{0,16}[A-Za-z]|[\r\0]/g;

/** How far into a line its timestamp may stand: a login prompt or a syslog prefix precedes it. */
const STAMP_WITHIN = 200;

/** Syslog level in front of a raw record: `<6>[   85.501187] …`. */
const LEVEL = /^<\d{1,3}>/;

/** Reads the line `raw`, which starts at byte `start` of the console. */
export function parseLine(raw: string, start: number, number: number): ConsoleLine {
  const at = { number, start, end: start + raw.length };
  let from = raw.indexOf('[');
  while (from >= 0 && from < STAMP_WITHIN) {
    STAMP.lastIndex = from;
    const stamp = STAMP.exec(raw);
    if (stamp) {
      const caller = stamp[2];
      const timeS = Number(stamp[1]);
      const body = clean(raw.slice(STAMP.lastIndex));
      return caller === undefined ? { ...at, timeS, body } : { ...at, timeS, caller, body };
    }
    from = raw.indexOf('[', from + 1);
  }
  return { ...at, body: clean(raw).replace(LEVEL, '') };
}

/** True where a second timestamp stands inside a body: two writers tore one line. */
export function isTorn(body: string): boolean {
  return /\[ *\d{1,10}\.\d{6}\]/.test(body);
}

function clean(text: string): string {
  return /[\x1b\r\0]/.test(text) ? text.replace(CONTROL, '') : text;
}
