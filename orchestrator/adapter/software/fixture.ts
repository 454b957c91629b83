/** The fixture: a platform device whose driver treats held files as right or as wrong as asked for. */
import { COMMON_HOLDS } from '../common.ts';
import type { Adapter, HoldName } from '../types.ts';
import { NO_OUTSIDE } from './why-not.ts';

const NOTHING_ELSE = 'a platform device has no such removal';
const HOLDS: readonly HoldName[] = ['t0-idle', 't1-poll', 't2-read', 't4-ioctl', 't4-busy', 't4-shared'];
const STANDS_STILL = 'the guest stands still at the removal: what its user waits for makes no difference';

const FIND = ['test -c /dev/unplug0', 'echo device=/dev/unplug0'] as const;

/** A discipline of guest/modules, which has its semantics in the discipline-*.c files. */
interface Discipline {
  readonly name: string;
  readonly description: string;
  /** Functions by which a kernel is known to have what it is made of. */
  readonly functions?: readonly string[];
  /** Functions by which it is known to have something else of the same name. */
  readonly excluded?: readonly string[];
  readonly nested?: true;
  /** The removal stops the whole guest, whatever it holds. */
  readonly freezes?: true;
}

/** Whatever the posting of revocable: they all have it. */
const REVOCABLE = ['revocable_try_access'] as const;

const DISCIPLINES: readonly Discipline[] = [
  { name: 'naive', description: 'frees what open files point to: a use-after-free after every removal' },
  { name: 'rwsem', description: 'right: checks on entry, wakes its sleepers, then waits for those inside' },
  {
    name: 'wrong_errno',
    description: 'safe, but tells userspace the wrong errno and poll bits: proves the contract oracle',
  },
  {
    name: 'mutex',
    description:
      'one user inside at a time, and the removal queues behind it: right only for calls that do not sleep',
  },
  { name: 'percpu_rwsem', description: 'as rwsem, with a per-CPU semaphore' },
  {
    name: 'srcu',
    description:
      'marks, synchronises and wakes only then, as gpiolib does: a blocked read keeps the removal waiting',
  },
  { name: 'mark_wake_sync', description: 'right: marks, wakes, then synchronises' },
  {
    name: 'percpu_ref',
    description: 'right: a reference for each call, killed, sleepers woken, then drained',
  },
  {
    name: 'kref_flag',
    description: 'a kref and a flag: no removal waits, and a call may use the resource after it',
  },
  {
    name: 'debugfs_proxy',
    description: 'counts calls and waits for the last, as debugfs does: EIO afterwards, and nobody is woken',
  },
  {
    name: 'revocable_file',
    description: 'a revocable handle for each open file: right for one thread at a time',
    functions: REVOCABLE,
  },
  {
    name: 'revocable_stack',
    description: 'a revocable handle for each access, on the stack',
    // The first posting has handles from the heap only, by revocable_alloc(); revocable_init() came with the fixes.
    functions: [...REVOCABLE, 'revocable_init'],
    // The gpiolib conversion posted for the first one adds a revocable_init() of another kind.
    excluded: ['revocable_free'],
  },
  {
    name: 'revocable_shared',
    description: 'threads of a file share what revocable hands to open(): v1 the handle, later the provider',
    functions: REVOCABLE,
  },
  {
    name: 'revocable_irq',
    description: 'as revocable-shared, and a timer uses the device in interrupt context',
    functions: REVOCABLE,
  },
  {
    name: 'revocable_nested',
    description: 'as revocable-shared, and an ioctl unbinds the driver from within its own access',
    functions: REVOCABLE,
    nested: true,
  },
  {
    name: 'irqs_off_spin',
    description: 'only to test the test: the removal spins with interrupts off, and the guest stands still',
    freezes: true,
  },
  {
    name: 'irqs_off_halt',
    description: 'only to test the test: the removal halts with interrupts off, and the guest stands still',
    freezes: true,
  },
];

function holdsOf({ nested, freezes }: Discipline): readonly HoldName[] {
  if (freezes) return ['t0-idle'];
  return nested ? [...HOLDS, 't4-nested'] : HOLDS;
}

function fixture(discipline: Discipline): Adapter {
  const { name, description, functions = [], excluded = [], nested, freezes } = discipline;
  const holds = holdsOf(discipline);
  return {
    name: `fixture-${name.replaceAll('_', '-')}`,
    deviceClass: 'fixture',
    description,
    requiredSymbols: ['MODULES'],
    requiredFunctions: functions,
    excludedFunctions: excluded,
    holds,
    whyNot: {
      ...NO_OUTSIDE,
      rmmod: 'its module is refused to be unloaded while the device is held, and then it is gone as a whole',
      ...Object.fromEntries(
        [...HOLDS, ...COMMON_HOLDS.map(({ hold }) => hold)]
          .filter((hold) => freezes && !holds.includes(hold))
          .map((hold) => [hold, STANDS_STILL]),
      ),
      't3-read': 'its files are all of the one node: none is derived from another',
      ...(nested === undefined
        ? { 't4-nested': 'only fixture-revocable-nested has an ioctl that unbinds' }
        : {}),
      sysfs_remove: NOTHING_ELSE,
      driver_override: 'no other driver would take a fixture: that is sysfs_unbind',
      configfs_disable: NOTHING_ELSE,
    },
    plug: [`insmod /unplug/modules/unplug_fixture.ko discipline=${name}`, ...FIND].join('\n'),
    find: FIND.join('\n'),
    removals: {
      sysfs_unbind: () => ({
        by: 'write',
        file: '/sys/bus/platform/drivers/unplug-fixture/unbind',
        value: 'unplug-fixture.0',
      }),
    },
  };
}

/** All disciplines. */
export const fixtures: readonly Adapter[] = DISCIPLINES.map(fixture);
