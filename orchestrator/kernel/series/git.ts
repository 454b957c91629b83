/** git, without whatever the user's environment would make of it. */
import { type CommandResult, InfraError, type runCommand, tryCommand } from '../../base/index.ts';

/** A call of git. */
export interface GitCall {
  readonly directory: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** The environment without any `GIT_*`: a hook or alias that starts unplug sets GIT_DIR and its like. */
function withoutGit(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
}

/**
 * For repositories of ours: no configuration, attributes or hooks but our own, and a fixed committer, so that the same
 * patches make the same commits everywhere.
 */
export function ownGitEnvironment(): NodeJS.ProcessEnv {
  return {
    ...withoutGit(),
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_EDITOR: 'true',
    GIT_COMMITTER_NAME: 'unplug',
    GIT_COMMITTER_EMAIL: 'unplug@localhost',
    GIT_COMMITTER_DATE: '1970-01-01T00:00:00Z',
    GIT_AUTHOR_NAME: 'unplug',
    GIT_AUTHOR_EMAIL: 'unplug@localhost',
    GIT_AUTHOR_DATE: '1970-01-01T00:00:00Z',
  };
}

/** For the user's repositories: read only, not even the index is refreshed; nothing is asked, nothing is watched. */
export function readOnlyGitEnvironment(): NodeJS.ProcessEnv {
  return { ...withoutGit(), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' };
}

/** Runs git to its end, whatever its exit code. @throws what `signal` was aborted with; InfraError without git */
export async function tryGit(call: GitCall): Promise<CommandResult> {
  const result = await tryCommand(specOf(call));
  if (result.code === 127) throw noGit();
  return result;
}

/** Runs git, which must succeed. @throws InfraError with what it said */
export async function runGit(call: GitCall): Promise<CommandResult> {
  const result = await tryGit(call);
  return result.code === 0 ? result : runFailed(call, result);
}

function runFailed({ args }: GitCall, { code, signal, stderr }: CommandResult): never {
  throw new InfraError(`git ${args[0]} ended with ${signal ?? `exit code ${code}`}`, {
    detail: stderr.trim().split('\n').slice(-15).join('\n'),
  });
}

function specOf({ directory, args, env, input, signal }: GitCall): Parameters<typeof runCommand>[0] {
  return {
    argv: ['git', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...args],
    cwd: directory,
    env: env ?? ownGitEnvironment(),
    ...(input === undefined ? {} : { input }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function noGit(): InfraError {
  return new InfraError('git is not installed', { hint: 'apt-get install git' });
}
