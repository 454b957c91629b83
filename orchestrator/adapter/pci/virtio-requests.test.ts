import t from 'tap';
import { delay } from '../../base/index.ts';
import { type BehaviourRule, BehaviourScript } from '../usb/behaviour.ts';
import type { BackendAnswer } from './vhost-user-records.ts';
import type { VirtioDevice, VirtioRequest } from './virtio-device.ts';
import { VirtioRequests } from './virtio-requests.ts';

/** A device that answers with what it was told, and 0xff for a request that it must never answer. */
function made(rules: readonly BehaviourRule[]) {
  const calls: string[] = [];
  const answers: BackendAnswer[] = [];
  const device: VirtioDevice = {
    features: 0n,
    config: new Uint8Array(0),
    queueCount: 2,
    handle: ({ data }) => {
      calls.push(`handle ${data.join(' ')}`);
      return data[0] === 0xff ? new Promise<Uint8Array>(() => undefined) : data;
    },
    failure: () => Uint8Array.of(0xee),
    typeOf: ({ data }) => data[0],
    isEvent: ({ queue }: VirtioRequest) => queue === 1,
    abandons: ({ data }) => data[0] === 7,
    reset: () => calls.push('reset'),
  };
  const script = new BehaviourScript();
  script.arm(rules);
  const requests = new VirtioRequests(device, {
    script,
    send: (answer) => answers.push(answer),
    disconnect: () => calls.push('disconnect'),
    arrived: () => undefined,
  });
  let token = 0;
  const put = (data: number[], queue = 0, roomBytes = 8): void =>
    requests.accept({ queue, token: ++token, data: Uint8Array.from(data), roomBytes });
  return { answers, calls, put, requests };
}

t.test('answers', async (t) => {
  const { answers, put, requests } = made([]);
  put([1, 2, 3]);
  put([4, 5, 6], 1, 2);
  put([0xff]);
  t.same(answers, [
    { queue: 0, token: 1, data: Uint8Array.of(1, 2, 3), usedBytes: 3 },
    { queue: 1, token: 2, data: Uint8Array.of(4, 5, 6), usedBytes: 2 },
  ]);
  t.equal(requests.count, 1);
});

t.test('what a script does', async (t) => {
  const one = (behaviour: BehaviourRule['behaviour']) => {
    const all = made([{ at: 2, behaviour }]);
    for (const first of [1, 2, 3]) all.put([first, 0x10]);
    return all;
  };
  const bad = one({ do: 'status', status: 'stall' });
  t.same(bad.answers[1], { queue: 0, token: 2, data: Uint8Array.of(0xee), usedBytes: 1 });
  t.notOk(bad.calls.includes('handle 2 16'), 'not done');
  t.same(
    one({ do: 'silence' }).answers.map(({ token }) => token),
    [1, 3],
  );
  t.match(one({ do: 'shorten', bytes: 1 }).answers[1], { usedBytes: 1, data: Uint8Array.of(2, 0x10) });
  t.match(one({ do: 'shorten', bytes: 9 }).answers[1], { usedBytes: 0 });
  t.match(one({ do: 'lengthen', bytes: 64 }).answers[1], { usedBytes: 66 });
  const garbled = one({ do: 'garbage' }).answers[1]?.data;
  t.equal(garbled?.length, 2);
  t.ok(garbled?.[0] !== 2 && garbled?.[1] !== 0x10);
  t.same(one({ do: 'disconnect', when: 'before' }).calls, ['handle 1 16', 'disconnect', 'handle 3 16']);
  t.same(one({ do: 'disconnect', when: 'after' }).calls, [
    'handle 1 16',
    'handle 2 16',
    'disconnect',
    'handle 3 16',
  ]);
  const late = one({ do: 'delay', delayMs: 3 });
  t.equal(late.answers.length, 2);
  while (late.answers.length < 3) await delay(1);
  t.equal(late.answers[2]?.token, 2, 'after the third');
});

t.test('late: once the driver has given it up', async (t) => {
  const { answers, put, requests } = made([{ at: 1, behaviour: { do: 'late', afterCancelMs: 0 } }]);
  put([1]);
  put([2]);
  t.same(
    answers.map(({ token }) => token),
    [2],
    'not by just any request',
  );
  put([7]);
  t.same(
    answers.map(({ token }) => token),
    [2, 1, 3],
    'before that which told',
  );
  requests.reset();
  t.equal(requests.count, 0);
});

t.test('a rule for one type, and for events', async (t) => {
  const { answers, put } = made([
    { request: 9, behaviour: { do: 'silence' } },
    { kind: 'in', behaviour: { do: 'lengthen', bytes: 1 } },
  ]);
  put([9]);
  put([8]);
  put([8], 1);
  t.same(
    answers.map(({ token, usedBytes }) => [token, usedBytes]),
    [
      [2, 1],
      [3, 2],
    ],
  );
});

t.test('a reset: nothing is answered that came before', async (t) => {
  const { answers, calls, put, requests } = made([{ at: 1, behaviour: { do: 'delay', delayMs: 1 } }]);
  put([1]);
  requests.reset();
  await delay(10);
  t.same(answers, []);
  t.same(calls, ['handle 1', 'reset']);
});
