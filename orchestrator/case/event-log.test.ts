import t from 'tap';
import { monotonicMs } from '../base/index.ts';
import type { GuestProcess } from '../guest/index.ts';
import type { EndEvent, WorkloadEvent } from '../verdict/index.ts';
import { EventLog } from './event-log.ts';

function fakeProcess(): { process: GuestProcess; print: (line: string) => void } {
  const listeners: ((line: string) => void)[] = [];
  return {
    process: {
      command: 'x',
      send: () => undefined,
      onLine: (listener) => void listeners.push(listener),
      exited: new Promise(() => undefined),
      stderr: () => '',
    },
    print: (line) => {
      for (const listener of listeners) listener(line);
    },
  };
}

const isEnd = (event: WorkloadEvent): event is EndEvent => event.ev === 'end';
const never = new Promise<never>(() => undefined);

t.test('events come in order, with source and time; garbage is kept', async (t) => {
  const log = new EventLog(monotonicMs());
  const { process, print } = fakeProcess();
  log.record(process, 'hold');
  print('{"t":1,"ev":"start","pid":7}');
  print('no json');
  t.match(log.events, [
    { ev: 'start', pid: 7, source: 'hold', hostMs: Number },
    { ev: 'garbage', text: 'no json' },
  ]);
});

t.test('waiting: for what is there, for what comes, not before an index, not for ever', async (t) => {
  const log = new EventLog(monotonicMs());
  const { process, print } = fakeProcess();
  log.record(process, 'hold');
  const coming = log.waitFor(isEnd, 5000, never);
  print('{"t":1,"ev":"end","code":0}');
  t.match(await coming, { ev: 'end', t: 1 });
  t.match(await log.waitFor(isEnd, 0, never), { t: 1 });
  t.equal(await log.waitFor(isEnd, 10, never, { from: 1 }), undefined);
  const second = log.waitFor(isEnd, 5000, never, { from: 1 });
  print('{"t":2,"ev":"end","code":0}');
  t.match(await second, { t: 2 });
  t.equal(await log.waitFor(isEnd, 60_000, Promise.resolve(), { from: 2 }), undefined, 'the guest is gone');
  const abort = new AbortController();
  const aborted = log.waitFor(isEnd, 60_000, never, { from: 2, signal: abort.signal });
  abort.abort();
  t.equal(await aborted, undefined);
});

t.test(
  'a program that floods its pipe: what is kept is bounded, and it is no evidence any more',
  async (t) => {
    const log = new EventLog(0, 3);
    const line = (id: number): string => JSON.stringify({ ev: 'command', t: id, name: 'after' });
    for (let id = 1; id <= 100; id++) log.take(line(id), 'hold');
    log.take(line(1), 'remove');
    t.same(
      log.events.map(({ ev, source }) => `${source} ${ev}`),
      ['hold command', 'hold command', 'hold command', 'hold garbage', 'remove command'],
    );
    t.match(log.events[3], { text: 'unplug: more than 3 lines of program hold, the rest is left out' });
  },
);
