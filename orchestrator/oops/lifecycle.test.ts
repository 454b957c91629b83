import t from 'tap';
import { dedupKey, parseConsole, phaseOf, type Suppression, suppressionOf } from './index.ts';

const frames = (...names: string[]) => names.map((name) => ({ name, unsure: false }));

t.test('the innermost telling caller names the phase', async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['remove', ['gpiochip_remove', 'device_release_driver_internal', 'unbind_store', 'vfs_write']],
    [
      'remove',
      ['x_disconnect', 'usb_unbind_interface', 'usb_disconnect', 'hub_event', 'process_one_work', 'kthread'],
    ],
    ['probe', ['x_probe', 'really_probe', '__driver_attach', 'do_one_initcall']],
    ['open', ['x_open', 'chrdev_open', 'do_dentry_open', 'path_openat', '__x64_sys_openat']],
    ['fop', ['x_read', 'vfs_read', 'ksys_read', 'do_syscall_64']],
    ['fop', ['x_ioctl', '__x64_sys_ioctl']],
    ['release', ['x_release', '__fput', 'task_work_run', 'do_exit']],
    ['work', ['x_work', 'process_one_work', 'worker_thread', 'kthread']],
    ['irq', ['x_timer', 'call_timer_fn', 'handle_softirqs', 'vfs_read']],
    ['thread', ['x_thread', 'kthread', 'ret_from_fork']],
    ['unknown', ['x']],
  ];
  for (const [phase, names] of cases) t.equal(phaseOf(frames(...names)), phase, names.join(' '));
  t.equal(
    phaseOf([{ name: 'vfs_read', unsure: true }]),
    'unknown',
    'a frame that is not vouched for says nothing',
  );
});

type Use = {
  readonly by: string;
  readonly freed?: readonly string[];
  readonly queued?: readonly string[];
  readonly access?: string;
};

/** A KASAN report of a device's state: made in probe, freed, then used by a call. */
function useAfterFree({
  by,
  freed = ['x_remove', 'device_release_driver_internal'],
  queued = [],
  access = 'Read',
}: Use): string {
  const stack = (...names: string[]) => names.map((name) => ` ${name}+0x1/0x2`);
  return [
    `BUG: KASAN: slab-use-after-free in ${by}+0x1/0x2`,
    `${access} of size 8 at addr ffff888004a1c0c8 by task a/1`,
    'Call Trace:',
    ...stack('dump_stack_lvl', 'kasan_report', by, 'vfs_read', 'ksys_read'),
    'Allocated by task 1:',
    ...stack('kasan_save_stack', '__kmalloc_cache_noprof', 'x_probe', 'really_probe'),
    'Freed by task 2:',
    ...stack('kasan_save_stack', 'kfree', ...freed),
    ...(queued.length === 0
      ? []
      : ['Last potentially related work creation:', ...stack('kasan_record_aux_stack', ...queued)]),
    'The buggy address belongs to the object at ffff888004a1c000',
    ' which belongs to the cache kmalloc-1k of size 1024',
    '==================================================================',
    '',
  ].join('\n');
}

t.test('use after free', async (t) => {
  const one = (use: Use) => parseConsole(useAfterFree(use))[0];
  t.match(one({ by: 'x_read' })?.lifecycle, {
    kind: 'freed-use',
    freedIn: 'remove',
    usedIn: 'fop',
    object: 'x_probe',
    key: 'freed in remove, used in fop: object of x_probe',
  });
  const later = one({
    by: 'x_read',
    freed: ['rcu_do_batch', 'rcu_core', 'handle_softirqs'],
    queued: ['call_rcu', 'x_remove', 'device_release_driver_internal'],
  });
  t.match(later?.lifecycle, { freedIn: 'remove' }, 'who asked for it, not the callback');
  t.match(one({ by: 'x_read', freed: ['rcu_do_batch'] })?.lifecycle, { freedIn: 'irq' });
  const bounds = useAfterFree({ by: 'x_read' }).replace('slab-use-after-free', 'slab-out-of-bounds');
  t.equal(parseConsole(bounds)[0]?.lifecycle, undefined, 'elsewhere the freed stack is a former user');
});

t.test('reports of one cause have one key', async (t) => {
  const keys = (['x_read', 'x_lock', 'x_copy'] as const).flatMap((by) =>
    ['Read', 'Write']
      .map((access) => parseConsole(useAfterFree({ by, access }))[0])
      .map((splat) => splat && dedupKey(splat)),
  );
  t.same([...new Set(keys)], ['slab-use-after-free: freed in remove, used in fop: object of x_probe']);
  const warning = parseConsole(
    'WARNING: CPU: 0 PID: 1 at a.c:1 x_read+0x1/0x2\nCall Trace:\n x_read+0x1/0x2\n',
  )[0];
  t.equal(warning && dedupKey(warning), 'WARNING in x_read', 'without a lifecycle the title');
});

t.test('who waits for whom', async (t) => {
  const hung = (task: string, ...names: string[]) => [
    `INFO: task ${task} blocked for more than 60 seconds.`,
    'Call Trace:',
    ...['__schedule', 'schedule', ...names].map((name) => ` ${name}+0x1/0x2`),
  ];
  const locks = [
    'Showing all locks held in the system:',
    '2 locks held by sh/74:',
    ' #0: ffff888003b5c420 (sb_writers#4){.+.+}-{0:0}, at: ksys_write+0xf1/0x1d0',
    ' #1: ffff888003b5c500 (&x->sem){++++}-{4:4}, at: x_remove+0x1/0x2',
    '1 lock held by hold/80:',
    ' #0: ffff888003b5c500 (&x->sem){++++}-{4:4}, at: x_ioctl+0x1/0x2',
  ];
  const [waits] = parseConsole(
    [
      ...hung('hold:80', 'rwsem_down_read_slowpath', 'down_read', 'x_ioctl', '__x64_sys_ioctl'),
      ...locks,
    ].join('\n'),
  );
  t.equal(waits?.lifecycle?.key, 'fop waits for lock &x->sem, taken in x_remove');
  const [alone] = parseConsole(
    hung('sh:74', '__wait_for_common', 'synchronize_srcu', 'x_remove', 'device_release_driver_internal').join(
      '\n',
    ),
  );
  t.equal(alone?.lifecycle?.key, 'remove waits for synchronize_srcu');
});

t.test('a suppression has an end', async (t) => {
  const row: Suppression = { title: /^WARNING in x_read$/, reason: 'known', until: '2027-01-01' };
  const title = 'WARNING in x_read';
  t.equal(suppressionOf({ title }, '2026-12-31T23:59:59Z', [row]), row);
  t.equal(suppressionOf({ title }, '2027-01-01T00:00:00Z', [row]), undefined);
  t.equal(suppressionOf({ title: `${title}er` }, '2026-12-31T00:00:00Z', [row]), undefined);
});
