/** run.json: what a run is about and what came of it. Every key is always there; what is not known yet is null. */
import type { ExpectableVerdict } from '../suite/index.ts';
import type { Measured } from '../timing/index.ts';
import type { Assessment, VerdictKind, VerdictRecord } from '../verdict/index.ts';

/** Raised when a reader of today's run.json would misread it. */
export const RUN_SCHEMA_VERSION = 1;

/** `running` is also what a run keeps that was killed. */
export type RunStatus = 'running' | 'finished' | 'interrupted' | 'failed';

/** A variant of a run; kernel's parts are null until it is built. */
export interface RunVariant {
  readonly name: string;
  readonly kernelKey: string | null;
  readonly release: string | null;
  readonly profile: string | null;
  /** Source and series, with versions, commits or files; null in runs that did not keep it. */
  readonly description: string | null;
}

/** Which run of how many. */
export interface Repetition {
  readonly number: number;
  readonly of: number;
}

/** A case of a run on a variant, or one run of it where it is run more than once. */
export interface RunCase {
  readonly name: string;
  readonly variant: string;
  /** There in cases that are run more than once only: which of its runs this is, from 1. */
  readonly repetition?: Repetition;
  /** Its folder below the run's, with `/`. */
  readonly directory: string;
  /** Null while it was not run. */
  readonly verdict: VerdictKind | null;
  readonly title: string;
  readonly assessment: Assessment | null;
  readonly expectation: {
    readonly verdict: ExpectableVerdict;
    readonly title: string | null;
    /** There where a pass is expected too. */
    readonly sometimes?: boolean;
    readonly reason: string;
    readonly until: string;
  } | null;
  readonly removal: Measured | null;
  readonly userSaw: string | null;
  /** Of KUnit and selftest cases: how many results there were, how many were ok, how many did not run. */
  readonly tests: { readonly ok: number; readonly skipped: number; readonly total: number } | null;
  /** The one command that runs it again. */
  readonly reproduce: string;
  readonly durationMs: number | null;
}

/** What a case's line says of the kernel's own tests; null when there were none. */
export function testCounts({ tests }: Pick<VerdictRecord, 'tests'>): RunCase['tests'] {
  if (tests === undefined || tests.total === 0) return null;
  const { ok, skipped, total } = tests;
  return { ok, skipped, total };
}

/** Where time went: a step of the run (`kernel baseline`, `boot`, `cases` …). */
export interface Spent {
  readonly what: string;
  readonly ms: number;
}

/** run.json */
export interface RunRecord {
  readonly schemaVersion: typeof RUN_SCHEMA_VERSION;
  readonly id: string;
  readonly status: RunStatus;
  readonly suite: { readonly name: string; readonly file: string };
  readonly variants: readonly RunVariant[];
  /** Null until it was probed. */
  readonly accelerator: { readonly name: 'kvm' | 'tcg'; readonly reason: string } | null;
  /** Wall time, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  /** What stopped the run, if something did. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly spent: readonly Spent[];
  readonly cases: readonly RunCase[];
  readonly notApplicable: readonly { readonly name: string; readonly reason: string }[];
}
