/** Compiles a configured kernel in its build folder. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs, type Progress, remainingTime, writeFileAtomic } from '../base/index.ts';
import type { BuildContext } from './configure.ts';
import { makeArgv, makeEnvironment } from './make-command.ts';
import { MakeProgress } from './make-output.ts';
import { periodically } from './periodically.ts';
import { runMake } from './run-make.ts';

/** What a build folder is good for: `prepared` is enough for modules. */
export type BuildState = 'none' | 'prepared' | 'built';

const STATE_FILE = '.unplug-state';
/** Log of the compilation, in the build folder. */
export const BUILD_LOG = 'unplug-build.log';
/** Objects of a sanitize build of 6.12.117 (counted): the estimate until the cache has a count of its own. */
const FIRST_ESTIMATE = 1220;

/**
 * Compiles bzImage and modules; goes on from what an interrupted build left.
 * @param countsFile where the number of objects of each profile is kept, for the next estimate
 * @throws BuildError with the first error; what the signal was aborted with
 */
export async function compileKernel(
  context: BuildContext,
  options: { readonly profile: string; readonly countsFile: string; readonly progress: Progress },
): Promise<void> {
  const { layout, what, cpus, ccacheDirectory, signal } = context;
  const { progress, profile, countsFile } = options;
  await forgetState(layout.buildDirectory);
  const counts = await readCounts(countsFile);
  const before = await countObjects(layout.buildDirectory);
  const total = Math.max(counts[profile] ?? FIRST_ESTIMATE, before);
  const made = new MakeProgress();
  const startedMs = monotonicMs();
  const say = (): void => {
    const done = Math.min(before + made.objects, total);
    const left = remainingTime(done - before, total - before, monotonicMs() - startedMs);
    const state = made.step || `${done} of about ${total} objects`;
    progress.update(`${what}: ${[state, made.step ? '' : left].filter(Boolean).join(', ')}`);
  };
  try {
    await periodically(
      () =>
        runMake({
          argv: makeArgv(layout, ['bzImage', 'modules'], cpus),
          env: makeEnvironment(ccacheDirectory),
          what,
          logFile: join(layout.buildDirectory, BUILD_LOG),
          directory: layout.buildDirectory,
          onOutput: (chunk) => made.feed(chunk),
          ...(signal === undefined ? {} : { signal }),
        }),
      say,
    );
  } finally {
    progress.clear();
  }
  const counted = await countObjects(layout.buildDirectory);
  await writeFileAtomic(countsFile, `${JSON.stringify({ ...counts, [profile]: counted })}\n`);
  await rememberState(layout.buildDirectory, 'built');
}

/**
 * Makes a configured build folder fit for building modules, without compiling the kernel.
 * @param symvers the kernel's Module.symvers, which `modules_prepare` does not make (Documentation/kbuild/modules.rst)
 */
export async function prepareForModules(context: BuildContext, symvers: Uint8Array): Promise<void> {
  const { layout, what, cpus, ccacheDirectory, signal } = context;
  await forgetState(layout.buildDirectory);
  await runMake({
    argv: makeArgv(layout, ['modules_prepare'], cpus),
    env: makeEnvironment(ccacheDirectory),
    what: `${what}, modules_prepare`,
    logFile: join(layout.buildDirectory, 'unplug-prepare.log'),
    directory: layout.buildDirectory,
    ...(signal === undefined ? {} : { signal }),
  });
  await writeFileAtomic(join(layout.buildDirectory, 'Module.symvers'), symvers);
  await rememberState(layout.buildDirectory, 'prepared');
}

/** What a build folder is good for at the moment. */
export async function buildState(buildDirectory: string): Promise<BuildState> {
  const text = await readFile(join(buildDirectory, STATE_FILE), 'utf8').catch(() => 'none');
  return text === 'built' || text === 'prepared' ? text : 'none';
}

async function rememberState(buildDirectory: string, state: BuildState): Promise<void> {
  await writeFileAtomic(join(buildDirectory, STATE_FILE), state);
}

async function forgetState(buildDirectory: string): Promise<void> {
  await rm(join(buildDirectory, STATE_FILE), { force: true });
}

/** Object files below a build folder. Links are not followed: `source` in it points to its own parent. */
async function countObjects(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  let count = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.o')).length;
  for (const entry of entries) {
    if (entry.isDirectory()) count += await countObjects(join(directory, entry.name));
  }
  return count;
}

async function readCounts(file: string): Promise<Readonly<Record<string, number>>> {
  try {
    const counts = Object.entries(JSON.parse(await readFile(file, 'utf8')) as object);
    return Object.fromEntries(counts.filter(([, count]) => Number.isSafeInteger(count) && count > 0));
  } catch {
    return {};
  }
}
