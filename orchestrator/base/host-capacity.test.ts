import t from 'tap';
import { cgroupDirectories } from './cgroup.ts';
import { capacityFrom, type HostFacts, hostCapacity } from './host-capacity.ts';

const MIB = 2 ** 20;
const FACTS: HostFacts = { parallelism: 16, freeBytes: 300 * MIB };
const MEMINFO = `MemTotal:       24683656 kB
MemFree:         1688796 kB
MemAvailable:   23932372 kB
Buffers:           20640 kB
`;

/** As systemd has it: one hierarchy, a user's service. */
const V2_PATH = '/user.slice/user-1000.slice/session-3.scope';
const V2: Readonly<Record<string, string>> = {
  '/proc/meminfo': MEMINFO,
  '/proc/self/cgroup': `0::${V2_PATH}\n`,
  '/proc/self/mountinfo': `24 30 0:22 / /proc rw,nosuid shared:12 - proc proc rw
30 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 30 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`,
  '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n',
  '/sys/fs/cgroup/user.slice/memory.max': 'max\n',
  '/sys/fs/cgroup/user.slice/memory.high': 'max\n',
  '/sys/fs/cgroup/user.slice/memory.current': `${12_000 * MIB}\n`,
  '/sys/fs/cgroup/user.slice/memory.stat': 'anon 1\ninactive_file 4096\n',
  '/sys/fs/cgroup/user.slice/user-1000.slice/cpu.max': '350000 100000\n',
  '/sys/fs/cgroup/user.slice/user-1000.slice/memory.max': `${8000 * MIB}\n`,
  '/sys/fs/cgroup/user.slice/user-1000.slice/memory.high': 'max\n',
  '/sys/fs/cgroup/user.slice/user-1000.slice/memory.current': `${5000 * MIB}\n`,
  '/sys/fs/cgroup/user.slice/user-1000.slice/memory.stat': `anon 1
file ${4000 * MIB}
inactive_anon 7
inactive_file ${1500 * MIB}
active_file ${2500 * MIB}
`,
  [`/sys/fs/cgroup${V2_PATH}/cpu.max`]: 'max 100000\n',
  [`/sys/fs/cgroup${V2_PATH}/memory.max`]: 'max\n',
  [`/sys/fs/cgroup${V2_PATH}/memory.high`]: 'max\n',
  [`/sys/fs/cgroup${V2_PATH}/memory.current`]: `${100 * MIB}\n`,
};

/** As Docker has it on an old host, with the host's names: what is mounted is the container's own group. */
const V1: Readonly<Record<string, string>> = {
  '/proc/meminfo': MEMINFO,
  '/proc/self/cgroup': `4:memory:/docker/4f2e
2:cpu,cpuacct:/docker/4f2e
1:name=systemd:/docker/4f2e
`,
  '/proc/self/mountinfo': `700 699 0:29 /docker/4f2e /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct
701 699 0:32 /docker/4f2e /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
`,
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2048 * MIB}\n`,
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${1024 * MIB}\n`,
  '/sys/fs/cgroup/memory/memory.stat': `cache 5
inactive_file ${10 * MIB}
total_cache 5
total_inactive_file ${76 * MIB}
`,
};

const capacity = (files: Readonly<Record<string, string>>, facts: HostFacts = FACTS) =>
  capacityFrom((path) => files[path], facts);

t.test('version 2: the limits are those of a parent, without the page cache that gives way', async (t) => {
  t.same(capacity(V2), { cpus: 3, memoryMiB: 8000 - (5000 - 1500) });
});

t.test('version 2: being throttled is as bad as a limit', async (t) => {
  const high = { ...V2, [`/sys/fs/cgroup${V2_PATH}/memory.high`]: `${1100 * MIB}\n` };
  t.same(capacity(high).memoryMiB, 1000);
});

t.test('version 1: half a CPU is one; the groups below are counted', async (t) => {
  t.same(capacity(V1), { cpus: 1, memoryMiB: 2048 - (1024 - 76) });
  const half = { ...V1, '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '250000\n' };
  t.equal(capacity(half).cpus, 2);
});

t.test('version 1 without limits', async (t) => {
  const open = {
    ...V1,
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  };
  t.same(capacity(open), { cpus: 16, memoryMiB: 23_371 });
});

t.test('no control groups: the affinity mask and MemAvailable', async (t) => {
  t.same(capacity({ '/proc/meminfo': MEMINFO }), { cpus: 16, memoryMiB: 23_371 });
  t.same(capacity({}), { cpus: 16, memoryMiB: 300 }, 'nothing is known but what Node.js says');
});

t.test('a group that is full leaves nothing, and not less', async (t) => {
  const full = { ...V1, '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${4096 * MIB}\n` };
  t.equal(capacity(full).memoryMiB, 0);
});

t.test('groups are found where they are mounted', async (t) => {
  const mountinfo = String.raw`31 30 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
40 30 0:32 / /mnt/v\0401/memory rw shared:3 master:1 - cgroup cgroup rw,memory
41 30 0:32 /elsewhere /mnt/other rw - cgroup cgroup rw,memory
`;
  t.same(cgroupDirectories('4:memory:/a b/c\n0::/\n', mountinfo, 'memory'), [
    { version: 1, path: '/mnt/v 1/memory/a b/c' },
    { version: 1, path: '/mnt/v 1/memory/a b' },
    { version: 1, path: '/mnt/v 1/memory' },
    { version: 2, path: '/sys/fs/cgroup' },
  ]);
  t.same(cgroupDirectories('4:memory:/a\n0::/\n', mountinfo, 'cpu'), [
    { version: 2, path: '/sys/fs/cgroup' },
  ]);
  const foreign = '9 8 0:32 /../host/box /box rw - cgroup cgroup rw,memory\n';
  t.same(
    cgroupDirectories('4:memory:/box\n', foreign, 'memory'),
    [{ version: 1, path: '/box' }],
    'a root that is named from outside of the namespace',
  );
  t.same(cgroupDirectories('4:memory:/a\n', 'damaged\n\n', 'memory'), []);
});

t.test('of this machine: something, and no more than it has', async (t) => {
  const { cpus, memoryMiB } = hostCapacity();
  t.ok(cpus >= 1 && Number.isInteger(cpus), String(cpus));
  t.ok(memoryMiB > 0 && Number.isInteger(memoryMiB), String(memoryMiB));
});
