/** Finds and reads suites, and works out which cases are meant. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { exists, repositoryRoot, suggestNames, UsageError } from '../base/index.ts';
import { catalogue } from '../case/index.ts';
import { kernelConfigsDirectory, loadVariants } from '../kernel/index.ts';
import { type Case, type Expansion, expand, parseSuite, type Suite, selectCases } from '../suite/index.ts';

/** A suite with its cases. */
export interface LoadedSuite {
  readonly suite: Suite;
  readonly expansion: Expansion;
  readonly selected: readonly Case[];
}

const SUITES = join(repositoryRoot, 'suites');

/** Names of the suites in the repository. */
export async function suiteNames(): Promise<string[]> {
  return (await readdir(SUITES))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * Reads a suite named by its file, or by its name in `suites/`.
 * @throws UsageError with the nearest names; ConfigError with file:line:column
 */
export async function loadSuite(
  named: string,
  globs: readonly string[],
  kernelConfigs: string = kernelConfigsDirectory,
): Promise<LoadedSuite> {
  const variants = Object.keys((await loadVariants(kernelConfigs)).value.variants);
  const path = await findSuite(named);
  const fromRoot = relative(repositoryRoot, path);
  // As it is given in the repository, so that the command that reproduces a case can be pasted there.
  const shown = fromRoot.startsWith('..') ? path : fromRoot;
  const known = catalogue();
  const suite = parseSuite(await readFile(path, 'utf8'), shown, { catalogue: known, variants });
  const expansion = expand(suite, known);
  return { suite, expansion, selected: selectCases(expansion, globs) };
}

async function findSuite(named: string): Promise<string> {
  const candidates = [resolve(named), resolve(repositoryRoot, named), join(SUITES, `${named}.yaml`)];
  for (const candidate of candidates) {
    if (candidate.endsWith('.yaml') && (await exists(candidate))) return candidate;
  }
  throw new UsageError(`unknown suite '${named}'`, {
    hint: suggestNames(named.replace(/^.*\//, '').replace(/\.yaml$/, ''), await suiteNames()),
  });
}
