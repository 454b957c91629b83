/** Where the control groups of this process show their files. */

/** The two interfaces of control groups; they differ in the names and the meaning of files. */
export type CgroupVersion = 1 | 2;

/** The folder of a control group. */
export interface CgroupDirectory {
  readonly version: CgroupVersion;
  readonly path: string;
}

interface Mount {
  /** The group that the mount shows at its mount point. */
  readonly root: string;
  readonly point: string;
  readonly fileSystem: string;
  readonly superOptions: readonly string[];
}

/**
 * The groups that a controller's limits may come from: for each hierarchy the process's own, then its parents as far
 * as they are mounted. On a hybrid set-up (systemd's) both versions are there and the files of one are missing.
 * @param cgroup /proc/self/cgroup: lines `ID:CONTROLLERS:PATH`, with no controllers for version 2 (cgroups(7))
 * @param mountinfo /proc/self/mountinfo (Documentation/filesystems/proc.rst, 3.5)
 */
export function cgroupDirectories(
  cgroup: string,
  mountinfo: string,
  controller: 'cpu' | 'memory',
): readonly CgroupDirectory[] {
  const mounts = mountinfo.split('\n').flatMap(parseMount);
  return cgroup.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    const version: CgroupVersion = controllers === '' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes(controller)) return [];
    const candidates = mounts.filter(({ fileSystem, superOptions }) =>
      version === 2 ? fileSystem === 'cgroup2' : fileSystem === 'cgroup' && superOptions.includes(controller),
    );
    return directoriesOf(candidates, path).map((directory) => ({ version, path: directory }));
  });
}

function directoriesOf(mounts: readonly Mount[], path: string): readonly string[] {
  const shown = mounts.flatMap((mount) => {
    const below = belowRoot(mount.root, path);
    return below === undefined ? [] : upwards(mount.point, below);
  });
  if (shown.length > 0) return shown;
  // A container may be given a mount whose root is named from outside of its namespace: it is then the nearest known.
  return mounts.slice(0, 1).map(({ point }) => point);
}

/** The parts of `path` below `root`; undefined when it is not there. */
function belowRoot(root: string, path: string): readonly string[] | undefined {
  const at = partsOf(root);
  const parts = partsOf(path);
  if (parts.includes('..') || at.some((part, index) => part !== parts[index])) return undefined;
  return parts.slice(at.length);
}

/** The folder itself, then each above it up to the mount point. */
function upwards(point: string, below: readonly string[]): readonly string[] {
  const base = point === '/' ? '' : point;
  return Array.from({ length: below.length + 1 }, (_, up) =>
    [base, ...below.slice(0, below.length - up)].join('/'),
  );
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

/** `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG…] - TYPE SOURCE SUPER-OPTIONS` */
function parseMount(line: string): readonly Mount[] {
  const [own = '', behind = ''] = line.split(' - ');
  const [, , , root, point] = own.split(' ');
  const [fileSystem, , superOptions = ''] = behind.split(' ');
  if (root === undefined || point === undefined || fileSystem === undefined) return [];
  return [
    {
      root: unescapeOctal(root),
      point: unescapeOctal(point),
      fileSystem,
      superOptions: superOptions.split(','),
    },
  ];
}

/** Blanks are written as `\040` and the like (fs/seq_file.c, mangle_path). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
