/** Makes the `.config` of a build: tinyconfig, the asked-for symbols, olddefconfig, and the survival check. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError, InfraError, type Progress, tryCommand } from '../base/index.ts';
import { type AskedSymbol, configLine } from './fragment.ts';
import { type Kconfig, readKconfig, treeReader } from './kconfig.ts';
import { kernelVersion } from './kernel-version.ts';
import { describeLeftOut, type SortedSymbols, sortKnown, unknownSymbols } from './known-symbols.ts';
import { type BuildLayout, makeArgv, makeEnvironment } from './make-command.ts';
import { runMake } from './run-make.ts';
import { requireSurvival } from './survival.ts';
import { type FinalConfig, readFinalConfig } from './symbols.ts';

/** What configuring and building share. */
export interface BuildContext {
  readonly layout: BuildLayout;
  /** For messages: `kernel baseline`. */
  readonly what: string;
  readonly ccacheDirectory: string;
  readonly cpus: number;
  /** The source, for messages; its version when absent. */
  readonly sourceDescription?: string;
  /** To be told which symbols a source need not know, and does not. */
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What was asked for, beside the `.config` that came of it. */
export const ASKED_FILE = 'unplug-asked.config';

/** What came of configuring. */
export interface Configured {
  readonly config: FinalConfig;
  /** Symbols that this source does not know, and that by their marks it need not. */
  readonly leftOut: readonly AskedSymbol[];
}

/**
 * Writes `.config` into the build folder. A folder that has the one for these symbols keeps it, and with it all
 * timestamps, so that an interrupted build goes on.
 * @throws BuildError when the source does not know a symbol that it has to know, and when a symbol does not survive,
 * naming it and what it lacks
 */
export async function configure(context: BuildContext, asked: readonly AskedSymbol[]): Promise<Configured> {
  const { buildDirectory, sourceDirectory } = context.layout;
  const config = join(buildDirectory, '.config');
  const askedFile = join(buildDirectory, ASKED_FILE);
  // A second of reading, against minutes of building.
  const kconfig = await readKconfig(treeReader(sourceDirectory));
  const { wanted, leftOut } = await sort(context, asked, kconfig);
  const askedText = `${wanted.map(configLine).join('\n')}\n`;
  await mkdir(buildDirectory, { recursive: true });
  if ((await readText(askedFile)) !== askedText || (await readText(config)) === undefined) {
    await make(context, 'tinyconfig');
    await merge(context, askedText);
    await make(context, 'olddefconfig');
  }
  const final = await readFinalConfig(config);
  requireSurvival(wanted, final, kconfig);
  await writeFile(askedFile, askedText);
  return { config: final, leftOut };
}

async function sort(
  { what, layout, sourceDescription, progress }: BuildContext,
  asked: readonly AskedSymbol[],
  kconfig: Kconfig,
): Promise<SortedSymbols> {
  if (unknownSymbols(asked, kconfig).length === 0) return { wanted: asked, leftOut: [] };
  const { version, release } = await kernelVersion(layout.sourceDirectory);
  const description = sourceDescription ?? `kernel ${version}`;
  const sorted = sortKnown(asked, kconfig, { description, release });
  progress?.info(`${what}: left out, because ${description} has none: ${describeLeftOut(sorted.leftOut)}`);
  return sorted;
}

/** Puts a finished `.config` into the build folder as it is. */
export async function restoreConfig(context: BuildContext, configText: string): Promise<void> {
  await mkdir(context.layout.buildDirectory, { recursive: true });
  await writeFile(join(context.layout.buildDirectory, '.config'), configText);
  await make(context, 'olddefconfig');
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
