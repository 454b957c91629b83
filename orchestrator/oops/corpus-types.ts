/** The corpus's names of report types (its header `TYPE:`), for scoring only: unplug's own are {@link SplatType}. */
import type { SplatType } from './rule.ts';
import type { Splat } from './splat.ts';

/** Types that have one name there. */
const BY_TYPE: Readonly<Partial<Record<SplatType, string>>> = {
  ubsan: 'UBSAN',
  bug: 'BUG',
  warning: 'WARNING',
  refcount: 'REFCOUNT_WARNING',
  odebug: 'WARNING',
  'list-corruption': 'MEMORY_SAFETY_BUG',
  'null-deref': 'NULL-POINTER-DEREFERENCE',
  'bad-access': 'MEMORY_SAFETY_BUG',
  fault: 'DoS',
  lockdep: 'LOCKDEP',
  'rcu-usage': 'LOCKDEP',
  'atomic-sleep': 'ATOMIC_SLEEP',
  leak: 'LEAK',
  hang: 'HANG',
  'rcu-stall': 'HANG',
  lockup: 'HANG',
  panic: 'DoS',
  reboot: 'REBOOT',
};

/** Where the name hangs on more than the type; the first that matches counts. `undefined`: it has none there. */
const BY_TITLE: readonly (readonly [RegExp, string | undefined])[] = [
  [/^KASAN: invalid-free/, 'KASAN-INVALID-FREE'],
  [/^KASAN: .*use-after-free Write/, 'KASAN-USE-AFTER-FREE-WRITE'],
  [/^KASAN: .*use-after-free/, 'KASAN-USE-AFTER-FREE-READ'],
  [/^KASAN: null-ptr-deref Write/, 'KASAN-NULL-POINTER-DEREFERENCE-WRITE'],
  [/^KASAN: null-ptr-deref/, 'KASAN-NULL-POINTER-DEREFERENCE-READ'],
  [/^KASAN: \S+ Write/, 'KASAN-WRITE'],
  [/^KASAN: /, 'KASAN-READ'],
  [/^KFENCE: use-after-free write/, 'KFENCE-USE-AFTER-FREE-WRITE'],
  [/^KFENCE: use-after-free/, 'KFENCE-USE-AFTER-FREE-READ'],
  [/^KFENCE: memory corruption/, 'KFENCE-MEMORY-CORRUPTION'],
  [/^KFENCE: invalid free/, 'KFENCE-INVALID-FREE'],
  [/^KFENCE: \S+ write/, 'KFENCE-WRITE'],
  [/^KFENCE: /, 'KFENCE-READ'],
  [/^KMSAN: \S*infoleak/, 'KMSAN-INFO-LEAK'],
  [/^KMSAN: use-after-free/, 'KMSAN-USE-AFTER-FREE-READ'],
  [/^KMSAN: /, 'KMSAN-UNINIT-VALUE'],
  [/^KCSAN: assert/, 'KCSAN-ASSERT'],
  [/^KCSAN: /, 'KCSAN-DATARACE'],
  [/^SYZFAIL: /, 'SYZ_FAILURE'],
  [/^go runtime error/, 'DoS'],
  [/^(?:VFS: |BUG: (?:Object|Poison|Padding|Freepointer|\w+ Redzone))/, 'DoS'],
  [/^unregister_netdevice: /, 'DoS'],
  [/^WARNING: kernel stack /, undefined],
  [/^BUG: (?:stack guard page|workqueue |MAX_|Dentry|Bad |non-zero |lock held when)/, undefined],
  [/^BUG: unable to handle kernel(?:$| access)/, undefined],
  [/^INFO: (?:suspicious|trying|Freed|Allocated|corrupted)/, undefined],
  [/^attempt to /, undefined],
];

/** The corpus's type of a splat; `undefined` where it has no name for that kind. */
export function corpusType({ title, type }: Pick<Splat, 'title' | 'type'>): string | undefined {
  const row = BY_TITLE.find(([shape]) => shape.test(title));
  return row === undefined ? BY_TYPE[type] : row[1];
}
