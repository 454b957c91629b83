/**
 * Asking apt costs more than a second, as it reads all its lists each time. Its answer is kept as long as nothing that
 * it comes from has changed.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { exists, hashParts, writeFileAtomic } from '../base/index.ts';
import type { PackageCandidate } from './apt.ts';

/** What an apt's answers come from: its settings, its lists, and what is installed (apt.conf(5), `Dir`). */
export const APT_INPUTS: readonly string[] = ['/etc/apt', '/var/lib/apt/lists', '/var/lib/dpkg/status'];

const DEBIANS_APT = '/usr/bin/apt-get';

/** Whether apt-get is Debian's own: of any other it is not known what it answers from. */
export async function isDebiansApt(path: string = process.env['PATH'] ?? ''): Promise<boolean> {
  for (const folder of path.split(delimiter)) {
    const program = join(folder, 'apt-get');
    if (await exists(program)) return program === DEBIANS_APT;
  }
  return false;
}

interface Memo {
  readonly state: string;
  readonly candidates: Readonly<Record<string, PackageCandidate>>;
}

/**
 * Answers from `file` when Debian's apt would say the same, and keeps what `ask` says otherwise. That there is no such
 * package is never kept.
 * @param inputs files and folders whose change makes every answer void
 */
export async function rememberedCandidate(
  file: string,
  name: string,
  ask: () => Promise<PackageCandidate | undefined>,
  inputs: readonly string[] = APT_INPUTS,
): Promise<PackageCandidate | undefined> {
  const state = hashParts([process.env['APT_CONFIG'] ?? '', ...(await fingerprints(inputs))]);
  const memo = await read(file);
  const known = memo?.state === state ? memo.candidates[name] : undefined;
  if (known !== undefined) return known;
  const candidate = await ask();
  if (candidate === undefined) return undefined;
  const candidates = { ...(memo?.state === state ? memo.candidates : {}), [name]: candidate };
  await writeFileAtomic(file, `${JSON.stringify({ state, candidates } satisfies Memo)}\n`);
  return candidate;
}

/** Path, time and size of everything below the inputs. apt replaces its lists by renaming: folders change too. */
async function fingerprints(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of [...paths].sort()) {
    const status = await stat(path, { bigint: true }).catch(() => undefined);
    if (status === undefined) {
      found.push(`${path} absent`);
      continue;
    }
    found.push(`${path} ${status.mtimeNs} ${status.size} ${status.ino}`);
    if (!status.isDirectory()) continue;
    const names = await readdir(path).catch(() => []);
    found.push(...(await fingerprints(names.map((name) => join(path, name)))));
  }
  return found;
}

async function read(file: string): Promise<Memo | undefined> {
  try {
    const memo = JSON.parse(await readFile(file, 'utf8')) as Partial<Memo>;
    return typeof memo.state === 'string' && typeof memo.candidates === 'object' && memo.candidates !== null
      ? (memo as Memo)
      : undefined;
  } catch {
    return undefined;
  }
}
