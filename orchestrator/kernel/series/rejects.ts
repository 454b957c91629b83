/** Why a patch does not apply: which hunks, and what the tree has at their places. Pure. */
import type { FileDiff, Hunk } from './diff.ts';

/** A hunk that was not taken. */
export interface Reject {
  readonly path: string;
  /** Number of the hunk in its file, from 1. */
  readonly number: number;
  readonly of: number;
  readonly hunk: Hunk;
}

/** What `git apply --reject --verbose` said. */
export interface Rejects {
  readonly hunks: readonly Reject[];
  /** Files that were not tried at all, with git's reason: they are missing, or there already. */
  readonly files: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Reads what `git apply --reject --verbose` prints (git apply.c, write_out_one_reject and check_preimage).
 * @param diffs of the patch
 * @param reversed it was tried with `--reverse`: the file that it looks for is the new one
 */
export function parseRejects(output: string, diffs: readonly FileDiff[], reversed = false): Rejects {
  const hunks: Reject[] = [];
  const files: { path: string; why: string }[] = [];
  let current: FileDiff | undefined;
  for (const line of output.split('\n')) {
    const applying = /^Applying patch (.*) with \d+ rejects?\.\.\.$/.exec(line)?.[1];
    if (applying !== undefined) {
      current = diffs.find((diff) => printedNames(diff).includes(applying));
      continue;
    }
    const number = Number(/^Rejected hunk #(\d+)\.$/.exec(line)?.[1]);
    const hunk = current?.hunks[number - 1];
    if (hunk !== undefined && current !== undefined) {
      const { oldPath, newPath } = current;
      const path = (reversed ? (newPath ?? oldPath) : (oldPath ?? newPath)) as string;
      hunks.push({ path, number, of: current.hunks.length, hunk });
    }
    const [, path, why] =
      /^error: (.+): (No such file or directory|does not exist in index|already exists in .*|wrong type|does not match index|affected file .*)$/.exec(
        line,
      ) ?? [];
    if (path !== undefined && why !== undefined) {
      files.push({ path, why: why === 'No such file or directory' ? 'is not there' : why });
    }
  }
  return { hunks, files };
}

/** How git names the file of a diff: a rename with both names, as they are then (apply.c, say_patch_name). */
function printedNames({ oldPath, newPath }: FileDiff): readonly string[] {
  return [oldPath ?? '', newPath ?? '', `${oldPath} => ${newPath}`, `${newPath} => ${oldPath}`];
}

/** A stretch of a file that looks most like what a hunk expects. */
export interface NearestPlace {
  /** Line number of `lines[0]`. */
  readonly start: number;
  readonly lines: readonly {
    readonly text: string /** Equal to the hunk's line at its place. */;
    readonly isEqual: boolean;
  }[];
  /** Up to two lines that follow. */
  readonly after: readonly string[];
}

/** Lines shown after the place. */
const AFTER_LINES = 2;

/** Old lines of a hunk: context and what is taken away. */
export function oldLines({ lines }: Hunk): readonly string[] {
  return lines
    .slice(1)
    .filter((line) => !line.startsWith('+') && !line.startsWith('\\'))
    .map((line) => line.slice(1));
}

/**
 * Where a file comes nearest to a hunk: the offset at which most lines are equal; of several, the one nearest to the
 * hunk's own line number. Empty and one-character lines (braces) are everywhere and count little.
 */
export function nearestPlace(content: string, hunk: Hunk): NearestPlace {
  const file = content.split('\n');
  if (file.at(-1) === '') file.pop();
  const wanted = oldLines(hunk);
  const weight = (line: string): number => (line.trim().length <= 1 ? 0.1 : 1);
  let best = { score: -1, at: Math.max(0, Math.min(hunk.oldStart - 1, file.length - 1)) };
  const far = (at: number): number => Math.abs(at - (hunk.oldStart - 1));
  for (let at = 0; at < Math.max(1, file.length); at++) {
    let score = 0;
    for (const [index, line] of wanted.entries()) if (file[at + index] === line) score += weight(line);
    if (score > best.score || (score === best.score && far(at) < far(best.at))) best = { score, at };
  }
  // Nothing alike anywhere: the hunk's own place.
  const at = best.score <= 0 ? Math.max(0, Math.min(hunk.oldStart - 1, file.length - 1)) : best.at;
  return {
    start: at + 1,
    lines: file
      .slice(at, at + Math.max(wanted.length, 1))
      .map((text, index) => ({ text, isEqual: text === wanted[index] })),
    after: file.slice(at + wanted.length, at + wanted.length + AFTER_LINES),
  };
}
