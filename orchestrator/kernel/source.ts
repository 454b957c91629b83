/** Where kernel source comes from, as it is written in `variants.yaml` and on the command line. */

/** `debian:PACKAGE`: the source package of a Debian kernel, from the suites that apt knows. */
export interface DebianSourceSpec {
  readonly kind: 'debian';
  readonly package: string;
}

/** What a source can be; discriminated by `kind`. */
export type SourceSpec = DebianSourceSpec;

/** Source that lies unpacked in the cache. */
export interface KernelSource {
  /** Hash of the content it was made from (for a package: the SHA-256 of the .deb, which apt verified). */
  readonly identity: string;
  /** E.g. `linux-source-6.12 6.12.117-1~deb12u1`. */
  readonly description: string;
  /** Root of the tree: where the top Makefile is. Never written to, but for build folders right below it. */
  readonly directory: string;
}

/** The forms that {@link parseSource} takes, for messages. */
export const SOURCE_FORMS = 'debian:linux-source-VERSION';

/** Parses a source; undefined when it has none of the forms in {@link SOURCE_FORMS}. */
export function parseSource(text: string): SourceSpec | undefined {
  // Names of Debian packages: policy §5.6.7. This one must be a kernel source package.
  const [, name] = /^debian:(linux-source-[a-z0-9][a-z0-9+.-]*)$/.exec(text) ?? [];
  return name === undefined ? undefined : { kind: 'debian', package: name };
}

/** A source as it was written: the reverse of {@link parseSource}. */
export function formatSource(spec: SourceSpec): string {
  return `${spec.kind}:${spec.package}`;
}
