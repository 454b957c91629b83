/** Diagnoses of machines that are made up: every way in which a guest can fail to answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Interrupted, monotonicMs } from '../base/index.ts';
import { diagnose } from './diagnosis.ts';
import { endSummary } from './diagnosis-qemu.ts';
import type { DiagnosableMachine, DiagnosisLimits, GuestControl } from './diagnosis-types.ts';
import { SSH_SERVER, serverState } from './server-state.ts';
import { lazySymbolise } from './system-map.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const LIMITS: DiagnosisLimits = {
  endedMs: 5,
  qmpMs: 60,
  controlMs: 40,
  looks: 3,
  lookGapMs: 1,
  nmiMs: 40,
  totalMs: 2000,
};
const never = <T>(): Promise<T> => new Promise(() => undefined);

/** Answers of a QEMU by command; `silent` never answers. A monitor command goes by its first words. */
type Answers = Readonly<Record<string, unknown>>;

interface Made {
  readonly machine: DiagnosableMachine;
  /** The commands that were sent. */
  readonly sent: string[];
  /** Has the console print lines. */
  print(...lines: readonly string[]): void;
}

const RUNNING: Answers = {
  'query-status': { status: 'running', running: true },
  stop: {},
  cont: {},
  'inject-nmi': {},
};

function made(answers: Answers, rest: Partial<DiagnosableMachine> = {}): Made {
  const sent: string[] = [];
  const listeners = new Set<(line: string) => void>();
  const lines = ['the last line'];
  let bytes = 1000;
  const machine: DiagnosableMachine = {
    pid: process.pid,
    qmp: {
      execute: async (command, args = {}) => {
        const name =
          command === 'human-monitor-command' ? String(args['command-line']).split(' /')[0] : command;
        sent.push(name ?? '');
        const answer = { ...RUNNING, ...answers }[name ?? ''];
        if (answer === 'silent') return never();
        if (answer instanceof Error) throw answer;
        return typeof answer === 'function' ? answer() : answer;
      },
    },
    ended: never(),
    console: {
      get bytes() {
        return bytes;
      },
      lastLines: (count) => lines.slice(-count),
      onLine: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    symbolise: lazySymbolise(() => read('System.map'), false),
    ...rest,
  };
  const print = (...printed: readonly string[]): void => {
    for (const line of printed) {
      bytes += line.length + 1;
      for (const listener of listeners) listener(line);
    }
  };
  return { machine, sent, print };
}

const control = (answers: (command: string) => string | undefined): GuestControl => ({
  ask: async (command) => answers(command),
});
const DEAD: GuestControl = { ask: () => never() };
const SPIN = { 'info registers -a': read('registers-spin.txt'), x: read('stack-spin.txt') };
const IDLE = { 'info registers -a': read('registers-idle.txt') };
/** Two CPUs of which the second spins. */
const SECOND_SPINS = {
  'info registers -a': `${read('registers-idle.txt').split('\nCPU#1')[0]}\n${read('registers-spin.txt').replace('CPU#0', 'CPU#1')}`,
};

t.test('a QEMU that ended', async (t) => {
  const ended = async (
    code: number | null,
    signal: NodeJS.Signals | null,
    stderr: string,
    rest: Partial<DiagnosableMachine> = {},
  ): Promise<string> => {
    const exited = Promise.resolve({ code, signal });
    const { machine, sent } = made({}, { ended: Promise.resolve(stderr), exited, ...rest });
    const found = await diagnose(machine, LIMITS);
    t.equal(found.kind, 'qemu-ended');
    t.same(sent, [], 'a QEMU that is gone is not asked');
    return found.summary;
  };
  t.equal(
    await ended(0, null, ''),
    'QEMU ended with exit code 0: the guest restarted or switched itself off',
  );
  t.equal(await ended(1, null, 'qemu: no memory\nmore'), 'QEMU ended with exit code 1: qemu: no memory');
  t.equal(await ended(null, 'SIGSEGV', ''), 'QEMU ended by SIGSEGV');
  t.equal(await ended(null, 'SIGKILL', ''), 'QEMU ended by SIGKILL');
  // As if the counter had been lower when the machine started.
  const oomKillsAtStart = { '/proc/vmstat': -1 };
  t.equal(
    await ended(null, 'SIGKILL', '', { oomKillsAtStart }),
    "QEMU was killed by the host's out-of-memory killer",
  );
  t.equal(await ended(null, 'SIGTERM', '', { oomKillsAtStart }), 'QEMU ended by SIGTERM');
  t.equal(await ended(null, 'SIGBUS', '', { paths: [import.meta.dirname] }), 'QEMU ended by SIGBUS');
  const unknown = await diagnose(made({}, { ended: Promise.resolve('out of it\n') }).machine, LIMITS);
  t.equal(unknown.summary, 'QEMU ended: out of it');
  t.match(unknown.evidence, [
    'stderr: out of it',
    /^host: \d+ MiB of memory available/,
    'console: the last line',
  ]);
});

t.test('a host that has no room left', async (t) => {
  const disks = [{ path: '/cache', freeMiB: 0 }];
  const status = { code: null, signal: 'SIGBUS' } as const;
  t.equal(
    endSummary(status, '', [], { availableMiB: 1, disks }),
    'QEMU ended by SIGBUS: no space is left at /cache',
  );
});

t.test('a QEMU that does not answer, or does not run the guest', async (t) => {
  const stuck = await diagnose(made({ 'query-status': 'silent' }).machine, LIMITS);
  t.match(stuck, { kind: 'qemu-stuck', summary: 'QEMU runs, but does not answer query-status' });
  t.ok(stuck.evidence.some((line) => line.startsWith(`thread ${process.pid} `)));
  t.equal((await diagnose(made({ 'query-status': new Error('closed') }).machine, LIMITS)).kind, 'qemu-stuck');
  const late = made({ ...IDLE, stop: 'silent' });
  t.match(await diagnose(late.machine, LIMITS), { kind: 'qemu-stuck' });
  t.equal(late.sent.at(-1), 'cont', 'a guest that stops late is told to go on');
  const error = { status: 'internal-error', running: false };
  const paused = await diagnose(made({ ...SPIN, 'query-status': error }).machine, LIMITS);
  t.equal(paused.kind, 'paused');
  t.equal(
    paused.summary,
    'QEMU does not run the guest: internal-error, an error of QEMU or KVM while it ran guest code',
  );
  t.ok(paused.evidence.some((line) => line.startsWith('RIP=ffffffff819582ba')));
  t.match(await diagnose(made({ 'query-status': { status: 'odd' } }).machine, LIMITS), {
    kind: 'paused',
    summary: 'QEMU does not run the guest: odd',
  });
});

t.test('a QEMU that ends while it is asked', async (t) => {
  let end: (stderr: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const stop = (): never => {
    end('gone');
    throw new Error('QEMU closed its control connection');
  };
  const found = await diagnose(made({ ...IDLE, stop }, { ended, control: DEAD }).machine, LIMITS);
  t.match(found, { kind: 'qemu-ended', summary: 'QEMU ended: gone' });
});

t.test('a guest that spins: named by what the kernel says to an NMI', async (t) => {
  const nmi = read('nmi-spin.log').trimEnd().split('\n');
  const guest = made(
    { ...SPIN, 'inject-nmi': () => setTimeout(() => guest.print(...nmi), 5) && {} },
    { control: DEAD },
  );
  const found = await diagnose(guest.machine, LIMITS);
  t.match(found, {
    kind: 'frozen-spinning',
    summary: 'CPU 0 spins with interrupts off in dg_deadlock',
    nmiStartByte: 1000,
  });
  for (const line of [
    'the control port did not answer within 40 ms',
    'CPU 0: spinning; interrupts off 6/6, halted 0/6; queued_spin_lock_slowpath 6×',
    '  ? ret_from_fork_asm',
    'an NMI was injected at byte 1000 of the console; the kernel said:',
    `  ${nmi[0]}`,
    `  ${nmi.at(-1)}`,
  ])
    t.ok(found.evidence.includes(line), line);
  const count = (name: string): number => guest.sent.filter((one) => one === name).length;
  t.equal(count('stop'), count('cont'));
  t.equal(count('inject-nmi'), 1);
});

t.test('a guest that spins and says nothing: named by System.map, or by address', async (t) => {
  const named = await diagnose(made(SPIN, { control: DEAD }).machine, LIMITS);
  t.equal(named.summary, 'CPU 0 spins with interrupts off in queued_spin_lock_slowpath');
  t.equal(named.nmiStartByte, 1000);
  const { symbolise: _, ...bare } = made(SPIN, { control: DEAD }).machine;
  t.equal((await diagnose(bare, LIMITS)).summary, 'CPU 0 spins with interrupts off in 0xffffffff819582ba');
  const refused = await diagnose(
    made({ ...SPIN, 'inject-nmi': new Error('no such thing') }, { control: DEAD }).machine,
    LIMITS,
  );
  t.equal(refused.nmiStartByte, null, 'there was no NMI');
  t.match(refused.evidence.at(-1), /^QEMU refused to inject an NMI/);
});

t.test('a second CPU that spins gets no NMI: the first would take it', async (t) => {
  const guest = made(SECOND_SPINS, { control: DEAD });
  const found = await diagnose(guest.machine, LIMITS);
  t.match(found, {
    kind: 'frozen-spinning',
    summary: 'CPU 1 spins with interrupts off in queued_spin_lock_slowpath',
    nmiStartByte: null,
  });
  t.notOk(guest.sent.includes('inject-nmi'));
});

t.test('a guest that is halted for good', async (t) => {
  const halted = { 'info registers -a': read('registers-halt.txt') };
  const found = await diagnose(made(halted, { control: DEAD }).machine, LIMITS);
  t.match(found, {
    kind: 'frozen-halted',
    summary: 'CPU 0 is halted with interrupts off in 0xfffff021',
  });
  t.ok(found.evidence.includes('CPU 1: never started by the guest'));
});

t.test('a guest that only looks frozen', async (t) => {
  // It prints with interrupts off, which takes long on a serial line.
  const printing = made(
    { ...SPIN, 'info registers -a': () => printing.print('.') ?? read('registers-spin.txt') },
    { control: DEAD },
  );
  const found = await diagnose(printing.machine, LIMITS);
  t.equal(found.kind, 'no-userspace');
  t.ok(found.evidence.includes('the console printed 12 bytes meanwhile'));
  // Interrupts are on again at the second series of looks.
  let looks = 0;
  const later = made(
    { 'info registers -a': () => read(++looks <= 3 ? 'registers-spin.txt' : 'registers-user.txt') },
    { control: DEAD },
  );
  t.equal((await diagnose(later.machine, LIMITS)).kind, 'no-userspace');
  // Its shell answers, late but in time.
  const slow: GuestControl = {
    ask: (_command, limitMs) => new Promise((resolve) => setTimeout(resolve, limitMs / 4, 'alive\n')),
  };
  t.equal((await diagnose(made(SPIN, { control: slow }).machine, LIMITS)).kind, 'server-dead');
});

t.test('a dead SSH in a living guest', async (t) => {
  const line = 'server 61 (dropbear) S 1 61 61 0 -1 4194560 wchan do_select';
  const answers = (command: string): string => (command.startsWith('echo') ? 'alive\n' : `${line}\n`);
  const guest = made(IDLE, { control: control(answers) });
  const found = await diagnose(guest.machine, LIMITS);
  t.match(found, {
    kind: 'server-dead',
    summary:
      "SSH does not answer, though the guest's shell does: dropbear (pid 61) is in state S in do_select",
    nmiStartByte: null,
  });
  t.ok(found.evidence.includes(line));
  t.notOk(guest.sent.includes('inject-nmi'));
  const terse = control((command) => (command.startsWith('echo') ? 'alive\n' : undefined));
  t.match((await diagnose(made(IDLE, { control: terse }).machine, LIMITS)).summary, /it does not say more$/);
  const agent = { label: 'the agent', comm: 'agent', log: '/run/agent.log' };
  const other = control((command) => (command.includes('tail -n 3 /run/agent.log') ? '' : 'alive\n'));
  t.equal(
    (await diagnose(made(IDLE, { control: other, server: agent }).machine, LIMITS)).summary,
    "the agent does not answer, though the guest's shell does: agent does not run",
  );
  t.equal(serverState(SSH_SERVER, 'some words\n'), 'dropbear does not run');
  const stuck = `${line}\n  [<0>] do_select+0x1\nserver 70 (dropbear) D 61 1 wchan i2c_del_adapter\n`;
  t.equal(serverState(SSH_SERVER, stuck), 'dropbear (pid 70) is in state D in i2c_del_adapter');
  t.equal(serverState(SSH_SERVER, 'server 7 (dropbear) R 1 1 wchan 0'), 'dropbear (pid 7) is in state R');
});

t.test('a guest whose programs do not answer', async (t) => {
  const broken: GuestControl = { ask: () => Promise.reject(new Error('broken')) };
  for (const port of [DEAD, broken]) {
    t.match(await diagnose(made(IDLE, { control: port }).machine, LIMITS), {
      kind: 'no-userspace',
      summary: "the guest's programs do not answer; the CPUs idle",
    });
  }
  const user = { 'info registers -a': read('registers-user.txt') };
  t.equal(
    (await diagnose(made(user, { control: DEAD }).machine, LIMITS)).summary,
    "the guest's programs do not answer; CPU 0 runs in a user program",
  );
  // Without another way in that would be a guess.
  t.match(await diagnose(made(IDLE).machine, LIMITS), {
    kind: 'server-dead',
    summary: 'SSH does not answer, and there is no control port to ask; the CPUs idle',
  });
});

t.test('an abort is thrown, at any step', async (t) => {
  for (const command of ['query-status', 'stop', 'info registers -a', 'cont', 'x', 'inject-nmi']) {
    const controller = new AbortController();
    const abort = (): Promise<never> => {
      controller.abort(new Interrupted('enough'));
      return never();
    };
    const { machine } = made({ ...SPIN, [command]: abort }, { control: DEAD });
    await t.rejects(diagnose(machine, { ...LIMITS, qmpMs: 20_000 }, controller.signal), {
      code: 'INTERRUPTED',
    });
  }
  await t.rejects(diagnose(made({}).machine, LIMITS, AbortSignal.abort(new Interrupted('before'))), /before/);
});

t.test('all of it takes no longer than it may', async (t) => {
  const limits = { ...LIMITS, qmpMs: 10_000, controlMs: 10_000, nmiMs: 10_000, totalMs: 150 };
  for (const answers of [
    { 'query-status': 'silent' },
    { stop: 'silent' },
    { ...SPIN, 'inject-nmi': 'silent' },
    IDLE,
  ]) {
    const startedMs = monotonicMs();
    await diagnose(made(answers, { control: DEAD }).machine, limits);
    t.ok(monotonicMs() - startedMs < 2000, Object.keys(answers)[0] ?? '');
  }
});
