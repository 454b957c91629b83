/** The kernel's own selftests in the guest image, and what their scripts need beside busybox. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../base/index.ts';
import type { CpioEntry } from './cpio.ts';
import { guestPaths } from './image.ts';

/** In the repository: scripts that become programs of the guest. */
const TOOLS = join(repositoryRoot, 'guest', 'selftest-tools');
const TOOL_NAMES = ['prepare', 'mountpoint', 'bash'] as const;

/**
 * Entries for an image with selftests.
 * @param folders built collections: each has the layout of tools/testing/selftests, with `files` in it
 * @param kernel what modprobe has to know: it says yes to a module that is built in, and to no other
 */
export async function selftestEntries(
  folders: readonly { readonly directory: string; readonly files: readonly string[] }[],
  kernel: { readonly release: string; readonly builtInModules: readonly string[] },
): Promise<readonly CpioEntry[]> {
  if (folders.length === 0) return [];
  const entries = new Map<string, CpioEntry>();
  const add = async (path: string, from: string): Promise<void> => {
    // Modules are loaded and not run; a mode too much harms nobody in a guest of one user.
    entries.set(path, { type: 'file', path, mode: 0o755, content: await readFile(from) });
  };
  for (const { directory, files } of folders) {
    for (const file of files) await add(`${guestPaths.selftests.slice(1)}/${file}`, join(directory, file));
  }
  for (const tool of TOOL_NAMES) await add(`${guestPaths.selftestTools.slice(1)}/${tool}`, join(TOOLS, tool));
  const put = (path: string, text: string): void =>
    void entries.set(path, { type: 'file', path, mode: 0o644, content: Buffer.from(text) });
  put(`lib/modules/${kernel.release}/modules.dep`, '');
  put(
    `lib/modules/${kernel.release}/modules.builtin`,
    kernel.builtInModules.map((name) => `kernel/${name}.ko\n`).join(''),
  );
  // Where scripts look for their interpreters.
  const link = (path: string, target: string): void => void entries.set(path, { type: 'link', path, target });
  link('bin/bash', `${guestPaths.selftestTools}/bash`);
  link('usr/bin/env', '/bin/busybox');
  return [...entries.values()];
}
