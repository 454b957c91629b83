import t from 'tap';
import { monotonicMs } from '../base/index.ts';
import type { GuestProcess, GuestShell } from '../guest/index.ts';
import { timeLimits } from '../machine/index.ts';
import { EventLog } from './event-log.ts';
import { RemovalWatch } from './removal.ts';

const S = 1_000_000_000;

/** A program whose lines the test prints. */
function program(onSend: (command: string) => void = () => undefined): {
  process: GuestProcess;
  print: (event: object) => void;
} {
  const listeners: ((line: string) => void)[] = [];
  return {
    process: {
      command: 'x',
      send: onSend,
      onLine: (listener) => void listeners.push(listener),
      exited: new Promise(() => undefined),
      stderr: () => '',
    },
    print: (event) => {
      for (const listener of listeners) listener(JSON.stringify(event));
    },
  };
}

/** A removal that waits for a blocked read; `onInterrupt` says what is heard when the read is interrupted. */
async function stuckRemoval(
  onInterrupt: (printHold: (event: object) => void, printRemover: (event: object) => void) => void,
): Promise<RemovalWatch> {
  const log = new EventLog(monotonicMs());
  const remover = program();
  const hold = program((command) => {
    if (command === 'interrupt') onInterrupt(hold.print, remover.print);
  });
  log.record(hold.process, 'hold');
  const shell = {
    start: async () => {
      setTimeout(() => {
        remover.print({ t: 1 * S, ev: 'start', pid: 63, file: '/f', value: 'v' });
        remover.print({ t: 1 * S, ev: 'call', id: 2, phase: 'removal', op: 'write', tid: 63, fd: 3 });
      }, 0);
      return remover.process;
    },
  } as unknown as GuestShell;
  return RemovalWatch.begin(
    {
      shell,
      log,
      user: { process: hold.process, pid: 61, tid: 62, blocking: true },
      limits: { removalMs: 10_000, userMs: 4000 },
      time: timeLimits(1),
      gone: new Promise(() => undefined),
      signal: undefined,
    },
    'sysfs_unbind',
    { by: 'write', file: '/f', value: 'v' },
  );
}

const command = { t: 20 * S, ev: 'command', name: 'interrupt' };
const heldReturn = {
  t: 21 * S,
  ev: 'return',
  id: 6,
  phase: 'held',
  op: 'read',
  ret: -1,
  errno: 'EINTR',
  startNs: 0,
  endNs: 21 * S,
};
const removalReturn = {
  t: 22 * S,
  ev: 'return',
  id: 2,
  phase: 'removal',
  op: 'write',
  ret: 1,
  startNs: 1 * S,
  endNs: 22 * S,
};
const done = { t: 23 * S, ev: 'done', name: 'interrupt', returned: true };
const never = async (): Promise<void> => {
  throw new Error('nothing is to be closed');
};

t.test(
  'a removal that the interrupted user released was ended by the interrupt, whoever is heard first',
  async (t) => {
    for (const removalFirst of [true, false]) {
      const watch = await stuckRemoval((hold, remover) => {
        hold(command);
        hold(heldReturn);
        if (removalFirst) remover(removalReturn);
        hold(done);
        if (!removalFirst) setTimeout(() => remover(removalReturn), 5);
      });
      await watch.release(never);
      const { removal, user } = watch.finish();
      t.match(removal, { endedBy: 'interrupt', endedAtNs: 20 * S, returnedNs: 22 * S }, `${removalFirst}`);
      t.match(user, { endedBy: 'interrupt', endedAtNs: 20 * S });
    }
  },
);
