/** Reads runs back. What was written by another version, or was damaged, is said so with the place. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { exists, InfraError, messageOf, suggestNames, UsageError } from '../base/index.ts';
import {
  type CaseRecord,
  caseRecordSchema,
  type VerdictRecord,
  type WorkloadEvent,
  workloadEventSchema,
} from '../verdict/index.ts';
import { CASE_FILES, isRunId, RUN_FILE } from './layout.ts';
import type { RunRecord } from './run.ts';
import { runRecordSchema, verdictRecordSchema } from './schema.ts';

/** Names of all runs in a results folder, oldest first. A folder that is not there has none. */
export async function listRuns(results: string): Promise<readonly string[]> {
  const names = await readdir(results).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new InfraError(`can't read ${results}: ${error.message}`, { cause: error });
  });
  const runs: string[] = [];
  for (const name of names.filter(isRunId).sort())
    if (await exists(join(results, name, RUN_FILE))) runs.push(name);
  return runs;
}

/** The newest run's name, if there is any. */
export async function latestRun(results: string): Promise<string | undefined> {
  return (await listRuns(results)).at(-1);
}

/**
 * The folder of a run that the user named: by its name, the beginning of it if there is one such run only, the path of
 * its folder, or `latest`.
 * @throws UsageError with the nearest names
 */
export async function findRun(results: string, wanted: string): Promise<string> {
  const runs = await listRuns(results);
  if (wanted === 'latest') {
    const latest = runs.at(-1);
    if (latest === undefined) throw new UsageError('there is no run yet', { hint: './unplug run makes one' });
    return join(results, latest);
  }
  if (runs.includes(wanted)) return join(results, wanted);
  if (wanted !== '' && (await exists(join(wanted, RUN_FILE)))) return wanted;
  const begins = runs.filter((name) => wanted !== '' && name.startsWith(wanted));
  if (begins.length === 1) return join(results, begins[0] as string);
  if (begins.length > 1)
    throw new UsageError(`${wanted} is the beginning of several runs: ${begins.join(', ')}`);
  throw new UsageError(`there is no run ${wanted}`, { hint: suggestNames(wanted, runs.slice(-10)) });
}

/** run.json of a run's folder. @throws InfraError when it is missing or damaged */
export async function readRun(directory: string): Promise<RunRecord> {
  return readJson(join(directory, RUN_FILE), runRecordSchema);
}

/** What is stored of a case. */
export interface StoredCase {
  readonly directory: string;
  readonly record: CaseRecord;
  readonly events: readonly WorkloadEvent[];
  readonly console: Buffer;
}

/** The evidence of a case. @throws InfraError when a file is missing or damaged */
export async function readCase(directory: string): Promise<StoredCase> {
  const record = await readJson(join(directory, CASE_FILES.record), caseRecordSchema);
  const events = await readEvents(join(directory, CASE_FILES.events));
  // Without a machine (a skip, an error before the boot) there was no console.
  const path = join(directory, CASE_FILES.console);
  const console = record.console === null && !(await exists(path)) ? Buffer.alloc(0) : await readBytes(path);
  return { directory, record, events, console };
}

/** verdict.json of a case. @throws InfraError when it is missing or damaged */
export async function readVerdict(directory: string): Promise<VerdictRecord> {
  return readJson(join(directory, CASE_FILES.verdict), verdictRecordSchema);
}

/** Bytes of a file of the store. @throws InfraError */
export async function readBytes(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw new InfraError(`can't read ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'the run may have been interrupted before this was written',
    });
  });
}

async function readEvents(path: string): Promise<readonly WorkloadEvent[]> {
  const lines = (await readBytes(path)).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) =>
    check(parseJson(line, `${path}:${index + 1}`), workloadEventSchema, `${path}:${index + 1}`),
  );
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return check(parseJson((await readBytes(path)).toString('utf8'), path), schema, path);
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InfraError(`${place} is damaged: ${messageOf(error)}`, { cause: error });
  }
}

function check<T>(value: unknown, schema: z.ZodType<T>, place: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  if (path === 'schemaVersion') {
    throw new InfraError(`${place} was written by another version of unplug`, {
      hint: 'read it with the version that made it',
    });
  }
  throw new InfraError(
    `${place} is not what it should be: ${path === '' ? '' : `${path}: `}${issue?.message}`,
  );
}
