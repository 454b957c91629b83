/** Which Debian mirror the machine uses. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The archive's own name for "whatever is near". */
const EVERYBODYS_MIRROR = 'http://deb.debian.org/debian';

/** URIs of the binary sources in a file of apt's: one line each (`.list`) or stanzas (`.sources`), sources.list(5). */
export function parseAptSources(text: string): string[] {
  const uris: string[] = [];
  for (const line of text.split('\n')) {
    // deb [option=value ...] URI SUITE COMPONENT...
    const oneLine = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s/.exec(line)?.[1];
    if (oneLine !== undefined) uris.push(oneLine);
  }
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of stanza.split('\n').filter((line) => !line.startsWith('#'))) {
      const [, name, value] = /^([A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
      if (name !== undefined) last = name.toLowerCase();
      else if (!/^\s/.test(line)) last = '';
      if (last !== '') fields.set(last, `${fields.get(last) ?? ''} ${value ?? line}`.trim());
    }
    const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (fields.get('enabled')?.toLowerCase() === 'no' || !words('types').includes('deb')) continue;
    uris.push(...words('uris'));
  }
  return uris;
}

/** The first of some URIs that is a Debian archive by its path; undefined when none is. */
export function debianMirrorOf(uris: readonly string[]): string | undefined {
  return uris
    .map((uri) => uri.replace(/\/+$/, ''))
    .find((uri) => /^(?:https?|file|copy):.*\/debian$/.test(uri));
}

/**
 * The mirror for a suite: `UNPLUG_DEBIAN_MIRROR`, else the one of the machine's own sources, else deb.debian.org.
 * Security suites lie in an archive of their own beside it.
 */
export async function debianMirror(
  suite: string,
  env: NodeJS.ProcessEnv = process.env,
  etcApt = '/etc/apt',
): Promise<string> {
  const wanted = env['UNPLUG_DEBIAN_MIRROR'];
  if (wanted) return wanted.replace(/\/+$/, '');
  const parts = join(etcApt, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).filter((name) => /\.(?:list|sources)$/.test(name));
  const files = [join(etcApt, 'sources.list'), ...names.sort().map((name) => join(parts, name))];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const mirror = debianMirrorOf(texts.flatMap(parseAptSources)) ?? EVERYBODYS_MIRROR;
  return suite.endsWith('-security') ? `${mirror}-security` : mirror;
}
