/**
 * Clones: that they leave nothing behind, judge as boots do, and that a template that is damaged is made again. The
 * counts are those of the full test; npm test takes a few of each.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CleanupStack } from '../base/index.ts';
import { type CaseEnvironment, runCase } from '../case/index.ts';
import { AgentShell, runInGuest } from '../guest/index.ts';
import { cloneMachine, type Template } from '../machine/index.ts';
import { parseConsole } from '../oops/index.ts';
import { judgeConsole, type VerdictRecord } from '../verdict/index.ts';
import { PASSING_CASE, prepareBaseline, temporaryFolder } from './baseline.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const IDLE_CLONES = FULL ? 100 : 5;
const CASE_CLONES = FULL ? 50 : 3;
const CASE_BOOTS = FULL ? 20 : 1;
/** What a JavaScript heap and its caches may grow by beyond the first tenth of the clones. */
const GROWTH_LIMIT_MIB = 40;

/** Entries of a folder of /proc, or of a temporary folder, that are ours. */
function count(folder: string, pattern: RegExp): number {
  return readdirSync(folder).filter((name) => pattern.test(name)).length;
}

const open = (): number => count('/proc/self/fd', /./);
const temporaries = (): number => count(tmpdir(), new RegExp(`^unplug-${process.pid}-qemu`));
const children = (): number =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return new RegExp(`\\) [^Z] ${process.pid} `).test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      } catch {
        return false;
      }
    }).length;
/** Sockets of this process that listen (state 0A): the tables are those of the whole machine (proc_net_tcp(5)). */
const listening = (): number => {
  const own = new Set(
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6']
    .flatMap((name) => readFileSync(`/proc/self/net/${name}`, 'latin1').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && own.has(fields[9] ?? '')).length;
};

function templateOf({ template }: CaseEnvironment): Template {
  if (template === undefined) throw new Error('no template');
  return template;
}

t.test(`${IDLE_CLONES} idle clones in a row: no report, nothing left, memory flat`, async (t) => {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const directory = await temporaryFolder(t);
  const template = templateOf(environment);
  const before = { open: open(), temporaries: temporaries(), children: children(), listening: listening() };
  const residentMiB: number[] = [];
  for (let index = 0; index < IDLE_CLONES; index++) {
    const consolePath = join(directory, 'console.log');
    {
      await using machine = await cloneMachine(template, consolePath, {
        name: 'idle',
        limits: environment.timeLimits,
      });
      t.equal(await machine.control.ask('echo alive', machine.limits.commandMs), 'alive\n');
    }
    t.same(parseConsole(await readFile(consolePath)), [], 'no kernel report');
    residentMiB.push(process.memoryUsage().rss / 2 ** 20);
  }
  t.same(
    { open: open(), temporaries: temporaries(), children: children(), listening: listening() },
    before,
    'no process, descriptor, socket or folder is left',
  );
  const warm = residentMiB[Math.floor(IDLE_CLONES / 10)] ?? 0;
  const last = residentMiB.at(-1) ?? 0;
  t.ok(last - warm < GROWTH_LIMIT_MIB, `resident memory ${warm.toFixed(0)} MiB, then ${last.toFixed(0)} MiB`);
});

t.test(`a case gives the same verdict in ${CASE_CLONES} clones and ${CASE_BOOTS} boots`, async (t) => {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const directory = await temporaryFolder(t);
  const judge = async (one: CaseEnvironment): Promise<VerdictRecord> => {
    const { record, events } = await runCase(one, naive, directory);
    t.equal(record.machine?.origin, one.template === undefined ? 'boot' : 'clone');
    return judgeConsole(record, events, await readFile(join(directory, 'console.log')));
  };
  const naive = {
    ...PASSING_CASE,
    name: 'fixture-naive/fixture/t0-idle/sysfs_unbind',
    adapter: 'fixture-naive',
  };
  const seen = new Map<string, number>();
  for (const [boots, one] of [
    [CASE_CLONES, environment],
    [CASE_BOOTS, { ...environment, template: undefined }],
  ] as const) {
    for (let index = 0; index < boots; index++) {
      const { verdict, title, userSaw } = await judge(one);
      const text = `${verdict}: ${title}, user saw ${userSaw}`;
      seen.set(text, (seen.get(text) ?? 0) + 1);
    }
  }
  t.same(
    [...seen],
    [
      [
        'crash: KASAN: slab-use-after-free Read in unplug_fixture_ioctl, user saw success',
        CASE_CLONES + CASE_BOOTS,
      ],
    ],
  );
});

t.test('a template that was cut short or changed is made again, and that is said', async (t) => {
  await using cleanup = new CleanupStack();
  const { directory, state, memory } = templateOf(await prepareBaseline(cleanup));
  const spare = join(await temporaryFolder(t), 'template');
  await cp(directory, spare, { recursive: true });
  const damage: Readonly<Record<string, () => Promise<unknown>>> = {
    'state has \\d+ bytes instead of': () => truncate(state, 1000),
    'memory has changed': async () => writeFile(memory, 'x', { flag: 'r+' }),
  };
  for (const [problem, act] of Object.entries(damage)) {
    await act();
    const said: string[] = [];
    const again = await prepareBaseline(cleanup, { say: (message) => said.push(message) });
    t.match(said.join('\n'), new RegExp(`template of baseline: .*${problem}.*; it is made again`));
    t.equal(templateOf(again).made, true);
    const { record, events } = await runCase(again, PASSING_CASE, spare);
    t.equal(judgeConsole(record, events, await readFile(join(spare, 'console.log'))).verdict, 'pass');
  }
});

t.test('clones that are reseeded draw numbers of their own, also with memory to share', async (t) => {
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const consolePath = join(await temporaryFolder(t), 'console.log');
  const template = templateOf(environment);
  const draw = async (seed: string, sharedMemory: boolean): Promise<string> => {
    await using machine = await cloneMachine(
      { ...template, spec: { ...template.spec, sharedMemory } },
      consolePath,
      { name: 'random', limits: environment.timeLimits },
    );
    const { stdout } = await runInGuest(
      new AgentShell(machine.agent),
      `/unplug/bin/prepare ${seed} >/dev/null && /bin/busybox head -c 16 /dev/urandom | /bin/busybox hexdump`,
      machine.limits.commandMs,
    );
    t.match(stdout, /^0000000( [0-9a-f]{4}){8}\n/);
    return stdout;
  };
  // On a quiet host clones without a seed draw the same. The time of an interrupt can change that; a seed always does.
  const drawn = [
    await draw(`--seed ${'01'.repeat(32)}`, false),
    await draw(`--seed ${'02'.repeat(32)}`, false),
    await draw(`--seed ${'03'.repeat(32)}`, true),
  ];
  t.equal(new Set(drawn).size, drawn.length);
});
