/** Asks apt what it knows, and lets it download: apt checks the archive's signatures and the hash. */
import { commandLine, InfraError, runCommand, tryCommand } from '../base/index.ts';

/** The version of a package that apt would take. */
export interface PackageCandidate {
  readonly package: string;
  readonly version: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Parses the output of `apt-get download --print-uris`: `'URI' FILE_NAME BYTES SHA256:HEX`.
 * Undefined when no line has a SHA-256 (an archive without one is not trusted).
 */
export function parsePrintUris(output: string): PackageCandidate | undefined {
  for (const line of output.split('\n')) {
    const [, fileName, bytes, sha256] = /^'[^']*' (\S+) (\d+) SHA256:([0-9a-f]{64})$/.exec(line.trim()) ?? [];
    if (fileName === undefined || sha256 === undefined) continue;
    const parsed = parsePackageFileName(fileName);
    if (parsed !== undefined) return { ...parsed, fileName, bytes: Number(bytes), sha256 };
  }
  return undefined;
}

/** Package and version of `NAME_VERSION_ARCH.deb`; apt writes the colon of an epoch as `%3a`. */
export function parsePackageFileName(fileName: string): { package: string; version: string } | undefined {
  const [, name, version] = /^([a-z0-9][a-z0-9+.-]*)_([^_]+)_[a-z0-9]+\.deb$/.exec(fileName) ?? [];
  return name === undefined || version === undefined
    ? undefined
    : {
        package: name,
        version: version.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
      };
}

/** An apt with lists and settings of its own; see apt-state.ts. */
export interface AptState {
  readonly suite: string;
  /** Its apt.conf, for `APT_CONFIG`. */
  readonly config: string;
}

/** apt with messages that can be parsed. */
function aptEnvironment(apt?: AptState): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LC_ALL: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
    ...(apt === undefined ? {} : { APT_CONFIG: apt.config }),
  };
}

/**
 * What apt's lists, as they are, know of a package. No network is used.
 * @param apt the machine's when absent, here and below
 */
export async function aptCandidate(
  name: string,
  signal?: AbortSignal,
  apt?: AptState,
): Promise<PackageCandidate | undefined> {
  const result = await tryCommand({
    argv: ['apt-get', 'download', '--print-uris', name],
    env: aptEnvironment(apt),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    return undefined;
  });
  return result?.code === 0 ? parsePrintUris(result.stdout.toString('utf8')) : undefined;
}

/** Names of packages that begin like `prefix`, from apt's lists. */
export async function aptPackageNames(
  prefix: string,
  signal?: AbortSignal,
  apt?: AptState,
): Promise<string[]> {
  const result = await tryCommand({
    argv: ['apt-cache', 'pkgnames', prefix],
    env: aptEnvironment(apt),
    ...(signal === undefined ? {} : { signal }),
  });
  return result.stdout.toString('utf8').split('\n').filter(Boolean).sort();
}

/**
 * Fetches the archives' lists anew.
 * @param options as apt takes them after `-o`
 * @throws InfraError with apt's words when it fails
 */
export async function aptUpdate(
  signal?: AbortSignal,
  apt?: AptState,
  options: readonly string[] = [],
): Promise<void> {
  await runCommand({
    argv: ['apt-get', 'update', ...options.flatMap((option) => ['-o', option])],
    env: aptEnvironment(apt),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The command that downloads a candidate. */
export function aptDownloadArgv(candidate: PackageCandidate): readonly [string, ...string[]] {
  return ['apt-get', 'download', '-o', 'Acquire::Retries=2', `${candidate.package}=${candidate.version}`];
}

/**
 * Downloads a candidate into a folder.
 * @throws InfraError naming the command and apt's words
 */
export async function aptDownload(
  candidate: PackageCandidate,
  directory: string,
  signal?: AbortSignal,
  apt?: AptState,
): Promise<void> {
  const argv = aptDownloadArgv(candidate);
  const result = await tryCommand({
    argv,
    cwd: directory,
    env: aptEnvironment(apt),
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.code === 0) return;
  // "W:" is about running unsandboxed as root, which is no matter here: the hash is checked.
  const words = result.stderr.split('\n').filter((line) => line.startsWith('E:') || line.startsWith('Err:'));
  throw new InfraError(`can't download ${candidate.fileName}: ${commandLine(argv)} failed`, {
    detail: words.slice(-8).join('\n'),
  });
}
