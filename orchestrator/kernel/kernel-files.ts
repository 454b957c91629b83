/** The files of a kernel that say where its code comes from: vmlinux and its modules. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type CachePaths, UsageError } from '../base/index.ts';

/** A kernel with debugging information. */
export interface KernelFiles {
  readonly vmlinux: string;
  /** By name as the kernel prints it (`_` for `-`). */
  readonly modules: ReadonlyMap<string, string>;
}

/** A vmlinux and the modules beside and below it. @throws UsageError when there is none */
export async function kernelFiles(vmlinux: string, more: readonly string[] = []): Promise<KernelFiles> {
  const modules = new Map<string, string>();
  for (const folder of [dirname(vmlinux), ...more]) {
    let names: readonly string[];
    try {
      names = await readdir(folder, { recursive: true });
    } catch (cause) {
      throw new UsageError(`${folder}: ${(cause as Error).message}`, { cause });
    }
    for (const name of names) {
      if (name.endsWith('.ko')) modules.set(basename(name, '.ko').replaceAll('-', '_'), join(folder, name));
    }
  }
  return { vmlinux, modules };
}

/** A kernel of the cache, by its key or the beginning of one. @throws UsageError when there is none, or more than one */
export async function cachedKernelFiles(cache: CachePaths, key: string): Promise<KernelFiles> {
  const names = await readdir(cache.kernels).catch((): string[] => []);
  const found = names.filter((name) => name.startsWith(key) && !name.includes('-modules-'));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new UsageError(
      found.length === 0 ? `no kernel ${key} in the cache` : `${found.length} kernels begin with ${key}`,
      {
        hint: '`unplug cache ls` lists them; record.json of a case has the key of its kernel',
      },
    );
  }
  const modules = names.filter((name) => name.startsWith(`${only}-modules-`));
  return kernelFiles(
    join(cache.kernels, only, 'vmlinux'),
    modules.map((name) => join(cache.kernels, name)),
  );
}
