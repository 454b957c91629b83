/** `tar:FILE`: an archive of one tree, however it is compressed. */
import { readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  formatDurationMs,
  hashFile,
  InfraError,
  messageOf,
  monotonicMs,
  throwIfAborted,
  tryCommand,
  UsageError,
} from '../base/index.ts';
import { kernelVersion, noKernelTree, parseKernelVersion } from './kernel-version.ts';
import {
  type LocatedSource,
  type SourceContent,
  type SourceOptions,
  treeDirectory,
} from './located-source.ts';
import { periodically } from './periodically.ts';
import { ensureTree } from './publish-tree.ts';
import { formatSource, type KernelSource, type TarSourceSpec } from './source.ts';
import { parseMarker, SOURCE_MARKER } from './source-marker.ts';
import { refuseLinksOut } from './tree-links.ts';

/** What a source in an archive consists of. */
export type TarContent = Extract<SourceContent, { readonly at: 'tar' }>;

/**
 * Finds out what an archive is.
 * @throws UsageError when it can't be read or has no kernel in it
 */
export async function locateTarSource(spec: TarSourceSpec, options: SourceOptions): Promise<LocatedSource> {
  const { cache, signal } = options;
  const { file } = spec;
  const status = await stat(file).catch((error: unknown) => {
    throw new UsageError(`can't read ${file}: ${messageOf(error)}`, { cause: error });
  });
  if (!status.isFile())
    throw new UsageError(`${file} is no file`, { hint: `for a tree on disk: dir:${file}` });
  const sha256 = await hashFile(file, signal);
  const directory = treeDirectory(cache, sha256);
  const marker = parseMarker(await readFile(join(dirname(directory), SOURCE_MARKER), 'utf8').catch(() => ''));
  if (marker !== undefined)
    return { identity: sha256, description: marker.description, directory, content: { at: 'unpacked' } };
  const version = await versionInArchive(file, signal);
  return {
    identity: sha256,
    description: `tar:${basename(file)} (${version}, sha256 ${sha256.slice(0, 12)})`,
    directory,
    content: { at: 'tar', file },
  };
}

/**
 * Unpacks an archive into the cache.
 * @throws UsageError when members or links lead out of the tree, or it is no kernel; InfraError when it is damaged
 */
export async function unpackTar(
  source: KernelSource,
  { file }: TarContent,
  options: SourceOptions,
): Promise<void> {
  const { signal, progress } = options;
  const name = formatSource({ kind: 'tar', file });
  await ensureTree(source, options, async (temporary) => {
    const startedMs = monotonicMs();
    const unpacked = join(temporary, 'unpacked');
    await mkdir(unpacked);
    const result = await periodically(
      () =>
        tryCommand({
          argv: ['tar', '-x', '-f', file, '--no-same-owner', '--no-same-permissions', '-C', unpacked],
          env: { ...process.env, LC_ALL: 'C' },
          ...(signal === undefined ? {} : { signal }),
        }),
      () =>
        progress.update(`unpacking ${source.description}, ${formatDurationMs(monotonicMs() - startedMs)}`),
    );
    // tar strips such names or leaves those members out by itself, and says so: nothing was written elsewhere.
    const outside = result.stderr
      .split('\n')
      .filter((line) => /: Removing leading |contains '\.\.'/.test(line));
    if (outside.length > 0) {
      throw new UsageError(`${name} has members outside of its tree: it is refused`, {
        detail: outside.slice(0, 5).join('\n'),
        hint: 'make the archive with git archive --prefix=linux/, or tar -C PARENT -c FOLDER',
      });
    }
    if (result.code !== 0) {
      throw new InfraError(`can't unpack ${file}`, {
        detail: result.stderr.trim().split('\n').slice(-5).join('\n'),
        hint: 'is it whole, is the program for its compression installed, and is there room on the disk?',
      });
    }
    // It may have changed since it was hashed.
    if ((await hashFile(file, signal)) !== source.identity) {
      throw new InfraError(`${file} changed while it was read`, { hint: 'start again' });
    }
    throwIfAborted(signal);
    await rm(join(temporary, 'linux'), { recursive: true });
    const [top, ...others] = readdirSync(unpacked, { withFileTypes: true });
    // One folder above all, or the tree itself.
    const root = top?.isDirectory() && others.length === 0 ? join(unpacked, top.name) : unpacked;
    await kernelVersion(root, name);
    refuseLinksOut(name, root, linksOf(name, root));
    await rename(root, join(temporary, 'linux'));
    await rm(unpacked, { recursive: true, force: true });
    return {};
  });
}

/** The version, from the Makefile in an archive's top folder; reads no further than to it. */
async function versionInArchive(file: string, signal: AbortSignal | undefined): Promise<string> {
  let complaint = '';
  // Nearly all archives have `FOLDER/Makefile`; with several patterns tar would read to the end.
  for (const patterns of [['*/Makefile'], ['./*/Makefile', './Makefile', 'Makefile']]) {
    const result = await tryCommand({
      argv: [
        'tar',
        '-x',
        '-O',
        '-f',
        file,
        '--wildcards',
        '--no-wildcards-match-slash',
        '--occurrence=1',
        ...patterns,
      ],
      env: { ...process.env, LC_ALL: 'C' },
      ...(signal === undefined ? {} : { signal }),
    });
    const version = parseKernelVersion(result.stdout.toString('utf8'));
    if (version !== undefined) return version.version;
    complaint = result.stderr;
  }
  if (
    /does not look like a tar|Cannot exec|not in gzip|not recognized|Unexpected EOF|corrupt/i.test(complaint)
  ) {
    throw new UsageError(`${file} is no archive that tar can read`, {
      detail: complaint.trim().split('\n').slice(-5).join('\n'),
      hint: 'is it whole, and is the program for its compression installed?',
    });
  }
  throw noKernelTree(`tar:${file}`);
}

/** Paths of the symbolic links of a tree. @throws UsageError for what is neither file, folder nor link */
function linksOf(name: string, root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return linksOf(name, root, path);
    if (entry.isSymbolicLink()) return [path];
    if (entry.isFile()) return [];
    throw new UsageError(`${name}: ${path} is neither a file, a folder nor a link: the archive is refused`);
  });
}
