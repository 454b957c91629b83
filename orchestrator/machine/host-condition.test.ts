import t from 'tap';
import {
  cgroupPaths,
  fullDisk,
  hostText,
  oomKillCount,
  oomKillsSince,
  sampleHost,
  sampleOomKills,
} from './host-condition.ts';
import { isStopped, parseThreadState, processState, threadStates } from './process-state.ts';

t.test("the out-of-memory killer's counters", async (t) => {
  t.equal(oomKillCount('pgfree 12\noom_kill 3\ndrop_pagecache 0\n'), 3);
  t.equal(oomKillCount('low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n'), 1);
  t.equal(oomKillCount('oom_kill_disable 0\nunder_oom 0\noom_kill 2\n'), 2);
  t.equal(oomKillCount(''), undefined);
  t.same(oomKillsSince({ a: 3, b: 0 }, { a: 4, b: 0 }), ['a: oom_kill 3 → 4']);
  t.same(oomKillsSince({ a: 3 }, { a: 3, b: 9 }), [], 'a counter that was not there before says nothing');
  t.same(oomKillsSince({ a: 3 }, {}), []);
  const [before, after] = [await sampleOomKills(), await sampleOomKills()];
  t.ok('/proc/vmstat' in before);
  t.same(oomKillsSince(before, after), []);
});

t.test('where the counters of a cgroup are', async (t) => {
  t.same(cgroupPaths('0::/user.slice/a\n'), [
    '/sys/fs/cgroup/user.slice/a/memory.events',
    '/sys/fs/cgroup/memory.events',
    '/sys/fs/cgroup/unified/user.slice/a/memory.events',
    '/sys/fs/cgroup/unified/memory.events',
  ]);
  t.same(cgroupPaths('5:devices:/\n4:memory:/box\n'), [
    '/sys/fs/cgroup/memory/box/memory.oom_control',
    '/sys/fs/cgroup/memory/memory.oom_control',
  ]);
  t.same(cgroupPaths(''), []);
});

t.test('what the host has left', async (t) => {
  const host = await sampleHost([import.meta.dirname, '/nowhere/at/all']);
  t.ok((host.availableMiB ?? 0) > 0);
  t.ok((host.disks[0]?.freeMiB ?? 0) > 0);
  t.same(host.disks[1], { path: '/nowhere/at/all', freeMiB: null });
  const full = {
    availableMiB: 5,
    disks: [
      { path: '/a', freeMiB: null },
      { path: '/b', freeMiB: 0 },
    ],
  };
  t.equal(fullDisk(host), undefined);
  t.equal(fullDisk(full), '/b');
  t.equal(hostText(full), 'host: 5 MiB of memory available; unknown free at /a; 0 MiB free at /b');
});

t.test('the state of a process', async (t) => {
  t.same(parseThreadState('12 (CPU 0/TCG) x) T 1 12'), { id: 12, name: 'CPU 0/TCG) x', state: 'T' });
  for (const line of ['', '12', 'x (a) S', '12 (a)']) t.equal(parseThreadState(line), undefined, line);
  const own = await processState(process.pid);
  t.equal(own?.id, process.pid);
  t.notOk(own && isStopped(own));
  t.ok((await threadStates(process.pid)).length > 1);
  t.equal(await processState(2 ** 30), undefined);
  t.same(await threadStates(2 ** 30), []);
});
