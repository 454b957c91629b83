/** Reads a file that somebody may be writing at this moment: whole, as it was at one moment, or not at all. */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { InfraError, messageOf, throwIfAborted, UsageError } from '../base/index.ts';
import type { FileMode } from './file-list.ts';

/** What was read of a file. */
export interface ReadFile {
  readonly mode: FileMode;
  /** Git blob name of the content (for a link, of its target). */
  readonly id: string;
  /** {@link stampOf} the file as it was read. */
  readonly stamp: string;
  /** False when the file was changed so shortly before that a further change need not show in its stamp. */
  readonly settled: boolean;
}

/** ext4 and others take times from a clock that ticks with the kernel's HZ; other hosts' file systems are coarser. */
const TICK_MS = 50;
const SETTLED_MS = 2000;
const MOST_TRIES = 40;
const PIECE_BYTES = 1 << 20;

/** All that changes when a file is written, replaced or made executable. */
export function stampOf(status: BigIntStats): string {
  return [status.ino, status.size, status.mtimeNs, status.ctimeNs, status.mode].join(' ');
}

/** lstat, with undefined for what is not there, and for a folder. @throws UsageError for a device, pipe or socket */
export function fileStatus(path: string): BigIntStats | undefined {
  let status: BigIntStats | undefined;
  try {
    status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    // A folder above became a file.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
  if (status === undefined || status.isDirectory()) return undefined;
  if (status.isFile() || status.isSymbolicLink()) return status;
  throw new UsageError(`${path} is neither a file nor a link`, { hint: 'remove it from the tree' });
}

/**
 * Copies a file while it hashes it; does it again as long as the file changes meanwhile.
 * @param to is made anew, with the folders above it; undefined: the file is only hashed
 * @returns undefined when the file is not there any more
 * @throws InfraError when it never stays as it is; UsageError when it can't be read
 */
export async function copyWhole(
  from: string,
  to: string | undefined,
  signal?: AbortSignal,
): Promise<ReadFile | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    throwIfAborted(signal);
    const before = fileStatus(from);
    if (before === undefined) return undefined;
    const ageMs = Date.now() - Number(before.ctimeNs / 1_000_000n);
    if (ageMs >= 0 && ageMs < TICK_MS) {
      await setTimeout(TICK_MS);
      continue;
    }
    const read = tryCopy(from, to, before);
    if (read !== undefined) {
      return { ...read, stamp: stampOf(before), settled: ageMs > SETTLED_MS };
    }
    await setTimeout(TICK_MS);
  }
  throw new InfraError(`${from} changes faster than it can be read`, {
    hint: 'stop what writes it, or let git ignore it',
  });
}

/** Undefined when the file changed meanwhile. */
function tryCopy(
  from: string,
  to: string | undefined,
  before: BigIntStats,
  hasRoom = false,
): { mode: FileMode; id: string } | undefined {
  try {
    const read = before.isSymbolicLink() ? copyLink(from, to) : copyContent(from, to, before);
    const after = fileStatus(from);
    return after !== undefined && stampOf(after) === stampOf(before) ? read : undefined;
  } catch (error) {
    const { code, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
    if (to !== undefined && (path === to || dest === to || code === 'ENOSPC')) {
      if (hasRoom || code === 'ENOSPC')
        throw new InfraError(`can't copy ${from} to ${to}: ${messageOf(error)}`, { cause: error });
      // The folder is not there yet, or an older copy is.
      mkdirSync(dirname(to), { recursive: true });
      rmSync(to, { force: true });
      return tryCopy(from, to, before, true);
    }
    // It went away, or became a link or none.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EINVAL') return undefined;
    throw new UsageError(`can't read ${from}: ${messageOf(error)}`, { cause: error });
  }
}

function copyLink(from: string, to: string | undefined): { mode: FileMode; id: string } {
  const target = readlinkSync(from);
  if (to !== undefined) symlinkSync(target, to);
  const bytes = Buffer.from(target);
  return {
    mode: '120000',
    id: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
  };
}

const piece = Buffer.allocUnsafe(PIECE_BYTES);

function copyContent(
  from: string,
  to: string | undefined,
  before: BigIntStats,
): { mode: FileMode; id: string } | undefined {
  // Not blocking, should it have become a pipe by now.
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (stampOf(fstatSync(source, { bigint: true })) !== stampOf(before)) return undefined;
    const executable = (before.mode & 0o100n) !== 0n;
    const target = to === undefined ? undefined : openSync(to, 'wx', 0o644);
    try {
      const hash = createHash('sha1').update(`blob ${before.size}\0`);
      let bytes = 0;
      for (let count = -1; count !== 0; bytes += count) {
        count = readSync(source, piece, 0, PIECE_BYTES, null);
        if (count === 0) continue;
        hash.update(piece.subarray(0, count));
        if (target === undefined) continue;
        for (let at = 0; at < count; ) at += writeSync(target, piece, at, count - at);
      }
      if (to !== undefined && executable) chmodSync(to, 0o755);
      return BigInt(bytes) === before.size
        ? { mode: executable ? '100755' : '100644', id: hash.digest('hex') }
        : undefined;
    } finally {
      if (target !== undefined) closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}
