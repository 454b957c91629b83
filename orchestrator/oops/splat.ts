/** What a kernel report is once it is read. */
import type { Lifecycle } from './lifecycle.ts';
import type { SplatType } from './rule.ts';

/** One kernel report. */
export type Splat = {
  /** What the bug is called; equal bugs have equal titles. */
  readonly title: string;
  /** Names the same bug may have in another run or kernel, sorted. */
  readonly altTitles: readonly string[];
  readonly type: SplatType;
  /** The function in the title. */
  readonly frame?: string;
  /** First and last line, from 1, both included. */
  readonly startLine: number;
  readonly endLine: number;
  /** The line that says what happened; what announced it (`cut here`, a ruler) stands before. */
  readonly openedLine: number;
  /** Bytes of the console from the first line to the end of the last: `console.subarray(startByte, endByte)`. */
  readonly startByte: number;
  readonly endByte: number;
  /** Kernel timestamp of the first line. */
  readonly timeS?: number;
  /** Who printed it, where the kernel says: `T123` or `C0`. */
  readonly caller?: string;
  /** Torn, cut short, or without the stack it should have: the title may be wrong. */
  readonly corrupted: boolean;
  /** The kernel panicked over it. */
  readonly panicked: boolean;
  /** KASAN only: the access, who freed the object, who used it. */
  readonly access?: 'Read' | 'Write';
  readonly freedBy?: string;
  readonly usedBy?: string;
  /** What it says of a device's life, where it says enough. */
  readonly lifecycle?: Lifecycle;
  /** Its own lines, prefixes stripped, lines of other callers left out. */
  readonly text: string;
};
