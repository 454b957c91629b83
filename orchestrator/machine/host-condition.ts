/** Whether it is the host that failed: its memory, its disk. Samples are taken with I/O, compared without. */
import { readFile, statfs } from 'node:fs/promises';

/** How many processes the host's out-of-memory killer has ended so far, by counter. */
export type OomKills = Readonly<Record<string, number>>;

/**
 * Reads the counters of the out-of-memory killer: of the whole host (/proc/vmstat, mm/oom_kill.c
 * __oom_kill_process()) and of our own memory cgroup, version 2 or 1 (mm/memcontrol.c). To be called when a machine
 * starts, and again when it ended. A counter that can't be read is left out.
 */
export async function sampleOomKills(): Promise<OomKills> {
  const kills: Record<string, number> = {};
  const groups = cgroupPaths(await textOf('/proc/self/cgroup'));
  for (const path of ['/proc/vmstat', ...groups]) {
    const count = oomKillCount(await textOf(path));
    if (count !== undefined) kills[path] = count;
  }
  return kills;
}

/** The `oom_kill` line of /proc/vmstat, memory.events or memory.oom_control. */
export function oomKillCount(text: string): number | undefined {
  const digits = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where the counters of a process's memory cgroup may be, from its /proc/PID/cgroup. */
export function cgroupPaths(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    const below = path === '/' ? '' : path;
    // A process in a container may see its group as the root, or by a path that is not mounted for it.
    const unique = (root: string, file: string): string[] => [
      ...new Set([`${root}${below}/${file}`, `${root}/${file}`]),
    ];
    if (controllers === '')
      return [
        ...unique('/sys/fs/cgroup', 'memory.events'),
        ...unique('/sys/fs/cgroup/unified', 'memory.events'),
      ];
    return controllers.split(',').includes('memory')
      ? unique('/sys/fs/cgroup/memory', 'memory.oom_control')
      : [];
  });
}

/** Counters that rose, as evidence: `/proc/vmstat: oom_kill 3 → 4`. Empty when none did: nobody was killed. */
export function oomKillsSince(before: OomKills, after: OomKills): readonly string[] {
  return Object.entries(after)
    .filter(([path, count]) => count > (before[path] ?? count))
    .map(([path, count]) => `${path}: oom_kill ${before[path]} → ${count}`);
}

/** What the host has left. */
export interface HostCondition {
  /** MemAvailable of /proc/meminfo; null when the kernel does not say. */
  readonly availableMiB: number | null;
  /** Free space where the machine's files are; null where it can't be looked at. */
  readonly disks: readonly { readonly path: string; readonly freeMiB: number | null }[];
}

/** Looks at the host's memory and at the file systems of `paths`. */
export async function sampleHost(paths: readonly string[]): Promise<HostCondition> {
  const kiB = /^MemAvailable: +(\d+) kB$/m.exec(await textOf('/proc/meminfo'))?.[1];
  const disks = await Promise.all(
    paths.map(async (path) => {
      const freeMiB = await statfs(path).then(
        ({ bavail, bsize }) => Math.floor((bavail * bsize) / 2 ** 20),
        () => null,
      );
      return { path, freeMiB };
    }),
  );
  return { availableMiB: kiB === undefined ? null : Math.floor(Number(kiB) / 1024), disks };
}

/** As evidence: `host: 5120 MiB of memory available; 300 MiB free at /tmp/x`. */
export function hostText({ availableMiB, disks }: HostCondition): string {
  const memory = availableMiB === null ? 'memory unknown' : `${availableMiB} MiB of memory available`;
  const rooms = disks.map(
    ({ path, freeMiB }) => `${freeMiB === null ? 'unknown' : `${freeMiB} MiB`} free at ${path}`,
  );
  return [`host: ${memory}`, ...rooms].join('; ');
}

/** Below this a write of a guest's page or of a log soon finds no room. */
const FULL_BELOW_MIB = 1;

/** The first file system with no room left. */
export function fullDisk({ disks }: HostCondition): string | undefined {
  return disks.find(({ freeMiB }) => freeMiB !== null && freeMiB < FULL_BELOW_MIB)?.path;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
