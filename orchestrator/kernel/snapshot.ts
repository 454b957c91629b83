/**
 * `dir:DIR`: a tree as it is on disk, changes that were not committed included. A snapshot of it is taken into the
 * cache, and the snapshot's hash is its identity. The folder is only read, and may change meanwhile: every file is taken
 * whole, and when nothing changed between two looks at all of them, they are all of one moment.
 */
import { lstatSync, rmSync } from 'node:fs';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  acquireLock,
  exists,
  formatDurationMs,
  hashParts,
  monotonicMs,
  removeLeftOvers,
  requireFreeSpace,
  temporaryBeside,
  UsageError,
} from '../base/index.ts';
import { directoryFiles } from './directory-files.ts';
import { FILE_LIST, type FileEntry, formatFileList, readFileList } from './file-list.ts';
import { kernelVersion } from './kernel-version.ts';
import { type LocatedSource, type SourceOptions, treeDirectory } from './located-source.ts';
import { linkFrom, listedTrees, nearestTree } from './near-tree.ts';
import { pacer } from './pace.ts';
import { ensureTree } from './publish-tree.ts';
import { copyWhole, fileStatus, stampOf } from './read-whole.ts';
import { folderKey, recall, remember, type SnapshotMemory } from './snapshot-memory.ts';
import type { DirSourceSpec } from './source.ts';
import { SOURCE_MARKER } from './source-marker.ts';
import { refuseLinksOut } from './tree-links.ts';

/** Looks at the whole folder, before the snapshot is taken as it is. */
const MOST_LOOKS = 5;

/** Disk for the files and folders of a tree of hard links. */
const LINKED_TREE_MIB = 60;

/** A snapshot that is being taken. */
interface Taking {
  readonly directory: string;
  /** Where the files that were read are. */
  readonly staging: string;
  readonly files: SnapshotMemory;
  readonly remembered: SnapshotMemory;
  /** Paths that a tree of the cache has: most of them will be equal, and a link costs less than a copy. */
  readonly elsewhere: { has(path: string): boolean };
  readonly options: SourceOptions;
}

/**
 * Takes a snapshot of a folder, or finds that the cache has it.
 * @throws UsageError when it is no kernel tree or has links out of it; InfraError when files never stay as they are
 */
export async function takeSnapshot(spec: DirSourceSpec, options: SourceOptions): Promise<LocatedSource> {
  const { cache, signal, progress } = options;
  const directory = await realFolder(spec.directory);
  const name = `dir:${spec.directory}`;
  await kernelVersion(directory, name);
  await using _lock = await acquireLock(cache.locks, `snapshot-${folderKey(directory)}`, signal, () =>
    progress.info(`waiting for another unplug that reads ${directory}`),
  );
  const staged = join(cache.sources, `snapshot-${folderKey(directory)}`);
  await removeLeftOvers(staged);
  const staging = temporaryBeside(staged);
  const taking: Taking = {
    directory,
    staging,
    files: new Map(),
    remembered: await recall(cache, directory),
    elsewhere: await pathsElsewhere(options),
    options,
  };
  try {
    await readFolder(taking);
    if (!(await isThere(placeOf(taking)))) await completeTree(taking);
    // Files that were read only now may be others than those remembered.
    const place = placeOf(taking);
    const there = await isThere(place);
    const { version } = await kernelVersion(there ? place.directory : staging, name);
    const source: LocatedSource = {
      ...place,
      description: `${name} (${version}, snapshot ${place.identity.slice(0, 12)})`,
      content: { at: 'unpacked' },
    };
    if (!there) {
      const links = [...taking.files].filter(([, { mode }]) => mode === '120000').map(([path]) => path);
      refuseLinksOut(name, staging, links);
      await ensureTree(source, options, async (temporary) => {
        await rm(join(temporary, 'linux'), { recursive: true });
        await rename(staging, join(temporary, 'linux'));
        await writeFile(join(temporary, FILE_LIST), formatFileList(entriesOf(taking.files)));
        return {};
      });
    }
    await remember(cache, directory, taking.files, taking.remembered);
    return source;
  } finally {
    progress.clear();
    if (!signal?.aborted) await rm(staging, { recursive: true, force: true });
  }
}

/** Looks at all files until nothing has changed since the look before. */
async function readFolder(taking: Taking): Promise<void> {
  const { directory, options } = taking;
  for (let looks = 1; ; looks++) {
    const changed = await lookAtFolder(taking);
    if (changed === 0) return;
    if (looks === MOST_LOOKS) {
      options.progress.warn(
        `${directory} is changing all the time: each file is taken whole, but not all at the same moment`,
      );
      return;
    }
  }
}

/** Reads the files that are new or changed. @returns how many, with those that are gone */
async function lookAtFolder(taking: Taking): Promise<number> {
  const { directory, staging, files, remembered, elsewhere, options } = taking;
  const { cache, signal, progress } = options;
  const pace = pacer(signal);
  const startedMs = monotonicMs();
  const present = new Set<string>();
  const unread: string[] = [];
  const isRealFolder = realFolders(directory);
  let bytes = 0n;
  let changed = 0;
  for (const path of await directoryFiles(directory, signal)) {
    await pace();
    const absolute = join(directory, path);
    // git also lists what it knows below a folder that has become a link, which is not part of the tree then.
    const status = isRealFolder(dirname(path)) ? fileStatus(absolute) : undefined;
    if (status === undefined || absolute.startsWith(`${cache.root}/`)) continue;
    present.add(path);
    const stamp = stampOf(status);
    if (files.get(path)?.stamp === stamp) continue;
    const known = remembered.get(path);
    if (known?.stamp === stamp) {
      files.set(path, known);
      continue;
    }
    unread.push(path);
    if (!elsewhere.has(path)) bytes += status.size;
  }
  await requireFreeSpace(cache.root, Number(bytes >> 20n) + LINKED_TREE_MIB, `a snapshot of ${directory}`);
  for (const [index, path] of unread.entries()) {
    await pace();
    if (index % 500 === 499) {
      const took = formatDurationMs(monotonicMs() - startedMs);
      progress.update(`reading ${directory}: ${index + 1} of ${unread.length} files, ${took}`);
    }
    changed++;
    const staged = elsewhere.has(path) ? undefined : join(staging, path);
    const read = await copyWhole(join(directory, path), staged, signal);
    if (read === undefined) present.delete(path);
    else files.set(path, read);
  }
  for (const path of [...files.keys()].filter((path) => !present.has(path))) {
    files.delete(path);
    rmSync(join(staging, path), { force: true });
    changed++;
  }
  return changed;
}

async function pathsElsewhere({ cache }: SourceOptions): Promise<Taking['elsewhere']> {
  const [newest] = await listedTrees(cache);
  return (newest === undefined ? undefined : await readFileList(newest)) ?? new Set();
}

/** Fills the staging folder up: from the nearest tree of the cache, and from the folder itself. */
async function completeTree(taking: Taking): Promise<void> {
  const { directory, staging, files, options } = taking;
  const { cache, signal } = options;
  const pace = pacer(signal);
  const entries = entriesOf(files);
  const missing = await linkFrom(await nearestTree(entries, cache, signal), entries, staging, signal);
  for (const { path } of missing) {
    await pace();
    if (lstatSync(join(staging, path), { throwIfNoEntry: false }) !== undefined) continue;
    const read = await copyWhole(join(directory, path), join(staging, path), signal);
    if (read === undefined) files.delete(path);
    else files.set(path, read);
  }
}

interface Place {
  readonly identity: string;
  readonly directory: string;
}

/** Where the snapshot belongs, by what was read so far. */
function placeOf({ files, options }: Taking): Place {
  const identity = hashParts(['files', formatFileList(entriesOf(files))]);
  return { identity, directory: treeDirectory(options.cache, identity) };
}

async function isThere({ directory }: Place): Promise<boolean> {
  return exists(join(dirname(directory), SOURCE_MARKER));
}

function entriesOf(files: SnapshotMemory): FileEntry[] {
  return [...files].map(([path, { mode, id }]) => ({ mode, id, path }));
}

/** Asks whether a folder below the root is one, and no link on the way to it; each is looked at once. */
function realFolders(root: string): (path: string) => boolean {
  const known = new Map<string, boolean>([['.', true]]);
  const isReal = (path: string): boolean => {
    let real = known.get(path);
    if (real === undefined) {
      real =
        isReal(dirname(path)) &&
        lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === true;
      known.set(path, real);
    }
    return real;
  };
  return isReal;
}

async function realFolder(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) throw new UsageError(`no folder ${directory}`);
  return realpath(directory);
}
