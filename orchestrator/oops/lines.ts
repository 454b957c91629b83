/**
 * Console bytes to lines: where each one is, when and by whom it was printed,
 * and what is left once the prefix is taken off. Nothing here knows of reports.
 */

import { withoutHost, withoutPrefix } from './prefixes.ts';

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

/** Bytes kept as characters, back to the text they encode. */
export function bytesToText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Control characters other than a tab, and the sequences of a terminal (ECMA-48) that they begin. */
const CONTROL =
  /\x1b\[[0-9;?]{0,16}[A-Za-z]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|\x1b[ -~]?|[\x00-\x08\x0b-\x1f\x7f]/g;
const HAS_CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;

/** How far into a line its timestamp may stand: a login prompt or a syslog prefix precedes it. */
const STAMP_WITHIN = 200;

/** Reads the line `raw`, which starts at byte `start` of the console; it ends at `end` where `raw` is cut. */
export function parseLine(
  raw: string,
  start: number,
  number: number,
  end: number = start + raw.length,
): ConsoleLine {
  for (let from = raw.indexOf('['); from >= 0 && from < STAMP_WITHIN; from = raw.indexOf('[', from + 1)) {
    const stampEnd = stampAt(raw, from);
    if (stampEnd < 0) continue;
    const timeS = Number(raw.slice(from + 1, stampEnd - 1));
    const callerEnd = callerAt(raw, stampEnd);
    const bodyFrom = callerEnd < 0 ? stampEnd : callerEnd;
    const body = withoutHost(clean(raw.slice(raw[bodyFrom] === ' ' ? bodyFrom + 1 : bodyFrom)));
    if (callerEnd < 0) return { number, start, end, timeS, body };
    const caller = raw.slice(stampEnd + 1, callerEnd - 1).trimStart();
    return { number, start, end, timeS, caller, body };
  }
  const text = withoutPrefix(clean(raw));
  const tagEnd = callerAt(text, 0);
  if (tagEnd < 0) return { number, start, end, body: text };
  const body = text.slice(text[tagEnd] === ' ' ? tagEnd + 1 : tagEnd);
  return { number, start, end, caller: text.slice(1, tagEnd - 1).trimStart(), body };
}

const SPACE = 0x20;
const DOT = 0x2e;
const CLOSE = 0x5d;

/** Digits and places of a timestamp: `[    0.100000]` (printk.c print_time()). */
const SECONDS_MAX = 10;
const PLACES = 6;
/** Digits of a task's or processor's number; padded with spaces to five. */
const ID_MAX = 8;

/** Where the timestamp that begins at `from` ends; -1 where there is none. */
function stampAt(raw: string, from: number): number {
  const first = past(raw, from + 1, SPACE);
  const dot = pastDigits(raw, first, SECONDS_MAX);
  if (dot === first || raw.charCodeAt(dot) !== DOT) return -1;
  const close = pastDigits(raw, dot + 1, PLACES);
  return close === dot + 1 + PLACES && raw.charCodeAt(close) === CLOSE ? close + 1 : -1;
}

/** Where the tag that begins at `from` ends: `[   T12]`, `[   C0]`; -1 where there is none. */
function callerAt(raw: string, from: number): number {
  if (raw[from] !== '[') return -1;
  const kind = past(raw, from + 1, SPACE);
  if (raw[kind] !== 'T' && raw[kind] !== 'C') return -1;
  const close = pastDigits(raw, kind + 1, ID_MAX);
  return close > kind + 1 && raw.charCodeAt(close) === CLOSE ? close + 1 : -1;
}

function past(raw: string, from: number, code: number): number {
  while (raw.charCodeAt(from) === code) from++;
  return from;
}

function pastDigits(raw: string, from: number, max: number): number {
  let at = from;
  while (at - from < max) {
    const code = raw.charCodeAt(at);
    if (!(code >= 0x30 && code <= 0x39)) break;
    at++;
  }
  return at;
}

/** True where a second timestamp stands inside a body: two writers tore one line. */
export function isTorn(body: string): boolean {
  return /\[ *\d{1,10}\.\d{6}\]/.test(body);
}

function clean(text: string): string {
  return HAS_CONTROL.test(text) ? text.replace(CONTROL, '') : text;
}
