/**
 * git, as it reads other people's repositories: it takes no lock there, runs nothing that the repository names, and
 * fetches nothing into it. What needs an index or a working tree happens in a bare repository of ours, which sees the
 * other one's objects (objects/info/alternates, gitrepository-layout(5)) and none of its settings.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, InfraError, makeTemporaryDirectory, tryCommand } from '../base/index.ts';

/** Variables that lead git to another repository than the one that is named (git rev-parse --local-env-vars). */
const LOCAL_VARIABLES = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_CONFIG',
  'GIT_SHALLOW_FILE',
  'GIT_GRAFT_FILE',
];

function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !LOCAL_VARIABLES.includes(name));
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...more,
  };
}

/** Runs a reading command in somebody's repository, whatever its exit code. */
export async function gitIn(
  directory: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<CommandResult> {
  return tryCommand({
    // A file system monitor is a program of the repository's choice.
    argv: ['git', '-C', directory, '-c', 'core.fsmonitor=false', ...args],
    env: environment({}),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A bare repository of ours; disposing it removes it. */
export interface OwnRepository extends AsyncDisposable {
  /** Runs a command in it, whatever its exit code. */
  run(args: readonly string[], more?: OwnCommand): Promise<CommandResult>;
}

/** Where a command of {@link OwnRepository} works. */
export interface OwnCommand {
  readonly workTree?: string;
  readonly input?: string;
}

/**
 * Makes a bare repository.
 * @param objects folder of objects that it can read
 * @param objectFormat `sha1` or `sha256`; the same as that of `objects`
 * @throws InfraError when git fails
 */
export async function ownRepository(
  signal?: AbortSignal,
  objects?: string,
  objectFormat = 'sha1',
): Promise<OwnRepository> {
  const temporary = await makeTemporaryDirectory('git');
  const gitDirectory = join(temporary.path, 'repository');
  const run: OwnRepository['run'] = (args, { workTree, input } = {}) =>
    tryCommand({
      argv: ['git', '-c', 'core.attributesFile=/dev/null', '-c', 'core.excludesFile=/dev/null', ...args],
      env: environment({
        GIT_DIR: gitDirectory,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_ATTR_NOSYSTEM: '1',
        ...(workTree === undefined ? {} : { GIT_WORK_TREE: workTree }),
      }),
      ...(workTree === undefined ? {} : { cwd: workTree }),
      ...(input === undefined ? {} : { input }),
      ...(signal === undefined ? {} : { signal }),
    });
  try {
    const init = await run(['init', '--quiet', '--bare', '--template=', `--object-format=${objectFormat}`]);
    if (init.code !== 0) throw new InfraError("git can't make a repository", { detail: init.stderr.trim() });
    await mkdir(join(gitDirectory, 'info'), { recursive: true });
    await mkdir(join(gitDirectory, 'objects/info'), { recursive: true });
    // Files come out as they are stored, whatever attributes the tree gives them (gitattributes(5): this file wins).
    await writeFile(join(gitDirectory, 'info/attributes'), '* -text -ident -filter -working-tree-encoding\n');
    if (objects !== undefined) await writeFile(join(gitDirectory, 'objects/info/alternates'), `${objects}\n`);
  } catch (error) {
    await temporary[Symbol.asyncDispose]();
    throw error;
  }
  return { run, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}
