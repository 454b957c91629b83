/**
 * A deterministic writer of "newc" cpio archives, the format of an initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Needs no root: device nodes are just headers.
 */

/** One entry of an archive. Paths have no leading slash. */
export type CpioEntry =
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly type: 'link'; readonly path: string; readonly target: string }
  | {
      readonly type: 'character-device';
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const FILE_TYPE_BITS = {
  directory: 0o040000,
  file: 0o100000,
  link: 0o120000,
  'character-device': 0o020000,
} as const;
const TRAILER = 'TRAILER!!!';
const BLOCK = 512;

/**
 * The archive of `entries`: parents are added where they are missing, the order is by path, owner is root, times are
 * 0, so that equal content gives equal bytes.
 * @throws Error for two entries of one path, or a path with a leading slash or `..`
 */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    if (entry.path === '' || entry.path.startsWith('/') || entry.path.split('/').includes('..')) {
      throw new Error(`bad path in archive: '${entry.path}'`);
    }
    if (byPath.has(entry.path)) throw new Error(`two entries for '${entry.path}' in archive`);
    byPath.set(entry.path, entry);
  }
  for (const path of [...byPath.keys()]) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      const parent = path.slice(0, end);
      if (!byPath.has(parent)) byPath.set(parent, { type: 'directory', path: parent, mode: 0o755 });
    }
  }
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const chunks: Uint8Array[] = [];
  sorted.forEach((entry, index) => {
    chunks.push(...member(entry, index + 1));
  });
  chunks.push(...pad(header(TRAILER, 0, 0, 0, 0, 0), 4));
  const archive = Buffer.concat(chunks);
  return Buffer.concat([archive, Buffer.alloc((BLOCK - (archive.length % BLOCK)) % BLOCK)]);
}

function member(entry: CpioEntry, inode: number): Uint8Array[] {
  const type = FILE_TYPE_BITS[entry.type];
  switch (entry.type) {
    case 'directory':
      return pad(header(entry.path, inode, type | entry.mode, 0, 0, 0), 4);
    case 'character-device':
      return pad(header(entry.path, inode, type | entry.mode, 0, entry.major, entry.minor), 4);
    case 'file':
      return [
        ...pad(header(entry.path, inode, type | entry.mode, entry.content.length, 0, 0), 4),
        ...pad(entry.content, 4),
      ];
    case 'link': {
      const target = Buffer.from(entry.target);
      return [...pad(header(entry.path, inode, type | 0o777, target.length, 0, 0), 4), ...pad(target, 4)];
    }
  }
}

function header(
  path: string,
  inode: number,
  mode: number,
  size: number,
  major: number,
  minor: number,
): Buffer {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, major, minor, name.length, 0];
  const text = fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('');
  return Buffer.concat([Buffer.from(`070701${text}`), name]);
}

function pad(bytes: Uint8Array, to: number): Uint8Array[] {
  const missing = (to - (bytes.length % to)) % to;
  return missing === 0 ? [bytes] : [bytes, new Uint8Array(missing)];
}
