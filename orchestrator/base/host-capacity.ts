/** How much of the host this process may use: CPUs and memory, as far as control groups leave them. */
import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { type CgroupDirectory, cgroupDirectories } from './cgroup.ts';

/** What may be used. */
export interface HostCapacity {
  /** At least 1. */
  readonly cpus: number;
  /** What can be had now without swapping or being killed; 0 when nothing is left. */
  readonly memoryMiB: number;
}

/** The content of a small file; undefined when it is not there or can't be read. */
export type ReadText = (path: string) => string | undefined;

/** What Node.js knows of the host. */
export interface HostFacts {
  /** CPUs that the affinity mask allows. */
  readonly parallelism: number;
  /** Taken where /proc/meminfo does not say what is available. */
  readonly freeBytes: number;
}

const MIB = 2 ** 20;

/** What this process may use now. */
export function hostCapacity(): HostCapacity {
  return capacityFrom(readOrUndefined, { parallelism: availableParallelism(), freeBytes: freemem() });
}

/**
 * CPUs: the affinity mask and every quota on the way to the root, rounded down, but one at least. Memory: what the host
 * has available and what is left of every limit on that way.
 */
export function capacityFrom(read: ReadText, facts: HostFacts): HostCapacity {
  const cgroup = read('/proc/self/cgroup') ?? '';
  const mountinfo = read('/proc/self/mountinfo') ?? '';
  const cpus = cgroupDirectories(cgroup, mountinfo, 'cpu').map((directory) => cpuQuota(read, directory));
  const bytes = cgroupDirectories(cgroup, mountinfo, 'memory').map((directory) => bytesLeft(read, directory));
  return {
    cpus: Math.max(1, Math.floor(Math.min(facts.parallelism, ...cpus))),
    memoryMiB: Math.floor(Math.min(availableBytes(read) ?? facts.freeBytes, ...bytes) / MIB),
  };
}

/** MemAvailable: what new programs can have without swapping (Documentation/filesystems/proc.rst). */
function availableBytes(read: ReadText): number | undefined {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** CPUs that the group's bandwidth comes to; infinite without a quota (`max`, or -1 in version 1). */
function cpuQuota(read: ReadText, { version, path }: CgroupDirectory): number {
  const [quota, period] =
    version === 2
      ? (read(`${path}/cpu.max`) ?? '').trim().split(' ')
      : [read(`${path}/cpu.cfs_quota_us`), read(`${path}/cpu.cfs_period_us`)];
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Number.POSITIVE_INFINITY;
}

/**
 * What may still be charged to the group. Its usage counts page cache too ("Userland memory - page cache and anonymous
 * memory", Documentation/admin-guide/cgroup-v2.rst, "Memory"), and a kernel build leaves a limit full of it. What
 * `memory.stat` calls inactive_file there is the end of the reclaim lists that gives way first, so it counts as free;
 * active_file does not, some of it is in use. Above memory.high the group is throttled ("memory.high" there), which
 * would make guests look hung, so it is as good as a limit.
 */
function bytesLeft(read: ReadText, { version, path }: CgroupDirectory): number {
  const amount = (file: string): number | undefined => parseBytes(read(`${path}/${file}`));
  const [limits, usage] =
    version === 2
      ? [[amount('memory.max'), amount('memory.high')], amount('memory.current')]
      : [[amount('memory.limit_in_bytes')], amount('memory.usage_in_bytes')];
  const limit = Math.min(...limits.map((bytes) => bytes ?? Number.POSITIVE_INFINITY));
  const used = Math.max(0, (usage ?? 0) - inactiveFileBytes(read(`${path}/memory.stat`) ?? ''));
  return Math.max(0, limit - used);
}

/** With the groups below, as the usage: version 1 counts those in `total_…` (cgroup-v1/memory.rst, 5.2). */
function inactiveFileBytes(memoryStat: string): number {
  const value = (key: string): string | undefined => new RegExp(`^${key} (\\d+)$`, 'm').exec(memoryStat)?.[1];
  return Number(value('total_inactive_file') ?? value('inactive_file') ?? 0);
}

/** A count of bytes; undefined for `max` and for what is not there. */
function parseBytes(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\n?$/.test(text) ? Number(text) : undefined;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
