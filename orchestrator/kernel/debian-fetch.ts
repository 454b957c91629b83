/** Downloads and unpacks a Debian source package into the cache. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acquireLock,
  commandLine,
  exists,
  formatDurationMs,
  hashFile,
  InfraError,
  monotonicMs,
  temporaryBeside,
  throwIfAborted,
  tryCommand,
  writeFileAtomic,
} from '../base/index.ts';
import { aptDownload, aptDownloadArgv, type PackageCandidate } from './apt.ts';
import type { LocatedSource, SourceOptions } from './debian-source.ts';
import { removeLeftOvers } from './left-overs.ts';
import { periodically } from './periodically.ts';
import type { KernelSource } from './source.ts';
import { SOURCE_MARKER, type SourceMarker, shortIdentity } from './source-marker.ts';

/**
 * Makes sure that a located source lies unpacked in the cache; downloads and unpacks what is missing.
 * @throws InfraError when it can't be downloaded or is damaged
 */
export async function obtainSource(source: LocatedSource, options: SourceOptions): Promise<KernelSource> {
  const { cache, signal, progress } = options;
  const root = join(cache.sources, shortIdentity(source.identity));
  if (!(await exists(join(root, SOURCE_MARKER)))) {
    await using _lock = await acquireLock(
      cache.locks,
      `source-${shortIdentity(source.identity)}`,
      signal,
      () => progress.info(`waiting for another unplug that fetches ${source.description}`),
    );
    if (!(await exists(join(root, SOURCE_MARKER)))) {
      if (await exists(root)) progress.warn(`${root} is incomplete: unpacking it again`);
      await unpackPackage(await packageOf(source, options), source, root, options);
    }
  }
  return { identity: source.identity, description: source.description, directory: source.directory };
}

/** The path of the .deb, downloaded if need be. */
async function packageOf(
  source: LocatedSource,
  options: SourceOptions,
): Promise<{ path: string; package: string }> {
  const { content } = source;
  switch (content.at) {
    case 'package':
      return content;
    case 'archive':
      return { path: await download(content.candidate, options), package: content.candidate.package };
    case 'unpacked':
      throw new InfraError(`${source.directory} went away while it was needed`, { hint: 'start again' });
  }
}

async function download(candidate: PackageCandidate, options: SourceOptions): Promise<string> {
  const { cache, signal, progress } = options;
  const target = join(cache.downloads, candidate.fileName);
  await removeLeftOvers(target);
  const temporary = temporaryBeside(target);
  await mkdir(temporary, { recursive: true });
  const part = async (): Promise<number> => {
    const sizes = await Promise.all(
      [candidate.fileName, `partial/${candidate.fileName}`].map((name) =>
        stat(join(temporary, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    return Math.max(...sizes);
  };
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const startedMs = monotonicMs();
  progress.info(`downloading ${candidate.package} ${candidate.version} (${mib(candidate.bytes)} MiB)`);
  try {
    await periodically(
      () => aptDownload(candidate, temporary, signal),
      async () =>
        progress.update(
          `downloading ${candidate.package}: ${mib(await part())} of ${mib(candidate.bytes)} MiB`,
        ),
    );
    const downloaded = join(temporary, candidate.fileName);
    if ((await hashFile(downloaded, signal)) !== candidate.sha256) {
      throw new InfraError(`${candidate.fileName} came damaged: its SHA-256 is not the one in apt's lists`);
    }
    await writeFileAtomic(`${target}.sha256`, `${candidate.sha256}\n`);
    await rename(downloaded, target);
    progress.info(`downloaded in ${formatDurationMs(monotonicMs() - startedMs)}`);
    return target;
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof InfraError)) throw error;
    throw new InfraError(error.message, {
      cause: error,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      hint: `check with: ${commandLine(aptDownloadArgv(candidate))}; offline: put ${candidate.fileName} into ${cache.downloads}`,
    });
  } finally {
    progress.clear();
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * The package holds one archive, `usr/src/PACKAGE.tar.xz`. It is piped through, so no copy of it takes disk. The
 * folder gets its name by rename, and its marker before that: a folder without marker is none of ours or damaged.
 */
async function unpackPackage(
  deb: { readonly path: string; readonly package: string },
  source: LocatedSource,
  root: string,
  { signal, progress, cache }: SourceOptions,
): Promise<void> {
  const startedMs = monotonicMs();
  await removeLeftOvers(root);
  await rm(root, { recursive: true, force: true });
  const temporary = temporaryBeside(root);
  await mkdir(join(temporary, 'linux'), { recursive: true });
  try {
    const pipe =
      'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$2.tar.xz" | ' +
      'tar -x --use-compress-program="xz -dc -T0" --strip-components=1 --no-same-owner -C "$3" && sync -f "$3"';
    const result = await periodically(
      () =>
        tryCommand({
          argv: [
            'bash',
            '-o',
            'pipefail',
            '-c',
            pipe,
            'unpack',
            deb.path,
            deb.package,
            join(temporary, 'linux'),
          ],
          ...(signal === undefined ? {} : { signal }),
        }),
      () =>
        progress.update(`unpacking ${source.description}, ${formatDurationMs(monotonicMs() - startedMs)}`),
    );
    if (result.code !== 0) {
      throw new InfraError(`can't unpack ${deb.path}`, {
        detail: result.stderr.trim().split('\n').slice(-5).join('\n'),
        hint: `if the package is damaged, delete it; if the disk is full, make room below ${cache.root}`,
      });
    }
    const [name = '', version = ''] = source.description.split(' ');
    const marker: SourceMarker = { package: name, version, identity: source.identity };
    await writeFileAtomic(join(temporary, SOURCE_MARKER), `${JSON.stringify(marker, undefined, 2)}\n`);
    await rename(temporary, root);
    progress.info(`unpacked ${source.description} in ${formatDurationMs(monotonicMs() - startedMs)}`);
  } finally {
    progress.clear();
    // Deleting a whole tree takes seconds, which an interrupted user need not wait: the next run does it.
    if (!signal?.aborted) await rm(temporary, { recursive: true, force: true });
  }
}
