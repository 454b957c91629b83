/** What the cache holds: how large, for what, and when it was used last. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CachePaths, tryCommand } from '../base/index.ts';
import type { KernelMetadata } from './kernel.ts';
import { buildLayout } from './make-command.ts';
import { parseMarker, SOURCE_MARKER, shortIdentity } from './source-marker.ts';

/** Kinds of things in the cache, in the order in which they are made. */
export type CacheKind = 'download' | 'source' | 'build' | 'kernel' | 'modules' | 'template' | 'ccache';

/** One thing that can be removed by itself. */
export interface CacheEntry {
  readonly kind: CacheKind;
  /** As it is named in messages: a key, a file name. */
  readonly name: string;
  readonly path: string;
  /** On disk; files that trees share as hard links count once, for the first of them. */
  readonly bytes: number;
  /** Unix time. */
  readonly usedAtMs: number;
  /** What it is, or what uses it. */
  readonly description: string;
  /** Lock to hold while it is removed. */
  readonly lock: string | null;
}

/** Marks a kernel, and with it its build folder and its source, as used now. */
const USED_FILE = 'used';

/** Says that a kernel is used, for `cache prune`. Not being able to is no failure. */
export async function markUsed(kernelDirectory: string): Promise<void> {
  await writeFile(join(kernelDirectory, USED_FILE), '').catch(() => undefined);
}

/** Everything in the cache but what is small (memos, locks). @throws what the signal was aborted with */
export async function cacheContents(cache: CachePaths, signal?: AbortSignal): Promise<readonly CacheEntry[]> {
  const kernels = await kernelsOf(cache);
  const entries: Omit<CacheEntry, 'bytes'>[] = [];
  for (const name of (await list(cache.downloads)).filter((one) => !one.endsWith('.sha256'))) {
    const path = join(cache.downloads, name);
    entries.push({
      kind: 'download',
      name,
      path,
      usedAtMs: await changedAtMs(path),
      description: '',
      lock: null,
    });
  }
  for (const folder of await list(cache.sources)) {
    const root = join(cache.sources, folder);
    const marker = parseMarker(await readFile(join(root, SOURCE_MARKER), 'utf8').catch(() => ''));
    const users = kernels.filter(({ metadata }) => shortIdentity(metadata.inputs.source) === folder);
    const unpackedMs = await changedAtMs(join(root, SOURCE_MARKER));
    entries.push({
      kind: 'source',
      name: folder,
      path: root,
      usedAtMs: Math.max(unpackedMs, ...users.map(({ usedAtMs }) => usedAtMs)),
      description: marker?.description ?? 'incomplete',
      lock: `source-${folder}`,
    });
    for (const build of (await list(join(root, 'linux'))).filter((one) => one.startsWith('build-'))) {
      const key = build.slice('build-'.length);
      const path = buildLayout(join(root, 'linux'), key).buildDirectory;
      const kernel = kernels.find((one) => one.key === key);
      entries.push({
        kind: 'build',
        name: key,
        path,
        usedAtMs: kernel?.usedAtMs ?? (await changedAtMs(path)),
        description:
          kernel === undefined ? 'unfinished, or its kernel was pruned' : describe(kernel.metadata),
        lock: `kernel-${key}`,
      });
    }
  }
  for (const { key, path, usedAtMs, metadata } of kernels) {
    entries.push({
      kind: 'kernel',
      name: key,
      path,
      usedAtMs,
      description: describe(metadata),
      lock: `kernel-${key}`,
    });
  }
  // Beside the kernels: what was built for one of them, named KEY-WHAT-HASH.
  for (const name of (await list(cache.kernels)).filter((one) => one.includes('-'))) {
    const path = join(cache.kernels, name);
    const [key = ''] = name.split('-');
    const kernel = kernels.find((one) => one.key === key);
    entries.push({
      kind: 'modules',
      name,
      path,
      usedAtMs: kernel?.usedAtMs ?? (await changedAtMs(path)),
      description: kernel === undefined ? 'its kernel was pruned' : `for ${describe(kernel.metadata)}`,
      lock: `kernel-${key}`,
    });
  }
  for (const name of await list(cache.templates)) {
    const path = join(cache.templates, name);
    const manifest = join(path, 'manifest.json');
    const description = await templateDescription(manifest);
    entries.push({
      kind: 'template',
      name,
      path,
      usedAtMs: await changedAtMs(manifest),
      description: description === undefined ? 'incomplete' : `frozen machine of ${description}`,
      lock: `template-${name}`,
    });
  }
  if ((await list(cache.ccache)).length > 0) {
    const path = cache.ccache;
    const description = 'compiler cache, keeps itself below 5 GB';
    entries.push({
      kind: 'ccache',
      name: 'ccache',
      path,
      usedAtMs: await changedAtMs(path),
      description,
      lock: null,
    });
  }
  // Build folders first: they lie inside of sources, and du counts every file for the first path that has it.
  const inner = entries.filter(({ kind }) => kind === 'build');
  const outer = entries.filter(({ kind }) => kind !== 'build');
  const sizes = await diskUsage(
    [...inner, ...outer].map(({ path }) => path),
    signal,
  );
  return [...outer, ...inner].map((entry) => ({ ...entry, bytes: sizes.get(entry.path) ?? 0 }));
}

/** Undefined when it was not finished, or is damaged: then it is made again when it is needed. */
async function templateDescription(manifest: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(manifest, 'utf8')) as { readonly description?: string }).description;
  } catch {
    return undefined;
  }
}

function describe({ builtFor, sourceDescription, profile }: KernelMetadata): string {
  return `${builtFor}: ${sourceDescription}, profile ${profile}`;
}

interface CachedKernel {
  readonly key: string;
  readonly path: string;
  readonly usedAtMs: number;
  readonly metadata: KernelMetadata;
}

async function kernelsOf(cache: CachePaths): Promise<CachedKernel[]> {
  const found: CachedKernel[] = [];
  for (const key of (await list(cache.kernels)).filter((one) => !one.includes('-'))) {
    const path = join(cache.kernels, key);
    try {
      const metadata = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) as KernelMetadata;
      const usedAtMs = Math.max(
        await changedAtMs(join(path, USED_FILE)),
        await changedAtMs(join(path, 'manifest.json')),
      );
      found.push({ key, path, usedAtMs, metadata });
    } catch {
      // Half a kernel is no kernel: `cache verify` names it.
    }
  }
  return found;
}

/** Disk usage by path: du(1) counts a file with several names once in one call. */
async function diskUsage(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  if (paths.length === 0) return new Map();
  const result = await tryCommand({
    argv: ['du', '--summarize', '--block-size=1', '--null', '--', ...paths],
    ...(signal === undefined ? {} : { signal }),
  });
  const sizes = new Map<string, number>();
  for (const line of result.stdout.toString('utf8').split('\0').filter(Boolean)) {
    const [bytes = '', path = ''] = line.split('\t');
    sizes.set(path, Number(bytes));
  }
  return sizes;
}

async function list(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort();
}

async function changedAtMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
