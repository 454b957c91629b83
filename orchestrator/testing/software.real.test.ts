/** Adapters of software in a real guest: each is plugged, and removed with nothing held; nothing must be found. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { type Adapter, adapters, parsePlugFacts, type RemovalName } from '../adapter/index.ts';
import { CleanupStack } from '../base/index.ts';
import { type CaseEnvironment, removingProgram } from '../case/index.ts';
import { AgentShell, guestPaths, runInGuest } from '../guest/index.ts';
import { cloneMachine } from '../machine/index.ts';
import { parseConsole } from '../oops/index.ts';
import { prepareBaseline, temporaryFolder } from './baseline.ts';

/** Classes whose files stay when the device goes: they are a consumer's. */
const STAYS: readonly string[] = ['gpio-consumer', 'i2c-transfer'];

interface Result {
  readonly adapter: string;
  readonly removal: RemovalName;
  /** What failed; null: nothing. */
  readonly failure: string | null;
  readonly reports: readonly string[];
}

/** Of several removals the last one: rmmod where there is one, which unloads what the others would leave. */
function removalOf(adapter: Adapter): RemovalName {
  return Object.keys(adapter.removals).at(-1) as RemovalName;
}

async function plugAndRemove(
  { template, timeLimits: limits }: CaseEnvironment,
  adapter: Adapter,
  removal: RemovalName,
  directory: string,
): Promise<Result> {
  const name = `${adapter.name}/${adapter.deviceClass}`;
  const consolePath = join(directory, `${adapter.name}-${adapter.deviceClass}.log`);
  let failure: string | null = null;
  if (template === undefined) throw new Error('no template');
  {
    await using cleanup = new CleanupStack();
    const machine = cleanup.use('machine', await cloneMachine(template, consolePath, { name, limits }));
    const shell = cleanup.use('agent', new AgentShell(machine.agent));
    const run = async (script: string): Promise<string> => {
      const { code, stdout, stderr } = await runInGuest(shell, `set -e\n${script}`, limits.plugMs);
      if (code !== 0) throw new Error(`${stdout}${stderr}`.trim() || `ended with ${code}`);
      return stdout;
    };
    try {
      const facts = parsePlugFacts(name, await run(adapter.plug));
      await run(`test -e ${facts.device}`);
      const action = adapter.removals[removal]?.(facts);
      if (action === undefined) throw new Error('no removal');
      const [program, args] = removingProgram(action);
      const said = await run([`${guestPaths.programs}/${program}`, ...args].join(' '));
      if (/"errno":"|"ev":"fault"/.test(said)) throw new Error(said);
      if (!STAYS.includes(adapter.deviceClass)) await run(`test ! -e ${facts.device}`);
    } catch (error) {
      failure = String(error);
    }
  }
  const reports = parseConsole(await readFile(consolePath)).map(({ title }) => title);
  return { adapter: name, removal, failure, reports };
}

t.test('each adapter of software is plugged, and removed with nothing held', async (t) => {
  const directory = await temporaryFolder(t);
  await using cleanup = new CleanupStack();
  const environment = await prepareBaseline(cleanup);
  const software = adapters.filter(
    ({ host, deviceClass, requiredSymbols }) =>
      host === undefined &&
      deviceClass !== 'fixture' &&
      requiredSymbols.every((symbol) => environment.kernel.hasSymbol(symbol)),
  );
  const missing = adapters.filter(({ requiredSymbols }) =>
    requiredSymbols.some((symbol) => !environment.kernel.hasSymbol(symbol)),
  );
  t.same(
    missing.map(({ name }) => name),
    [],
    'the kernel has every driver',
  );
  for (const adapter of software) {
    const result = await plugAndRemove(environment, adapter, removalOf(adapter), directory);
    const { adapter: name, removal, failure, reports } = result;
    t.equal(failure, null, `${name} ${removal}`);
    t.same(reports, [], `${name} ${removal}: no kernel report`);
  }
});
