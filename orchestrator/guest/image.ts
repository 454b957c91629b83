/** The guest image: an initramfs with init, busybox, the SSH server, the workload programs and fixture modules. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hashParts, makeTemporaryDirectory, runCommand } from '../base/index.ts';
import { type CpioEntry, writeCpio } from './cpio.ts';
import { type HostProgram, hostProgram, programEntries } from './host-programs.ts';
import type { GuestKeys } from './keys.ts';

/** Where programs and modules lie in the guest. */
export const guestPaths = {
  programs: '/unplug/bin',
  modules: '/unplug/modules',
  selftests: '/unplug/selftests',
  /** What selftests need and busybox lacks. */
  selftestTools: '/unplug/selftest-tools',
} as const;

/** What goes into an image. */
export interface ImageParts {
  /** The init script. */
  readonly init: string;
  /** Folder with the static workload programs. */
  readonly programs: string;
  /** Paths of .ko files: the kernel's own, and those built for it. No two have one name. */
  readonly modules: readonly string[];
  /** Programs of the host, e.g. {@link deviceTools}. */
  readonly tools?: readonly HostProgram[];
  /** Further entries, e.g. selftests. */
  readonly further?: readonly CpioEntry[];
}

/** An image without keys, and the hash of it: equal for equal content. */
export interface GuestImage {
  readonly content: Buffer;
  readonly contentHash: string;
}

const BUSYBOX = { path: '/bin/busybox', package: 'busybox-static' } as const;
const DROPBEAR = { path: '/usr/sbin/dropbear', package: 'dropbear-bin' } as const;

/**
 * Makes the image, without keys.
 * @throws InfraError naming the package of a program that the host lacks
 */
export async function makeGuestImage(parts: ImageParts, signal?: AbortSignal): Promise<GuestImage> {
  const entries: CpioEntry[] = [
    ...['dev', 'proc', 'sys', 'run', 'tmp', 'etc', 'root', 'mnt'].map(
      (path): CpioEntry => ({ type: 'directory', path, mode: path === 'tmp' ? 0o1777 : 0o755 }),
    ),
    { type: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { type: 'file', path: 'init', mode: 0o755, content: await readFile(parts.init) },
    { type: 'file', path: 'bin/busybox', mode: 0o755, content: await hostProgram(BUSYBOX) },
    ...['sh', 'true', 'cat', 'ls', 'insmod', 'rmmod', 'dmesg', 'ps', 'mkdir'].map(
      (name): CpioEntry => ({ type: 'link', path: `bin/${name}`, target: 'busybox' }),
    ),
    {
      type: 'file',
      path: 'etc/passwd',
      mode: 0o644,
      content: Buffer.from('root:x:0:0:root:/root:/bin/sh\n'),
    },
    { type: 'file', path: 'etc/group', mode: 0o644, content: Buffer.from('root:x:0:\n') },
    { type: 'file', path: 'etc/shells', mode: 0o644, content: Buffer.from('/bin/sh\n') },
  ];
  entries.push(...(await programEntries([DROPBEAR, ...(parts.tools ?? [])], signal)));
  for (const name of (await readdir(parts.programs)).sort()) {
    const content = await readFile(join(parts.programs, name));
    entries.push({ type: 'file', path: `${guestPaths.programs.slice(1)}/${name}`, mode: 0o755, content });
  }
  for (const module of parts.modules) {
    const path = `${guestPaths.modules.slice(1)}/${basename(module)}`;
    entries.push({ type: 'file', path, mode: 0o644, content: await withoutDebugInfo(module, signal) });
  }
  const content = writeCpio([...entries, ...(parts.further ?? [])]);
  return { content, contentHash: hashParts([content]) };
}

/** The archive to boot: the keys are a second archive behind the first, the kernel unpacks concatenated ones. */
export function bootableArchive({ content }: GuestImage, { authorizedKey, hostKey }: GuestKeys): Buffer {
  const keys = writeCpio([
    { type: 'directory', path: 'root/.ssh', mode: 0o700 },
    {
      type: 'file',
      path: 'root/.ssh/authorized_keys',
      mode: 0o600,
      content: Buffer.from(`${authorizedKey}\n`),
    },
    { type: 'file', path: 'etc/dropbear/host_ed25519', mode: 0o600, content: hostKey },
  ]);
  return Buffer.concat([content, keys]);
}

/** A module as it is loaded: its debugging information is a multiple of the rest, and the kernel does not read it. */
async function withoutDebugInfo(module: string, signal?: AbortSignal): Promise<Buffer> {
  await using directory = await makeTemporaryDirectory('module');
  const stripped = join(directory.path, basename(module));
  await runCommand({
    argv: ['strip', '--strip-debug', '-o', stripped, '--', module],
    ...(signal === undefined ? {} : { signal }),
  });
  return await readFile(stripped);
}
