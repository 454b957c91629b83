/**
 * A build folder that begins as a copy of the nearest finished one, so that make sees only what differs.
 *
 * make compares times, so the copy is right only if every file that differs between the two trees is newer than every
 * object: each of them gets an inode of its own with the present time. Files that are equal keep their times, because
 * the trees share them as hard links.
 */
import { copyFile, lstat, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  acquireLock,
  InfraError,
  type Progress,
  removeLeftOvers,
  temporaryBeside,
  throwIfAborted,
  tryCommand,
} from '../base/index.ts';
import { buildState } from './build.ts';
import { ASKED_FILE } from './configure.ts';
import type { KernelInputs } from './kernel-key.ts';
import { buildLayout } from './make-command.ts';
import { shortIdentity } from './source-marker.ts';
import { treeDifference } from './tree-difference.ts';

/** A finished build that another one can begin from. */
export interface NearBuild {
  readonly key: string;
  readonly buildDirectory: string;
  /** Files that differ between its tree and the wanted one. */
  readonly changed: readonly string[];
}

/** What looking for a near build takes. */
export interface CloneOptions {
  readonly cache: { readonly kernels: string; readonly sources: string; readonly locks: string };
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Finds the finished build folder with the same configuration and compiler whose tree differs in the fewest files.
 * Undefined when there is none, or when all differ in too much to know.
 */
export async function nearestBuild(
  inputs: KernelInputs,
  tree: { readonly identity: string; readonly directory: string },
  { cache, signal }: CloneOptions,
): Promise<NearBuild | undefined> {
  let nearest: NearBuild | undefined;
  for (const key of await readdir(cache.kernels).catch(() => [])) {
    throwIfAborted(signal);
    const other = await readInputs(join(cache.kernels, key, 'manifest.json'));
    if (other === undefined || other.source === inputs.source || !sameButSource(other, inputs)) continue;
    const directory = join(cache.sources, shortIdentity(other.source), 'linux');
    const { buildDirectory } = buildLayout(directory, key);
    if ((await buildState(buildDirectory)) !== 'built') continue;
    const changed = await treeDifference({ identity: other.source, directory }, tree, cache.sources, signal);
    if (changed === undefined || (nearest !== undefined && nearest.changed.length <= changed.length))
      continue;
    nearest = { key, buildDirectory, changed };
  }
  return nearest;
}

/**
 * Copies a finished build folder. The copy appears whole or not at all. To be called under the lock of the kernel that
 * is to be built.
 * @returns false when the build went away or changed meanwhile
 * @throws InfraError when the copy fails; what the signal was aborted with
 */
export async function cloneBuild(
  near: NearBuild,
  treeDirectory: string,
  buildDirectory: string,
  { cache, progress, signal }: CloneOptions,
): Promise<boolean> {
  await using _lock = await acquireLock(cache.locks, `kernel-${near.key}`, signal, () =>
    progress.info('waiting for another unplug that uses the build folder to copy from'),
  );
  if ((await buildState(near.buildDirectory)) !== 'built') return false;
  await removeLeftOvers(buildDirectory);
  const temporary = temporaryBeside(buildDirectory);
  try {
    const copied = await tryCommand({
      argv: ['cp', '-a', '--reflink=auto', near.buildDirectory, temporary],
      ...(signal === undefined ? {} : { signal }),
    });
    throwIfAborted(signal);
    if (copied.code !== 0)
      throw new InfraError(`can't copy ${near.buildDirectory}`, { detail: copied.stderr.trim() });
    await moveAbsolutePaths(
      temporary,
      dirname(near.buildDirectory),
      treeDirectory,
      near.buildDirectory,
      buildDirectory,
    );
    // The other tree may have had other symbols: it is configured again, and Kbuild then sees what has changed.
    await rm(join(temporary, ASKED_FILE), { force: true });
    for (const path of near.changed) await makeNewest(join(treeDirectory, path));
    await rename(temporary, buildDirectory);
  } finally {
    if (!signal?.aborted) await rm(temporary, { recursive: true, force: true });
  }
  return true;
}

/** Gives a file an inode of its own and the present time; nothing for one that is not there. */
async function makeNewest(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined || !status.isFile()) return;
  const temporary = temporaryBeside(path);
  await copyFile(path, temporary);
  const now = new Date();
  await utimes(temporary, now, now);
  await rename(temporary, path);
}

/**
 * The programs that tools/build makes (objtool) have absolute paths in what they remember of their commands. As they
 * are, make would link objtool again, and every object depends on it (scripts/Makefile.lib, cmd_gen_objtooldep).
 */
async function moveAbsolutePaths(
  copy: string,
  oldTree: string,
  newTree: string,
  oldBuild: string,
  newBuild: string,
): Promise<void> {
  for (const file of await commandFiles(join(copy, 'tools'))) {
    const text = await readFile(file, 'utf8');
    const moved = text.replaceAll(oldBuild, newBuild).replaceAll(`${oldTree}/`, `${newTree}/`);
    if (moved === text) continue;
    const { atime, mtime } = await lstat(file);
    await writeFile(file, moved);
    await utimes(file, atime, mtime);
  }
}

async function commandFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) files.push(...(await commandFiles(path)));
    else if (entry.isFile() && entry.name.startsWith('.') && /\.(?:cmd|d)$/.test(entry.name))
      files.push(path);
  }
  return files;
}

function sameButSource(a: KernelInputs, b: KernelInputs): boolean {
  const rest = ({ source: _, ...others }: KernelInputs): string => JSON.stringify(others);
  return rest(a) === rest(b);
}

async function readInputs(manifest: string): Promise<KernelInputs | undefined> {
  try {
    return (JSON.parse(await readFile(manifest, 'utf8')) as { inputs: KernelInputs }).inputs;
  } catch {
    return undefined;
  }
}
