/**
 * Marks in config fragments: comment lines for unplug, which Kconfig does not read.
 *
 * ```
 * # unplug: optional since 6.14
 * CONFIG_NEW=y
 * # unplug: forbid CONFIG_LOCKDEP
 * ```
 *
 * `optional …` stands directly above one symbol and says which sources may lack it; every other source has to know it.
 * `forbid CONFIG_NAME` says that a symbol must be off in the end, whatever may select it or have it on by default.
 */
import { editDistance } from '../base/index.ts';

/** Which sources may lack a symbol. A source that knows it gets it in any case, and has to grant it. */
export interface Optional {
  /** `6.14`: sources before this version may lack it. */
  readonly since?: string;
  /** `6.19`: sources after this version may lack it. */
  readonly until?: string;
  /** Only a series brings it: any source may lack it. */
  readonly withSeries?: true;
}

/** A mark, or what is wrong with a line that means to be one. */
export type Mark =
  | { readonly kind: 'optional'; readonly optional: Optional }
  | { readonly kind: 'forbid'; readonly name: string }
  /** Column from 1. */
  | { readonly kind: 'wrong'; readonly column: number; readonly message: string; readonly hint: string };

const VERSION = '[0-9]+\\.[0-9]+';
const OPTIONAL = new RegExp(`^optional(?: since (${VERSION}))?(?: until (${VERSION}))?$`);
const FORBID = /^forbid CONFIG_(\w+)$/;
const PREFIX = '# unplug: ';
/** All forms, with one version for all. */
const FORMS = [
  'optional since 6.14',
  'optional until 6.14',
  'optional since 6.14 until 6.14',
  'optional with series',
  'forbid CONFIG_NAME',
] as const;

/** What means to be a mark: the name with a colon or a mark's word, another word in place of the name, no name at all. */
const MEANT = [
  /^#\s*unplug\s*[:=]\s*(?<body>.*)$/i,
  /^#\s*unplug\s+(?<body>(?:opt\w*|forb\w*)\b.*)$/i,
  /^#\s*\w{4,8}\s*:\s*(?<body>(?:optional|forbid)\b.*)$/i,
  /^#\s*(?<body>(?:optional\s+(?:since|until)\s+\d|optional\s+with\s+series\b|forbid\s+CONFIG_).*)$/i,
] as const;

/** Reads one line of a fragment; undefined for everything that is no mark. */
export function parseMark(line: string): Mark | undefined {
  if (line.startsWith(PREFIX)) {
    const body = line.slice(PREFIX.length);
    if (body === 'optional with series') return { kind: 'optional', optional: { withSeries: true } };
    const [, forbidden] = FORBID.exec(body) ?? [];
    if (forbidden !== undefined) return { kind: 'forbid', name: forbidden };
    const [, since, until] = OPTIONAL.exec(body) ?? [];
    if (since !== undefined && until !== undefined && compareVersions(since, until) > 0) {
      const message = `since ${since} is after until ${until}`;
      return wrong(line, body, message, 'the first version comes first: optional since 6.14 until 6.19');
    }
    if (since !== undefined || until !== undefined) {
      return {
        kind: 'optional',
        optional: { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) },
      };
    }
  }
  for (const pattern of MEANT) {
    const body = pattern.exec(line)?.groups?.['body'];
    if (body !== undefined)
      return wrong(line, body, 'not a mark that unplug knows', `did you mean: ${PREFIX}${nearest(body)}`);
  }
  return undefined;
}

/** `since 6.14 until 6.19`, `with series`: as it stands behind `optional`. */
export function formatOptional({ since, until, withSeries }: Optional): string {
  if (withSeries) return 'with series';
  return [since === undefined ? [] : `since ${since}`, until === undefined ? [] : `until ${until}`]
    .flat()
    .join(' ');
}

/**
 * Whether a source of a version may lack a symbol with this mark.
 * @param version `6.12` or longer; only the first two numbers count
 */
export function mayLack({ since, until, withSeries }: Optional, version: string): boolean {
  if (withSeries) return true;
  return (
    (since !== undefined && compareVersions(version, since) < 0) ||
    (until !== undefined && compareVersions(version, until) > 0)
  );
}

/** Order of two versions by their first two numbers: 6.9 is before 6.12. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  return (left?.[0] ?? 0) - (right?.[0] ?? 0) || (left?.[1] ?? 0) - (right?.[1] ?? 0);
}

function wrong(line: string, body: string, message: string, hint: string): Mark {
  return { kind: 'wrong', column: line.length - body.length + 1, message, hint };
}

/** The form that is nearest to what was written, with the versions and the name that were written. */
function nearest(body: string): string {
  const [, name = 'NAME'] = /\b(?:CONFIG_)?([A-Z][A-Z0-9_]+)\b/.exec(body.replace('CONFIG_', '')) ?? [];
  const versions = body.match(new RegExp(VERSION, 'g')) ?? [];
  const plain = body
    .replace(new RegExp(VERSION, 'g'), '6.14')
    .replace(new RegExp(`(?:CONFIG_)?${name}`), 'CONFIG_NAME')
    .replace(/\s+/g, ' ')
    .toLowerCase();
  const distance = (form: string): number => editDistance(plain, form.toLowerCase());
  const form: string = FORMS.reduce((best, next) => (distance(next) < distance(best) ? next : best));
  let next = 0;
  return form.replace(/6\.14/g, (sample) => versions[next++] ?? sample).replace('NAME', name);
}
