/** `lore:MESSAGE-ID`: a posting from the list's archive, through b4. */
import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import {
  type CachePaths,
  exists,
  hashParts,
  InfraError,
  makeTemporaryDirectory,
  type Progress,
  tryCommand,
  UsageError,
  writeFileAtomic,
} from '../../base/index.ts';
import { type MailFile, readMailFile } from './mail-file.ts';

/** Where the archive is, when it is not lore.kernel.org: the start of a URL, for mirrors and tests. */
const URL_VARIABLE = 'UNPLUG_LORE_URL';

/** What fetching takes. */
export interface LoreOptions {
  readonly cache: CachePaths;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** A fetched posting. */
export interface FetchedMails {
  readonly mails: MailFile;
  /** Keeps the mails for next time; called once they are known to be a whole series. */
  keep(): Promise<void>;
}

/**
 * The newest version of the posting that a message belongs to, as `b4 am` makes it: patches only, in order, with the
 * trailers that people replied with. What was fetched once is not fetched again: a posting does not change.
 * @throws InfraError when b4 is missing or the archive can't be reached; UsageError when it has no such patch
 */
export async function fetchFromLore(messageId: string, options: LoreOptions): Promise<FetchedMails> {
  const { cache, progress, signal } = options;
  const archive = (process.env[URL_VARIABLE] ?? 'https://lore.kernel.org').replace(/\/+$/, '');
  const name = `lore:${messageId}`;
  const kept = join(cache.downloads, 'lore', `${hashParts([archive, messageId]).slice(0, 16)}.mbx`);
  if (await exists(kept)) {
    progress.info(`${name}: as it was fetched before (${kept})`);
    return { mails: await readMailFile(kept, name), keep: async () => undefined };
  }
  const b4 = await findOnPath('b4');
  if (b4 === undefined) {
    throw new InfraError(`${name} needs b4, which is not installed`, {
      hint: 'apt-get install b4, or pipx install b4; or save the thread as mbox and give the file',
    });
  }
  await using work = await makeTemporaryDirectory('b4');
  progress.update(`${name}: b4 am fetches it from ${archive}`);
  const result = await tryCommand({
    argv: [b4, 'am', '--no-cache', '--outdir', work.path, '--mbox-name', 'series', messageId],
    cwd: work.path,
    env: b4Environment(archive, work.path),
    ...(signal === undefined ? {} : { signal }),
  });
  progress.clear();
  const fetched = (await readdir(work.path)).find((file) => file.endsWith('.mbx'));
  if (result.code !== 0 || fetched === undefined) throw explain(name, archive, result.stderr);
  const mails = await readMailFile(join(work.path, fetched), name);
  const keep = async (): Promise<void> => {
    await mkdir(join(cache.downloads, 'lore'), { recursive: true });
    await writeFileAtomic(kept, Buffer.from(mails.text, 'latin1'));
  };
  return { mails, keep };
}

/** b4 reads its settings from git's configuration; these come last, so they win (git-config(1), GIT_CONFIG_COUNT). */
function b4Environment(archive: string, home: string): NodeJS.ProcessEnv {
  const settings: readonly (readonly [string, string])[] = [
    ['b4.midmask', `${archive}/all/%s`],
    ['b4.linkmask', `${archive}/r/%s`],
    // Who signed a patch is not judged here: a series is named by its user, and never leaves our guests.
    ['b4.attestation-policy', 'off'],
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    GIT_CONFIG_COUNT: String(settings.length),
  };
  settings.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}

function explain(name: string, archive: string, stderr: string): Error {
  const detail = stderr
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-6)
    .join('\n');
  if (/message-id is not known|No messages found/i.test(stderr)) {
    return new UsageError(`${archive} has no message ${name.slice('lore:'.length)}`, {
      detail,
      hint: 'check the message id; a new mail takes some minutes to get there',
    });
  }
  if (/No patches found|Could not find any usable patches/i.test(stderr))
    return new UsageError(`${name} is no patch, and none is in its thread`, { detail });
  return new InfraError(`b4 could not fetch ${name} from ${archive}`, {
    detail,
    hint: `check the network, or set ${URL_VARIABLE} to a mirror; offline: give the series as an mbox file`,
  });
}

/** The program's path, or undefined when PATH has none. */
export async function findOnPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program);
    const runnable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && runnable) return path;
  }
  return undefined;
}
