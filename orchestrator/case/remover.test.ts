import t from 'tap';
import type { ReturnEvent } from '../verdict/index.ts';
import { isRemovalReturn, isSeenGone, removingProgram } from './remover.ts';

const returned = (op: string, over: Partial<ReturnEvent> = {}): ReturnEvent => ({
  ...{ ev: 'return', source: 'remove', phase: 'removal', op, id: 1, ret: 0 },
  ...{ hostMs: 0, t: 0, startNs: 0, endNs: 1 },
  ...over,
});

t.test('each removal has its program', async (t) => {
  t.same(removingProgram({ by: 'write', file: '/sys/x', value: '0' }), [
    'remove-write',
    ['--file', '/sys/x', '--value', '0'],
  ]);
  t.same(removingProgram({ by: 'write', file: '/sys/x', value: '0', gone: '/sys/y' })[1].slice(-2), [
    '--gone',
    '/sys/y',
  ]);
  t.same(removingProgram({ by: 'rmdir', directory: '/sys/x' }), ['remove-directory', ['/sys/x']]);
  t.same(removingProgram({ by: 'uhid', pid: '7', fd: '3' }), ['remove-uhid', ['--pid', '7', '--fd', '3']]);
  t.same(removingProgram({ by: 'program', pid: '7', fd: '3' })[0], 'remove-program');
  t.same(removingProgram({ by: 'rmmod', modules: ['a-b'] }), ['remove-module', ['a_b']]);
});

t.test('a look afterwards is no removal that was refused', async (t) => {
  const gone = returned('gone');
  const there = returned('gone', { ret: -1, errno: 'EEXIST' });
  t.ok(isSeenGone(gone));
  t.notOk(isSeenGone(there), 'still there');
  t.notOk(isSeenGone(returned('write')));
  for (const op of ['write', 'rmdir', 'close', 'delete_module']) t.ok(isRemovalReturn(returned(op)), op);
  // The record has the first of them: the call that took the device away.
  t.equal([returned('write'), there].find(isRemovalReturn)?.op, 'write');
});
