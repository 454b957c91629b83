/** What a KTAP document is once it was read. Plain data. */
import type { Directive } from './lines.ts';

/** One result line with what came before it and is its own. */
export interface KtapResult {
  readonly name: string;
  /** Null: its line never came, only what is nested in it. */
  readonly ok: boolean | null;
  readonly directive: Directive | null;
  /** Diagnostic lines, the first {@link MAX_DIAGNOSTICS} of them. */
  readonly diagnostics: readonly string[];
  /** How many nested results were announced; null: nothing was. */
  readonly plan: number | null;
  readonly children: readonly KtapResult[];
}

/** From one version line of the outermost level to the next one, or to the end. */
export interface KtapDocument {
  /** `KTAP 1`, `TAP 13`. */
  readonly version: string;
  readonly plan: number | null;
  /** Why nothing was to be run (`1..0 # SKIP …`); null when nothing of the kind was said. */
  readonly skip: string | null;
  readonly results: readonly KtapResult[];
  /** What does not fit together: results that are missing against a plan, results out of order. */
  readonly problems: readonly string[];
  /** Reason of `Bail out!`, '' when none was given; null without one. */
  readonly bailOut: string | null;
  /** First and last line that are its own, from 1. */
  readonly startLine: number;
  readonly endLine: number;
}

/** Diagnostic lines that are kept of a result. */
export const MAX_DIAGNOSTICS = 20;
