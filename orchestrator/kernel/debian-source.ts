/** `debian:linux-source-X`: which version it is, and where its content is at the moment. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CachePaths,
  exists,
  hashFile,
  InfraError,
  messageOf,
  suggestNames,
  throwIfAborted,
  tryCommand,
  UsageError,
} from '../base/index.ts';
import {
  type AptState,
  aptCandidate,
  aptPackageNames,
  aptUpdate,
  type PackageCandidate,
  parsePackageFileName,
} from './apt.ts';
import { isDebiansApt, rememberedCandidate } from './apt-memo.ts';
import { BadSignature, ensureAptState } from './apt-state.ts';
import { type LocatedSource, type SourceOptions, treeDirectory } from './located-source.ts';
import type { DebianSourceSpec } from './source.ts';
import { parseMarker, SOURCE_MARKER } from './source-marker.ts';

/**
 * Finds out what a `debian:` source is at the moment, best first: the version that apt would take, then, when that
 * one would have to be downloaded, what the cache has of the same package (newest first).
 * @throws InfraError when neither apt nor the cache has it; UsageError for a suite that is not there or lacks it
 */
export async function locateDebianSource(
  spec: DebianSourceSpec,
  options: SourceOptions,
): Promise<readonly [LocatedSource, ...LocatedSource[]]> {
  if (spec.suite !== undefined) return locateInSuite(spec.package, spec.suite, options);
  const { cache, signal, progress } = options;
  const fromApt = async (): Promise<LocatedSource | undefined> => {
    const ask = (): Promise<PackageCandidate | undefined> => aptCandidate(spec.package, signal);
    const candidate = (await isDebiansApt())
      ? await rememberedCandidate(join(cache.downloads, 'apt-candidates.json'), spec.package, ask)
      : await ask();
    return candidate === undefined ? undefined : locateCandidate(candidate, options);
  };
  const first = await fromApt();
  if (first !== undefined && first.content.at !== 'archive') return [first];
  const cached = (await locateCached(spec.package, options)).filter(
    ({ identity }) => identity !== first?.identity,
  );
  const [newest, ...older] = first === undefined ? cached : [first, ...cached];
  if (newest !== undefined) return [newest, ...older];

  let updateFailure: unknown;
  if (process.getuid?.() === 0) {
    progress.info(`apt does not know ${spec.package} yet: apt-get update`);
    await aptUpdate(signal).catch((error: unknown) => {
      throwIfAborted(signal);
      updateFailure = error;
    });
    const updated = await fromApt();
    if (updated !== undefined) return [updated];
  }
  const similar = await aptPackageNames('linux-source-', signal);
  throw new InfraError(`apt has no package ${spec.package}, and there is none in ${cache.downloads}`, {
    cause: updateFailure,
    ...(updateFailure instanceof InfraError
      ? { detail: `${updateFailure.message}\n${updateFailure.detail ?? ''}`.trim() }
      : similar.length === 0
        ? {}
        : { detail: suggestNames(spec.package, similar) }),
    hint: `run apt-get update as root; offline: put a ${spec.package}_VERSION_all.deb into ${cache.downloads}`,
  });
}

/** The same from a suite, with an apt of its own. */
async function locateInSuite(
  name: string,
  suite: string,
  options: SourceOptions,
): Promise<readonly [LocatedSource, ...LocatedSource[]]> {
  const { signal, progress } = options;
  let apt: AptState;
  try {
    apt = await ensureAptState(suite, options);
  } catch (error) {
    // Only when the lists can't be had is what the cache has good enough: what is wrong with them is to be said.
    const [newest, ...older] =
      error instanceof InfraError && !(error instanceof BadSignature)
        ? await locateCached(name, options)
        : [];
    if (newest === undefined) throw error;
    progress.warn(`${messageOf(error)}: ${newest.description} is taken from the cache`);
    return [newest, ...older];
  }
  const candidate = await aptCandidate(name, signal, apt);
  if (candidate === undefined) {
    throw new UsageError(`${suite} has no package ${name}`, {
      hint: suggestNames(name, await aptPackageNames('linux-source-', signal, apt)),
    });
  }
  const first = await locateCandidate(candidate, options, apt);
  if (first.content.at !== 'archive') return [first];
  const cached = await locateCached(name, options);
  return [first, ...cached.filter(({ identity }) => identity !== first.identity)];
}

async function locateCandidate(
  candidate: PackageCandidate,
  options: SourceOptions,
  apt?: AptState,
): Promise<LocatedSource> {
  const { cache, signal, progress } = options;
  const source = located(candidate, candidate.sha256, cache);
  if (await exists(join(source.directory, '..', SOURCE_MARKER)))
    return { ...source, content: { at: 'unpacked' } };
  const path = join(cache.downloads, candidate.fileName);
  if (await exists(path)) {
    if ((await hashFile(path, signal)) === candidate.sha256) {
      return { ...source, content: { at: 'package', path, package: candidate.package } };
    }
    progress.warn(`${path} is damaged (its SHA-256 is not the archive's): downloading it again`);
    await rm(path);
  }
  return { ...source, content: { at: 'archive', candidate, ...(apt === undefined ? {} : { apt }) } };
}

/** What the cache has of a package without asking apt: unpacked sources and packages, newest version first. */
async function locateCached(
  name: string,
  { cache, signal, progress }: SourceOptions,
): Promise<LocatedSource[]> {
  const found = new Map<string, LocatedSource & { version: string }>();
  for (const fileName of await listDirectory(cache.downloads)) {
    const parsed = parsePackageFileName(fileName);
    if (parsed?.package !== name) continue;
    const path = join(cache.downloads, fileName);
    const identity = await hashFile(path, signal);
    const recorded = await readFile(`${path}.sha256`, 'utf8').catch(() => undefined);
    if (recorded !== undefined && recorded.trim() !== identity) {
      progress.warn(`${path} is damaged (its SHA-256 has changed since the download): not used`);
      continue;
    }
    found.set(identity, {
      ...located(parsed, identity, cache),
      content: { at: 'package', path, package: name },
      version: parsed.version,
    });
  }
  for (const folder of await listDirectory(cache.sources)) {
    const text = await readFile(join(cache.sources, folder, SOURCE_MARKER), 'utf8').catch(() => undefined);
    const marker = text === undefined ? undefined : parseMarker(text);
    if (marker?.package !== name || marker.version === undefined) continue;
    const { version } = marker;
    found.set(marker.identity, {
      ...located({ package: name, version }, marker.identity, cache),
      content: { at: 'unpacked' },
      version,
    });
  }
  const sorted: (LocatedSource & { version: string })[] = [];
  for (const source of found.values()) {
    let at = 0;
    while (at < sorted.length && (await isOlder(source.version, (sorted[at] as { version: string }).version)))
      at++;
    sorted.splice(at, 0, source);
  }
  return sorted.map(({ version: _, ...source }) => source);
}

async function isOlder(a: string, b: string): Promise<boolean> {
  return (await tryCommand({ argv: ['dpkg', '--compare-versions', a, 'lt', b] })).code === 0;
}

function located(
  { package: name, version }: { readonly package: string; readonly version: string },
  identity: string,
  cache: CachePaths,
): Omit<LocatedSource, 'content'> {
  return {
    identity,
    description: `${name} ${version}`,
    directory: treeDirectory(cache, identity),
  };
}

async function listDirectory(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
