/** Where kernel source comes from, as it is written in `variants.yaml` and on the command line. */
import { resolve } from 'node:path';

/** `debian:PACKAGE`: a kernel source package from the suites that the machine's apt knows; `@SUITE`: from that suite. */
export interface DebianSourceSpec {
  readonly kind: 'debian';
  readonly package: string;
  /** E.g. `sid` or `trixie-backports`. */
  readonly suite?: string;
}

/** `git:DIR#REF`: a commit, tag or tree of a repository. */
export interface GitSourceSpec {
  readonly kind: 'git';
  /** Absolute. */
  readonly directory: string;
  readonly ref: string;
}

/** `dir:DIR`: a tree as it is on disk. */
export interface DirSourceSpec {
  readonly kind: 'dir';
  /** Absolute. */
  readonly directory: string;
}

/** `tar:FILE`: an archive of one tree. */
export interface TarSourceSpec {
  readonly kind: 'tar';
  /** Absolute. */
  readonly file: string;
}

/** What a source can be; discriminated by `kind`. */
export type SourceSpec = DebianSourceSpec | GitSourceSpec | DirSourceSpec | TarSourceSpec;

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
export const SOURCE_FORMS =
  'debian:linux-source-VERSION, debian:linux-source-VERSION@SUITE, git:DIR#REF, dir:DIR or tar:FILE';

// Names of Debian packages: policy §5.6.7. This one must be a kernel source package.
const DEBIAN = /^(linux-source-[a-z0-9][a-z0-9+.-]*)(?:@([a-z][a-z0-9.-]*))?$/;

/**
 * Parses a source; undefined when it has none of the forms in {@link SOURCE_FORMS}.
 * @param relativeTo what relative paths start from; the working directory when absent
 */
export function parseSource(text: string, relativeTo: string = process.cwd()): SourceSpec | undefined {
  const [, kind, rest = ''] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (rest.includes('\0')) return undefined;
  switch (kind) {
    case 'debian': {
      const [, name, suite] = DEBIAN.exec(rest) ?? [];
      return name === undefined
        ? undefined
        : { kind, package: name, ...(suite === undefined ? {} : { suite }) };
    }
    case 'git': {
      // A ref has no '#' as a rule, a path may: the last one parts them.
      const at = rest.lastIndexOf('#');
      const [directory, ref] = at < 0 ? [rest, 'HEAD'] : [rest.slice(0, at), rest.slice(at + 1)];
      // What begins with '-' is an option to git, and never a ref (git-check-ref-format(1)).
      if (directory === '' || ref === '' || ref.startsWith('-')) return undefined;
      return { kind, directory: resolve(relativeTo, directory), ref };
    }
    case 'dir':
      return { kind, directory: resolve(relativeTo, rest) };
    case 'tar':
      return { kind, file: resolve(relativeTo, rest) };
    default:
      return undefined;
  }
}

/** A source in words: the reverse of {@link parseSource}, with absolute paths. */
export function formatSource(spec: SourceSpec): string {
  switch (spec.kind) {
    case 'debian':
      return `debian:${spec.package}${spec.suite === undefined ? '' : `@${spec.suite}`}`;
    case 'git':
      return `git:${spec.directory}#${spec.ref}`;
    case 'dir':
      return `dir:${spec.directory}`;
    case 'tar':
      return `tar:${spec.file}`;
  }
}
