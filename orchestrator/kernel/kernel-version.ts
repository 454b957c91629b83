/** Which kernel a tree is: the first lines of its top Makefile. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../base/index.ts';

/** A kernel's version. */
export interface KernelVersion {
  /** E.g. `6.12.117` or `7.2.0-rc3`. */
  readonly version: string;
  /** E.g. `6.12`. */
  readonly release: string;
}

/** Reads the version out of a top Makefile; undefined when it has no VERSION and PATCHLEVEL. */
export function parseKernelVersion(makefile: string): KernelVersion | undefined {
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*(\\S*)[ \\t]*$`, 'm').exec(makefile)?.[1];
  const [version, patchLevel] = [value('VERSION'), value('PATCHLEVEL')];
  if (!/^\d+$/.test(version ?? '') || !/^\d+$/.test(patchLevel ?? '')) return undefined;
  const release = `${version}.${patchLevel}`;
  return {
    version: `${release}.${value('SUBLEVEL') || '0'}${value('EXTRAVERSION') ?? ''}`,
    release,
  };
}

/** The error about a tree that is not one of a kernel. */
export function noKernelTree(what: string): UsageError {
  return new UsageError(`${what} is no kernel tree: no top Makefile with VERSION and PATCHLEVEL`, {
    hint: 'name the folder, commit or archive whose top has the Makefile of Linux',
  });
}

/**
 * The version of a tree on disk.
 * @param what how messages name the tree; its folder when absent
 * @throws UsageError when it is no kernel tree
 */
export async function kernelVersion(directory: string, what: string = directory): Promise<KernelVersion> {
  const text = await readFile(join(directory, 'Makefile'), 'utf8').catch(() => '');
  const found = parseKernelVersion(text);
  if (found === undefined) throw noKernelTree(what);
  return found;
}
