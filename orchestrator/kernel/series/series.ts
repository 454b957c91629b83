/** A series of patches in memory, checked, in the order in which it is applied. */
import type { SeriesSpec } from './spec.ts';

/** Place of a patch in its posting: `[PATCH v11 3/5]` is 3 of 5, version 11. */
export interface PatchNumber {
  readonly n: number;
  readonly of: number;
  readonly version: number;
}

/** One patch. */
export interface Patch {
  /** Without the `[PATCH ...]` before it. */
  readonly subject: string;
  /** As in the From header, decoded. */
  readonly author: string;
  /** Without `<` and `>`. */
  readonly messageId?: string;
  readonly number?: PatchNumber;
  /** All paths that it touches, old and new ones, sorted. */
  readonly files: readonly string[];
  /** One mail as `git am --patch-format=mboxrd` takes it. */
  readonly text: Buffer;
  /** `FILE:LINE` of the mail, for messages. */
  readonly origin: string;
  /** Hex SHA-256 of `text` without the blanks and empty lines at its end, which differ with the mail's place. */
  readonly sha256: string;
}

/** A mail that is no patch, and why it was left out. */
export interface SkippedMail {
  readonly subject: string;
  readonly why: string;
}

/** A series that was read and checked; nothing was applied yet. */
export interface Series {
  /** Short: of the file, folder, range or message. */
  readonly name: string;
  readonly spec: SeriesSpec;
  /** In the order in which they are applied; when reverted, they are taken back from the last to the first. */
  readonly patches: readonly Patch[];
  /** Commit that the posting says it was made on (`base-commit:`, git-format-patch(1)). */
  readonly baseCommit?: string;
  readonly reverted: boolean;
  /** E.g. `revocable-v11-on-7.2.mbx, 4 patches, 20260513091043.6766-2-tzungbi@kernel.org`. */
  readonly description: string;
  /** Cover letters, replies and the like. */
  readonly skipped: readonly SkippedMail[];
  /** What the user may want to know: patches sorted, some left out at the end, prerequisites. */
  readonly notes: readonly string[];
}

/** `3/5 "gpio: Fix it" (file.mbx:12)`: how a patch is named in messages. */
export function namePatch({ number, subject, origin }: Pick<Patch, 'number' | 'subject' | 'origin'>): string {
  return `${number === undefined ? '' : `${number.n}/${number.of} `}"${subject}" (${origin})`;
}
