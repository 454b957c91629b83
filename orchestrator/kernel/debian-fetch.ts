/** Downloads and unpacks a Debian source package into the cache. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commandLine,
  formatDurationMs,
  hashFile,
  InfraError,
  monotonicMs,
  removeLeftOvers,
  temporaryBeside,
  throwIfAborted,
  tryCommand,
  writeFileAtomic,
} from '../base/index.ts';
import { aptDownload, aptDownloadArgv } from './apt.ts';
import type { SourceContent, SourceOptions } from './located-source.ts';
import { periodically } from './periodically.ts';
import { ensureTree } from './publish-tree.ts';
import type { KernelSource } from './source.ts';
import type { SourceMarker } from './source-marker.ts';

/** Content of a source that is a Debian package, here or in an archive. */
export type PackageContent = Extract<SourceContent, { readonly at: 'package' | 'archive' }>;

/**
 * Downloads what is missing and unpacks a package into the cache.
 * @throws InfraError when it can't be downloaded or is damaged
 */
export async function fetchPackage(
  source: KernelSource,
  content: PackageContent,
  options: SourceOptions,
): Promise<void> {
  let deb = content.at === 'package' ? content : undefined;
  await ensureTree(
    source,
    options,
    (temporary) => unpackPackage(deb as Deb, source, join(temporary, 'linux'), options),
    async () => {
      if (content.at === 'archive') deb = { at: 'package', ...(await download(content, options)) };
    },
  );
}

interface Deb {
  readonly path: string;
  readonly package: string;
}

async function download(
  { candidate, apt }: Extract<PackageContent, { readonly at: 'archive' }>,
  options: SourceOptions,
): Promise<Deb> {
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
      () => aptDownload(candidate, temporary, signal, apt),
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
    return { path: target, package: candidate.package };
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof InfraError)) throw error;
    throw new InfraError(error.message, {
      cause: error,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      hint: `check with: ${apt === undefined ? '' : `APT_CONFIG=${apt.config} `}${commandLine(aptDownloadArgv(candidate))}; offline: put ${candidate.fileName} into ${cache.downloads}`,
    });
  } finally {
    progress.clear();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The package holds one archive, `usr/src/PACKAGE.tar.xz`. It is piped through, so no copy of it takes disk. */
async function unpackPackage(
  deb: Deb,
  source: KernelSource,
  linux: string,
  { signal, progress, cache }: SourceOptions,
): Promise<Partial<SourceMarker>> {
  const startedMs = monotonicMs();
  const pipe =
    'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$2.tar.xz" | ' +
    'tar -x --use-compress-program="xz -dc -T0" --strip-components=1 --no-same-owner -C "$3"';
  const result = await periodically(
    () =>
      tryCommand({
        argv: ['bash', '-o', 'pipefail', '-c', pipe, 'unpack', deb.path, deb.package, linux],
        ...(signal === undefined ? {} : { signal }),
      }),
    () => progress.update(`unpacking ${source.description}, ${formatDurationMs(monotonicMs() - startedMs)}`),
  );
  if (result.code !== 0) {
    throw new InfraError(`can't unpack ${deb.path}`, {
      detail: result.stderr.trim().split('\n').slice(-5).join('\n'),
      hint: `if the package is damaged, delete it; if the disk is full, make room below ${cache.root}`,
    });
  }
  const [name = '', version = ''] = source.description.split(' ');
  return { package: name, version };
}
