/** What a verdict is (verdict.json). Computed by `judge`; every key is always there, in this order. */
import type { KtapResult } from '../ktap/index.ts';
import type { Measured } from '../timing/index.ts';

/** Raised when a reader of today's verdicts would misread them. */
export const VERDICT_SCHEMA_VERSION = 1;

/** Of a case on a variant. `error` is unplug's or the host's fault, never the kernel's. */
export type VerdictKind = 'pass' | 'fail' | 'crash' | 'hang' | 'skip' | 'error';

/**
 * What can call a case bad. `evidence` asks whether there is enough of it to judge at all; `guest` is in verdicts only
 * where the guest did not answer any more: others have the same bytes as ever.
 */
export type OracleName =
  | 'guest'
  | 'evidence'
  | 'splat'
  | 'contract'
  | 'remover-stuck'
  | 'user-stuck'
  | 'health'
  | 'tests';

/** One thing that an oracle holds against the case. */
export interface Finding {
  readonly oracle: OracleName;
  /** What it makes of the case if nothing worse is found. */
  readonly verdict: 'crash' | 'error' | 'hang' | 'fail';
  readonly summary: string;
  /** What it is based on, a line each: `console.log:120-163`, `events.jsonl:14 …`, a stack. */
  readonly evidence: readonly string[];
}

/** Whether an oracle could look. */
export interface OracleNote {
  readonly oracle: OracleName;
  readonly judged: boolean;
  /** Why it did not judge, or judged only a part; null otherwise. */
  readonly note: string | null;
}

/** Kernel reports of one cause. */
export interface SplatSummary {
  /** Of the first one. */
  readonly title: string;
  /** Other names of the same bug, and the titles of the other reports of the cause. */
  readonly altTitles: readonly string[];
  readonly type: string;
  /** What the reports have in common (orchestrator/oops/lifecycle.ts), where that is more than the title; not in older verdicts. */
  readonly cause?: string;
  /** Why they are no finding (orchestrator/oops/suppressions.ts); not there where they are one. */
  readonly suppressed?: string;
  readonly count: number;
  /** Of the first one, in console.log, from 1. */
  readonly startLine: number;
  readonly endLine: number;
  /** Of the first one, relative to the removal's start; null when that is not known. */
  readonly when: 'before-removal' | 'after-removal' | null;
}

/** Durations by the guest's clock: calls of the use before the removal, except close. Null: not made or failed. */
export interface Timings {
  readonly open: Measured | null;
  readonly ioctl: Measured | null;
  readonly read: Measured | null;
  readonly poll: Measured | null;
  readonly close: Measured | null;
  readonly removal: Measured | null;
}

/** What the kernel's own tests said, with their own names. */
export interface TestsVerdict {
  /** Results that stand for themselves: no suite that only repeats what its tests say. */
  readonly total: number;
  readonly ok: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly KtapResult[];
}

/** verdict.json */
export interface VerdictRecord {
  readonly schemaVersion: typeof VERDICT_SCHEMA_VERSION;
  readonly case: string;
  readonly variant: string;
  readonly verdict: VerdictKind;
  /** One line: a splat's title, what is stuck where, which line of the contract was broken; '' for a pass. */
  readonly title: string;
  /** Other names of the same thing (a splat's alternative titles). */
  readonly altTitles: readonly string[];
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly oracles: readonly OracleNote[];
  readonly splats: readonly SplatSummary[];
  /** What the blocked call, or else the first use after the removal, came back with: `ENODEV`, `POLLERR|POLLHUP`. */
  readonly userSaw: string | null;
  readonly timings: Timings;
  /** There in verdicts of KUnit and selftest cases only: a removal's verdict has the same bytes as ever. */
  readonly tests?: TestsVerdict;
}
