/** Where things lie: the repository, and the cache below `$XDG_CACHE_HOME/unplug`. */
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout: two levels above this file both in `orchestrator/` and in `dist/`. */
export const repositoryRoot: string = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The folders of the cache. Everything in it can be deleted at any time when no unplug runs. */
export interface CachePaths {
  readonly root: string;
  /** Downloaded packages and tarballs. */
  readonly downloads: string;
  /** Unpacked kernel sources, one folder per content identity. */
  readonly sources: string;
  /** Out-of-tree build folders (`make O=`). */
  readonly builds: string;
  /** Finished kernels, immutable. */
  readonly kernels: string;
  /** Guest images and workload programs, immutable. */
  readonly images: string;
  /** Booted machines, frozen; immutable. */
  readonly templates: string;
  readonly ccache: string;
  /** Lock files for flock(1). */
  readonly locks: string;
}

/** Cache folders for an environment. `XDG_CACHE_HOME` must be absolute to count (XDG base directory spec). */
export function cachePaths(env: NodeJS.ProcessEnv = process.env): CachePaths {
  const xdg = env['XDG_CACHE_HOME'];
  const root = join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'unplug');
  return {
    root,
    downloads: join(root, 'downloads'),
    sources: join(root, 'sources'),
    builds: join(root, 'builds'),
    kernels: join(root, 'kernels'),
    images: join(root, 'images'),
    templates: join(root, 'templates'),
    ccache: join(root, 'ccache'),
    locks: join(root, 'locks'),
  };
}
