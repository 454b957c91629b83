/** Makes the `.config` of a build: tinyconfig, the asked-for symbols, olddefconfig, and the survival check. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError, InfraError, tryCommand } from '../base/index.ts';
import { type AskedSymbol, configLine } from './fragment.ts';
import { readKconfig, treeReader } from './kconfig.ts';
import { type BuildLayout, makeArgv, makeEnvironment } from './make-command.ts';
import { runMake } from './run-make.ts';
import { lostSymbols, requireSurvival } from './survival.ts';
import { type FinalConfig, readFinalConfig } from './symbols.ts';

/** What configuring and building share. */
export interface BuildContext {
  readonly layout: BuildLayout;
  /** For messages: `kernel baseline`. */
  readonly what: string;
  readonly ccacheDirectory: string;
  readonly cpus: number;
  readonly signal?: AbortSignal;
}

const ASKED_FILE = 'unplug-asked.config';

/**
 * Writes `.config` into the build folder. A folder that has the one for these symbols keeps it, and with it all
 * timestamps, so that an interrupted build goes on.
 * @throws BuildError when a symbol does not survive, naming it and what it lacks
 */
export async function configure(context: BuildContext, asked: readonly AskedSymbol[]): Promise<FinalConfig> {
  const { buildDirectory, sourceDirectory } = context.layout;
  const config = join(buildDirectory, '.config');
  const askedFile = join(buildDirectory, ASKED_FILE);
  const askedText = `${asked.map(configLine).join('\n')}\n`;
  await mkdir(buildDirectory, { recursive: true });
  if ((await readText(askedFile)) !== askedText || (await readText(config)) === undefined) {
    await make(context, 'tinyconfig');
    await merge(context, askedText);
    await make(context, 'olddefconfig');
  }
  const final = await requireAll(sourceDirectory, asked, config);
  await writeFile(askedFile, askedText);
  return final;
}

/** Puts a finished `.config` into the build folder as it is. */
export async function restoreConfig(context: BuildContext, configText: string): Promise<void> {
  await mkdir(context.layout.buildDirectory, { recursive: true });
  await writeFile(join(context.layout.buildDirectory, '.config'), configText);
  await make(context, 'olddefconfig');
}

/** Kconfig files are read only when something is lost: it takes a second. */
async function requireAll(
  source: string,
  asked: readonly AskedSymbol[],
  config: string,
): Promise<FinalConfig> {
  const final = await readFinalConfig(config);
  if (lostSymbols(asked, final).length > 0)
    requireSurvival(asked, final, await readKconfig(treeReader(source)));
  return final;
}

/** `scripts/kconfig/merge_config.sh`: the asked-for symbols replace those of tinyconfig. */
async function merge({ layout, signal, what }: BuildContext, askedText: string): Promise<void> {
  const fragment = join(layout.buildDirectory, '.unplug-merge.config');
  await writeFile(fragment, askedText);
  const script = join(layout.sourceDirectory, 'scripts/kconfig/merge_config.sh');
  const result = await tryCommand({
    argv: [
      'sh',
      script,
      '-m',
      '-Q',
      '-O',
      layout.buildDirectory,
      join(layout.buildDirectory, '.config'),
      fragment,
    ],
    cwd: layout.buildDirectory,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.code !== 0)
    throw new InfraError(`${what}: merge_config.sh failed`, { detail: result.stderr.trim() });
}

async function make(context: BuildContext, target: string): Promise<void> {
  const { layout, what, ccacheDirectory, cpus, signal } = context;
  if (/[\s:]/.test(layout.sourceDirectory)) {
    // The top Makefile: "source directory cannot contain spaces or colons".
    throw new BuildError(`${what}: Kbuild can't work in ${layout.sourceDirectory}`, {
      hint: 'point XDG_CACHE_HOME to a path without spaces and colons',
    });
  }
  await runMake({
    argv: makeArgv(layout, [target], cpus),
    env: makeEnvironment(ccacheDirectory),
    what: `${what}, ${target}`,
    logFile: join(layout.buildDirectory, `unplug-${target}.log`),
    directory: layout.buildDirectory,
    ...(signal === undefined ? {} : { signal }),
  });
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
