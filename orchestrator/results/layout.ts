/** Names of runs and of the folders and files in them. */
import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { commandLine } from '../base/index.ts';

/** `20261121-031500-quick-ab12`: UTC, so that names sort by time. */
const RUN_ID = /^\d{8}-\d{6}-[A-Za-z0-9][A-Za-z0-9_.+-]*-[0-9a-f]{4}$/;

/** The files of a case. */
export const CASE_FILES = {
  record: 'record.json',
  events: 'events.jsonl',
  console: 'console.log',
  verdict: 'verdict.json',
  reproduce: 'reproduce.sh',
} as const;

/** The file that makes a folder a run. */
export const RUN_FILE = 'run.json';

/** A new run's name. */
export function newRunId(suite: string, date: Date, random: string = randomBytes(2).toString('hex')): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  return `${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${suite}-${random}`;
}

/** Whether a folder's name is that of a run. */
export function isRunId(name: string): boolean {
  return RUN_ID.test(name);
}

/**
 * A case's folder below its run's; later runs of a case lie in that of the first.
 * @param repetition from 1
 * @throws RangeError for names that would lead out of the run's folder
 */
export function caseDirectory(variant: string, name: string, repetition = 1): string {
  const own = repetition === 1 ? [] : [`repeat-${repetition}`];
  const parts = [variant, ...name.split('/'), ...own];
  const bad = parts.find((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part));
  if (bad !== undefined || variant.includes('/'))
    throw new RangeError(`${variant}, ${name}: no name for a folder`);
  return ['cases', ...parts].join('/');
}

/**
 * Arguments of the command that runs one case again; `suite` as the user would give it in the repository.
 * @param variantOptions options that a variant of the command line was made from
 */
export function reproduceArguments(
  suite: string,
  variant: string,
  name: string,
  variantOptions: readonly string[] = [],
): readonly string[] {
  return ['./unplug', 'run', suite, ...variantOptions, '--variant', variant, '--case', name];
}

/** The command that runs one case again, to be pasted in the repository. */
export function reproduceCommand(
  suite: string,
  variant: string,
  name: string,
  variantOptions: readonly string[] = [],
): string {
  return commandLine(reproduceArguments(suite, variant, name, variantOptions));
}

/** reproduce.sh of a case: finds the repository from where it lies itself, so a checkout can be moved. */
export function reproduceScript(caseFolder: string, repositoryRoot: string, command: string): string {
  const up = relative(caseFolder, repositoryRoot) || '.';
  return `#!/bin/sh
# Runs this case again. More arguments are passed on, e.g. --repeat.
cd "$(dirname "$0")" && cd ${commandLine([up])} && exec ${command} "$@"
`;
}
