/** The kernel's own tests as cases: what is asked of the guest, and why a case is a skip. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { adapters } from '../adapter/index.ts';
import { repositoryRoot, runCommand, tryCommand } from '../base/index.ts';
import type { GuestProcess } from '../guest/index.ts';
import { timeLimits } from '../machine/index.ts';
import type { KunitCase, RemovalCase, SelftestCase } from '../suite/index.ts';
import { EventLog } from './event-log.ts';
import { LIST_PROCESSES, parseStat, processTree } from './guest-processes.ts';
import { kunitParameters, kunitRecord } from './kunit.ts';
import { selftestCommand, selftestLimitMs, startLine } from './selftest.ts';
import { whySkipped } from './skip.ts';

const KUNIT: KunitCase = { kind: 'kunit', name: 'kunit/x_test', suite: 'x_test', symbols: ['X_KUNIT_TEST'] };
const SELFTEST: SelftestCase = {
  kind: 'selftest',
  name: 'selftest/gpio/gpio-sim.sh',
  collection: 'gpio',
  program: 'gpio-sim.sh',
  symbols: ['GPIO_SIM'],
  timeoutMs: null,
};

t.test('what a kernel or its source lacks makes a skip that names it', async (t) => {
  const why = (
    testCase: KunitCase | SelftestCase | RemovalCase,
    symbols: readonly string[],
    selftests: Readonly<Record<string, readonly string[]>> = {},
    functions: readonly string[] = [],
  ): string | null =>
    whySkipped(testCase, {
      kernel: {
        key: '',
        release: '',
        hasSymbol: (symbol) => symbols.includes(symbol),
        hasFunction: (name) => functions.includes(name),
      },
      selftests: new Map(Object.entries(selftests)),
    });
  t.equal(why(KUNIT, []), 'the kernel lacks CONFIG_KUNIT, CONFIG_X_KUNIT_TEST');
  t.equal(why(KUNIT, ['KUNIT']), 'the kernel lacks CONFIG_X_KUNIT_TEST');
  t.equal(why(KUNIT, ['KUNIT', 'X_KUNIT_TEST']), null);
  t.equal(why(SELFTEST, []), 'the kernel lacks CONFIG_GPIO_SIM');
  t.equal(why(SELFTEST, ['GPIO_SIM']), "the kernel's source has no tools/testing/selftests/gpio");
  t.equal(
    why(SELFTEST, ['GPIO_SIM'], { gpio: ['gpio-chip-info'] }),
    "the kernel's source has no tools/testing/selftests/gpio/gpio-sim.sh",
  );
  t.equal(why(SELFTEST, ['GPIO_SIM'], { gpio: ['gpio-sim.sh'] }), null);
  for (const { name, deviceClass, requiredSymbols, requiredFunctions } of adapters) {
    const removal = {
      kind: 'removal',
      name,
      adapter: name,
      deviceClass,
      hold: 't0-idle',
      removal: 'sysfs_unbind',
    } as const;
    t.equal(why(removal, requiredSymbols, {}, requiredFunctions), null);
    t.equal(why(removal, [], {}, requiredFunctions) === null, requiredSymbols.length === 0);
  }
  t.throws(() =>
    why({ kind: 'removal', name: 'x', adapter: 'x', deviceClass: '', hold: '', removal: '' }, []),
  );
});

t.test('what is asked', async (t) => {
  t.same(kunitParameters(KUNIT), ['kunit.enable=1', 'kunit.autorun=1', 'kunit.filter_glob=x_test']);
  t.match(kunitRecord(KUNIT, 'never'), {
    output: 'console.log',
    endedBy: 'never',
    asked: /filter_glob=x_test$/,
  });
  t.equal(selftestCommand(SELFTEST), 'cd /unplug/selftests/gpio && ./gpio-sim.sh');
  t.equal(
    startLine(SELFTEST),
    'cd /unplug/selftests/gpio && echo unplug-pid $$ && export PATH=$PATH:/unplug/selftest-tools && exec ./gpio-sim.sh </dev/null 2>&1',
  );
  t.equal(selftestLimitMs(SELFTEST, timeLimits(2)), 240_000);
  t.equal(selftestLimitMs({ ...SELFTEST, timeoutMs: 5000 }, timeLimits(2)), 5000);
});

t.test('processes of a program', async (t) => {
  t.same(parseStat('7 (a) b (c)) S 3 7 7 0 -1'), { pid: 7, comm: 'a) b (c)', parent: 3 });
  for (const text of ['', 'x', '7 a S 3', '7 (a', 'x (a) S 3', '(a) S 3', '7 (a) S x'])
    t.equal(parseStat(text), undefined);
  const stat = (pid: number, parent: number) => ({ pid, parent, comm: `c${pid}` });
  const all = [stat(1, 0), stat(5, 1), stat(7, 6), stat(6, 5), stat(8, 5), stat(9, 1)];
  t.same(
    processTree(all, 5).map(({ pid }) => pid),
    [5, 6, 8, 7],
  );
  t.same(processTree(all, 99), []);
  t.equal(processTree([stat(5, 5), stat(6, 5)], 5).length, 2);
});

t.test(
  'the list of processes, by the shell of the guest',
  { skip: !existsSync('/bin/busybox') },
  async (t) => {
    const { stdout } = await runCommand({ argv: ['/bin/busybox', 'sh', '-c', LIST_PROCESSES] });
    const stats = stdout
      .toString()
      .split('\n')
      .flatMap((line) => parseStat(line) ?? []);
    t.match(
      stats.find(({ pid }) => pid === process.pid),
      { parent: process.ppid },
    );
  },
);

t.test('output is kept line by line, and not without end', async (t) => {
  let print: (line: string) => void = () => undefined;
  const program = {
    onLine: (listener: (line: string) => void) => {
      print = listener;
    },
  } as GuestProcess;
  const log = new EventLog(performance.now());
  log.recordOutput(program, 'unplug-pid');
  for (const line of ['unplug-pid 7', 'TAP version 13', '', '{"ev":"held","t":1}', 'x'.repeat(5000)])
    print(line);
  t.match(
    log.events.map((event) => [event.ev, event.source, 'text' in event ? event.text.length : -1]),
    [
      ['output', 'selftest', 14],
      ['output', 'selftest', 0],
      ['output', 'selftest', 19],
      ['output', 'selftest', 2000],
    ],
  );
  for (let line = 0; line < 30_000; line++) print('again');
  t.equal(log.events.length, 20_001);
  t.match(log.events.at(-1), { text: /^unplug: more than 20000 lines/ });
});

t.test('the tools of the guest', { skip: !existsSync('/bin/busybox') }, async (t) => {
  const tools = join(repositoryRoot, 'guest', 'selftest-tools');
  const code = async (...argv: string[]): Promise<number | null> =>
    (await tryCommand({ argv: ['/bin/busybox', 'sh', ...argv] })).code;
  t.equal(await code(join(tools, 'mountpoint'), '-q', '/proc'), 0);
  t.equal(await code(join(tools, 'mountpoint'), '/proc/'), 0);
  t.equal(await code(join(tools, 'mountpoint'), '-q', '/'), 0);
  t.equal(await code(join(tools, 'mountpoint'), '-q', '/proc/sys/kernel'), 1);
  t.equal(await code(join(tools, 'mountpoint'), '-q'), 1);
  for (const name of ['prepare', 'mountpoint', 'bash']) {
    t.match(readFileSync(join(tools, name), 'utf8'), /^#!\/bin\/busybox sh\n/);
    t.equal(await code('-n', join(tools, name)), 0);
  }
});
