/** What can be held has a contract: an operation without one is not judged. */
import t from 'tap';
import { adapters, type HoldName } from '../adapter/index.ts';
import { contractFor } from '../verdict/index.ts';

const HELD_OPS: Readonly<Partial<Record<HoldName, string>>> = {
  't1-poll': 'poll',
  't2-read': 'read',
  't3-read': 'read',
  't4-ioctl': 'ioctl',
};
const OPS = ['ioctl', 'read', 'write', 'poll'] as const;

t.test('every class has a contract, for the pending call as for what comes after', async (t) => {
  for (const { deviceClass, holds } of adapters) {
    t.ok(
      OPS.some((op) => contractFor(deviceClass, 'after', op) !== undefined),
      deviceClass,
    );
    for (const hold of holds) {
      const op = HELD_OPS[hold];
      if (op !== undefined) t.ok(contractFor(deviceClass, 'held', op), `${deviceClass} ${hold}`);
    }
  }
});
