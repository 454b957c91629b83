/** Which patches, as it is written in `variants.yaml` and on the command line. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where a series comes from; discriminated by `kind`. Paths are absolute. */
export type SeriesSpec =
  | { readonly kind: 'directory'; readonly directory: string }
  | { readonly kind: 'mbox'; readonly file: string }
  | { readonly kind: 'git'; readonly directory: string /** `A..B` */; readonly range: string }
  | { readonly kind: 'lore' /** Without `<` and `>`. */; readonly messageId: string }
  | { readonly kind: 'revert'; readonly of: SeriesSpec };

/** The forms that {@link parseSeriesSpec} takes, for messages. */
export const SERIES_FORMS =
  'DIRECTORY, FILE (mbox or patch), git:DIRECTORY#A..B, lore:MESSAGE-ID or revert:ANY of these';

/** Names of files that hold mails or patches; what else exists is told apart by looking at it. */
const MAIL_FILE = /\.(mbx|mbox|patch|diff|eml|mail|txt|gz)$/i;

/**
 * Parses a series; undefined when it has none of the forms in {@link SERIES_FORMS}. A path that begins like a scheme
 * (`a:b`) is written `./a:b`.
 * @param relativeTo folder that relative paths start from; the current one when absent
 * @param isDirectory whether a path is a folder; looks at the disk when absent
 */
export function parseSeriesSpec(
  text: string,
  relativeTo: string = process.cwd(),
  isDirectory: (path: string) => boolean | undefined = lookAt,
): SeriesSpec | undefined {
  const trimmed = text.trim();
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+-]*):(.*)$/s.exec(trimmed) ?? [];
  switch (scheme) {
    case undefined: {
      if (trimmed === '' || trimmed.includes('\0')) return undefined;
      const path = resolve(relativeTo, trimmed);
      const folder = isDirectory(path) ?? (trimmed.endsWith('/') || !MAIL_FILE.test(trimmed));
      return folder ? { kind: 'directory', directory: path } : { kind: 'mbox', file: path };
    }
    case 'git': {
      const [, directory, range] = /^([^#]+)#([^#]+)$/.exec(rest) ?? [];
      if (directory === undefined || range === undefined || !isRange(range)) return undefined;
      return { kind: 'git', directory: resolve(relativeTo, directory), range };
    }
    case 'lore': {
      const messageId = parseMessageId(rest);
      return messageId === undefined ? undefined : { kind: 'lore', messageId };
    }
    case 'revert': {
      const of = parseSeriesSpec(rest, relativeTo, isDirectory);
      return of === undefined ? undefined : { kind: 'revert', of };
    }
    default:
      return undefined;
  }
}

/** A series as it can be written: {@link parseSeriesSpec} gives the same spec back. */
export function formatSeriesSpec(spec: SeriesSpec): string {
  switch (spec.kind) {
    case 'directory':
      return spec.directory;
    case 'mbox':
      return spec.file;
    case 'git':
      return `git:${spec.directory}#${spec.range}`;
    case 'lore':
      return `lore:${spec.messageId}`;
    case 'revert':
      return `revert:${formatSeriesSpec(spec.of)}`;
  }
}

/** A short name that can be part of a file name: of the file, the folder, the range or the message. */
export function seriesName(spec: SeriesSpec): string {
  const short = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? path;
  const safe = (text: string): string => text.replace(/[^A-Za-z0-9._@+-]+/g, '-');
  switch (spec.kind) {
    case 'directory':
      return safe(short(spec.directory));
    case 'mbox':
      return safe(
        short(spec.file)
          .replace(/(\.gz)?$/, '')
          .replace(MAIL_FILE, ''),
      );
    case 'git':
      return safe(spec.range);
    case 'lore':
      return safe(spec.messageId);
    case 'revert':
      return `revert-${seriesName(spec.of)}`;
  }
}

/** Two ends with two dots between (gitrevisions(7)); not an option, no symmetric difference. */
function isRange(text: string): boolean {
  const [, from, to] = /^([^\s.][^\s]*?)\.\.([^\s.][^\s]*)$/.exec(text) ?? [];
  return from !== undefined && to !== undefined && !from.startsWith('-') && !/\.\.\.|\.\..*\.\./.test(text);
}

/** A message id (RFC 5322 §3.6.4) as such, in `<>`, or in a URL `https://HOST/LIST/MESSAGE-ID/...`. */
function parseMessageId(text: string): string | undefined {
  let id = text;
  if (/^https?:/.test(text)) {
    const path = URL.canParse(text) ? new URL(text).pathname.split('/') : [];
    // LIST/MESSAGE-ID/ or, as in Link: trailers, r/MESSAGE-ID; the id is the part with an @.
    const part = path.find((piece) => /@|%40/i.test(piece));
    try {
      id = decodeURIComponent(part ?? '');
    } catch {
      return undefined;
    }
  }
  const [, bare] = /^<?([^\s<>@/-][^\s<>@/]*@[^\s<>@/]+)>?$/.exec(id) ?? [];
  return bare;
}

function lookAt(path: string): boolean | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory();
}
