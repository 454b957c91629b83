/** Symbolic links of a tree must lead into it: the source may be anybody's. */
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/index.ts';

/** As many as Linux follows in one look-up (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Whether a link of a tree stays inside, followed as the kernel does: `a/..` is not the folder of `a` when `a` is a link.
 * @param path of the link, relative to the root
 */
export function linkStaysInside(root: string, path: string): boolean {
  const rest = path.split('/');
  const at: string[] = [];
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    const target = readLink(join(root, ...at, part));
    if (target === undefined) {
      at.push(part);
      continue;
    }
    if (target.startsWith('/') || ++links > MOST_LINKS) return false;
    rest.unshift(...target.split('/'));
  }
  return true;
}

/**
 * Refuses links that lead out of a tree.
 * @param what names the tree
 * @param paths of its links
 * @throws UsageError naming the link and where it leads
 */
export function refuseLinksOut(what: string, root: string, paths: Iterable<string>): void {
  for (const path of paths) {
    if (linkStaysInside(root, path)) continue;
    throw new UsageError(
      `${what}: ${path} is a symbolic link out of the tree, to ${readLink(join(root, path))}`,
      {
        hint: 'remove the link, or make it lead into the tree',
      },
    );
  }
}

function readLink(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
