/** The marker of an unpacked source: written last, so a folder without it is incomplete. */

/** What the marker says. */
export interface SourceMarker {
  readonly identity: string;
  readonly description: string;
  /** Of a Debian package. */
  readonly package?: string;
  /** Of a Debian package. */
  readonly version?: string;
  /** Identity of the source that series were put on. */
  readonly base?: string;
  /** Paths that the series changed. */
  readonly changes?: readonly string[];
}

/** Name of the marker in the source's folder in the cache, beside the tree. */
export const SOURCE_MARKER = 'source.json';

/** Parses a marker; undefined when it is none. */
export function parseMarker(text: string): SourceMarker | undefined {
  try {
    const marker = JSON.parse(text) as Partial<SourceMarker>;
    if (typeof marker.identity !== 'string') return undefined;
    if (typeof marker.description === 'string') return marker as SourceMarker;
    // Markers of packages had no description at first.
    return typeof marker.package === 'string' && typeof marker.version === 'string'
      ? { ...(marker as SourceMarker), description: `${marker.package} ${marker.version}` }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Name of a source's folder in the cache. */
export function shortIdentity(identity: string): string {
  return identity.slice(0, 16);
}
