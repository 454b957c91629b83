/** The marker of an unpacked source: written last, so a folder without it is incomplete. */

/** What the marker says. */
export interface SourceMarker {
  readonly package: string;
  readonly version: string;
  readonly identity: string;
}

/** Name of the marker in the source's folder in the cache, beside the tree. */
export const SOURCE_MARKER = 'source.json';

/** Parses a marker; undefined when it is none. */
export function parseMarker(text: string): SourceMarker | undefined {
  try {
    const marker = JSON.parse(text) as Partial<SourceMarker>;
    const complete = [marker.package, marker.version, marker.identity].every(
      (part) => typeof part === 'string',
    );
    return complete ? (marker as SourceMarker) : undefined;
  } catch {
    return undefined;
  }
}

/** Name of a source's folder in the cache. */
export function shortIdentity(identity: string): string {
  return identity.slice(0, 16);
}
