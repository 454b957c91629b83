/**
 * An apt of unplug's own for one suite of Debian: lists, settings and cache in a folder of ours, so that the machine's
 * apt stays as it is. The archive's signature is checked with the machine's keyring of Debian's keys.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acquireLock,
  exists,
  InfraError,
  messageOf,
  throwIfAborted,
  tryCommand,
  UsageError,
  writeFileAtomic,
} from '../base/index.ts';
import { type AptState, aptUpdate } from './apt.ts';
import { debianMirror } from './debian-mirror.ts';
import type { SourceOptions } from './located-source.ts';

/** Debian's keys, of package debian-archive-keyring. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const LISTS_GOOD_FOR_MS = 24 * 60 * 60 * 1000;

/** An archive whose signature is missing or wrong: nothing of it is used, whatever else there is. */
export class BadSignature extends InfraError {}

/** What a failed `apt-get update` says about the archive. */
export type UpdateFailure = 'signature' | 'no-suite' | 'expired' | 'other';

/** Sorts out the messages of apt-get (apt-pkg/acquire-item.cc, apt-pkg/deb/debmetaindex.cc of apt 2.6). */
export function updateFailure(output: string): UpdateFailure {
  if (
    /is not signed|GPG error|NO_PUBKEY|BADSIG|EXPKEYSIG|signatures? (?:were|was|could)|no longer signed/i.test(
      output,
    )
  )
    return 'signature';
  if (/does not have a Release file/.test(output)) return 'no-suite';
  if (/^E: Release file for .* is expired/m.test(output)) return 'expired';
  return 'other';
}

/**
 * apt.conf of a state. What is said here comes before the machine's own settings, which are then not read, because
 * `Dir::Etc` leads elsewhere (apt.conf(5)); how to reach the network is carried over.
 * @param network lines of the machine's settings
 */
export function aptConf(directory: string, network: readonly string[]): string {
  const quoted = (path: string): string => `"${path}"`;
  return `${[
    `Dir ${quoted(directory)};`,
    `Dir::State ${quoted(join(directory, 'state'))};`,
    `Dir::State::status ${quoted(join(directory, 'status'))};`,
    `Dir::Cache ${quoted(join(directory, 'cache'))};`,
    `Dir::Etc ${quoted(join(directory, 'etc'))};`,
    `Dir::Etc::sourcelist ${quoted(join(directory, 'etc/sources.list'))};`,
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::trusted "/dev/null";',
    'Dir::Etc::trustedparts "/dev/null";',
    'Acquire::Languages "none";',
    'APT::Architecture "amd64";',
    'APT::Architectures { "amd64"; };',
    // The user _apt can't reach a folder in somebody's home.
    'APT::Sandbox::User "root";',
    // Without it a mirror that can't be reached is a warning, and success.
    'APT::Update::Error-Mode "any";',
    ...network,
  ].join('\n')}\n`;
}

/**
 * The apt for a suite, with lists that are at most a day old; older ones serve when no new ones can be had.
 * @throws UsageError when the mirror has no such suite; {@link BadSignature}; InfraError when there are no lists
 */
export async function ensureAptState(suite: string, options: SourceOptions): Promise<AptState> {
  const { cache, signal, progress } = options;
  const directory = join(cache.root, 'apt', suite);
  const apt: AptState = { suite, config: join(directory, 'apt.conf') };
  const stamp = join(directory, 'refreshed');
  const mirror = await debianMirror(suite);
  const sources = `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`;
  await using _lock = await acquireLock(cache.locks, `apt-${suite}`, signal, () =>
    progress.info(`waiting for another unplug that fetches the package lists of ${suite}`),
  );
  const sourceList = join(directory, 'etc/sources.list');
  const known = (await readFile(stamp, 'utf8').catch(() => '')) === sources;
  if (known && Date.now() - (await stat(stamp)).mtimeMs < LISTS_GOOD_FOR_MS) return apt;

  if (!(await exists(KEYRING))) {
    throw new InfraError(`${KEYRING} is missing: Debian's signature can't be checked`, {
      hint: 'install the package debian-archive-keyring',
    });
  }
  for (const folder of [
    'state/lists/partial',
    'cache/archives/partial',
    'etc/apt.conf.d',
    'etc/preferences.d',
  ])
    await mkdir(join(directory, folder), { recursive: true });
  await writeFile(join(directory, 'status'), '');
  await writeFileAtomic(apt.config, aptConf(directory, await networkSettings(signal)));
  await writeFileAtomic(sourceList, sources);
  progress.info(`fetching the package lists of ${suite} from ${mirror}`);
  try {
    await refresh(apt, mirror, directory, options);
    await writeFileAtomic(stamp, sources);
  } catch (error) {
    throwIfAborted(signal);
    if (!known || error instanceof BadSignature || error instanceof UsageError) throw error;
    progress.warn(`${messageOf(error)}: those of ${(await stat(stamp)).mtime.toISOString()} are used`);
  }
  return apt;
}

async function refresh(
  apt: AptState,
  mirror: string,
  directory: string,
  { signal, progress }: SourceOptions,
): Promise<void> {
  const attempt = (settings: readonly string[]): Promise<string | undefined> =>
    aptUpdate(signal, apt, settings).then(
      () => undefined,
      (error: unknown) => {
        throwIfAborted(signal);
        return error instanceof InfraError ? (error.detail ?? error.message) : messageOf(error);
      },
    );
  let output = await attempt([]);
  if (output !== undefined && updateFailure(output) === 'expired') {
    // Nobody can forge an old list, only keep a new one from us: an old kernel, which is worth a warning.
    output = await attempt(['Acquire::Check-Valid-Until=false']);
    if (output === undefined)
      progress.warn(`${mirror} is out of date: its ${apt.suite} is of ${await releaseDate(directory)}`);
  }
  if (output === undefined) return;
  const words = output.split('\n').filter((line) => /^(?:E|W|Err):/.test(line));
  const detail = (words.length === 0 ? output.split('\n') : words).slice(-8).join('\n');
  switch (updateFailure(output)) {
    case 'signature':
      throw new BadSignature(`${apt.suite} at ${mirror} is not signed by Debian's keys`, {
        detail,
        hint: 'use another mirror (UNPLUG_DEBIAN_MIRROR), or bring debian-archive-keyring up to date',
      });
    case 'no-suite':
      throw new UsageError(`${mirror} has no suite ${apt.suite}`, {
        detail,
        hint: 'suites are called sid, trixie, trixie-backports and the like; UNPLUG_DEBIAN_MIRROR names another mirror',
      });
    default:
      throw new InfraError(`can't fetch the package lists of ${apt.suite} from ${mirror}`, {
        detail,
        hint: 'is the network there? UNPLUG_DEBIAN_MIRROR names another mirror',
      });
  }
}

/** The Date field of the archive's signed list, as it is. */
async function releaseDate(directory: string): Promise<string> {
  const lists = join(directory, 'state/lists');
  for (const name of await readdir(lists)) {
    if (!/_(?:In)?Release$/.test(name)) continue;
    const date = /^Date: (.+)$/m.exec(await readFile(join(lists, name), 'utf8'))?.[1];
    if (date !== undefined) return date;
  }
  return 'an unknown date';
}

/** How the machine's apt reaches the network: proxies and the like. */
async function networkSettings(signal: AbortSignal | undefined): Promise<string[]> {
  const result = await tryCommand({
    argv: ['apt-config', 'dump', '--format', '%F "%v";%n', 'Acquire'],
    env: { ...process.env, LC_ALL: 'C' },
    ...(signal === undefined ? {} : { signal }),
  });
  return result.stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => /^Acquire::(?:https?|Force|Retries)\S* ".+";$/.test(line));
}
