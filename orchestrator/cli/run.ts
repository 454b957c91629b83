/** `unplug run`: builds what is missing, boots, runs the cases, reports. */
import { dirname, join } from 'node:path';
import {
  acquireLock,
  type CachePaths,
  CleanupStack,
  cachePaths,
  formatDurationMs,
  messageOf,
  monotonicMs,
  type Progress,
  removeStaleTemporaries,
  repositoryRoot,
  streamProgress,
  UnplugError,
  UsageError,
} from '../base/index.ts';
import type { CaseEnvironment } from '../case/index.ts';
import { prepareVariant, runJobs } from '../farm/index.ts';
import { describeVariant, type LocatedSources, type Variant } from '../kernel/index.ts';
import { type Accelerator, chooseAccelerator } from '../machine/index.ts';
import type { Reporter } from '../reporter/index.ts';
import { RunWriter, readDurations, type Spent } from '../results/index.ts';
import { expectationFor, REPEAT_MAX } from '../suite/index.ts';
import { exitCodeFor } from '../verdict/index.ts';
import { CACHE_LOCK } from './cache.ts';
import { chosenVariants, type VariantOptions } from './chosen-variants.ts';
import { dryRunText } from './dry-run.ts';
import { repetitions } from './repetitions.ts';
import { makeReporters, outputFormat } from './reporters.ts';
import { type LoadedSuite, loadSuite } from './suites.ts';

/** Options of the command, as commander gives them. */
export interface RunOptions extends VariantOptions {
  readonly case: readonly string[];
  readonly json?: boolean;
  readonly tap?: boolean;
  readonly dryRun?: boolean;
  readonly jobs?: number;
  /** How often each case is run; absent: as its matrix says. */
  readonly repeat?: number;
  readonly accel?: Accelerator;
  /** False with --no-clone. */
  readonly clone?: boolean;
  readonly results?: string;
}

/**
 * Runs a suite.
 * @returns the exit code
 * @throws UsageError, ConfigError before anything is done; BuildError, InfraError, Interrupted later
 */
export async function run(suiteName: string, options: RunOptions, signal: AbortSignal): Promise<number> {
  const startedMs = monotonicMs();
  if (options.repeat !== undefined && options.repeat > REPEAT_MAX)
    throw new UsageError(`--repeat ${options.repeat}: expected at most ${REPEAT_MAX}`);
  const loaded = await loadSuite(suiteName, options.case, options.kernelConfigs);
  const progress = streamProgress(process.stderr);
  const chosen = await chosenVariants(loaded.suite.variants, options, progress, signal);
  const { variants } = chosen;
  if (options.dryRun) {
    process.stdout.write(dryRunText(loaded, variants, options.repeat));
    return 0;
  }
  const reporters = makeReporters(outputFormat(options), progress);
  const writer = await RunWriter.create(options.results ?? join(repositoryRoot, 'results'), {
    suite: { name: loaded.suite.name, file: loaded.suite.file },
    variants: variants.map((variant) => ({
      name: variant.name,
      kernelKey: null,
      release: null,
      profile: variant.profile,
      description: describeVariant(variant),
    })),
    variantOptions: chosen.options,
    accelerator: null,
    cases: variants.flatMap(({ name }) =>
      repetitions(loaded.selected, options.repeat).map((one) => ({
        ...one,
        variant: name,
        expectation: expectationFor(loaded.suite, one.case.name, name),
      })),
    ),
    notApplicable: options.case.length === 0 ? loaded.expansion.notApplicable : [],
  });
  const spent: Spent[] = [];
  const end = async (
    status: 'finished' | 'interrupted' | 'failed',
    exitCode: number,
    failure?: UnplugError,
  ) => {
    const record = await writer.finish({
      status,
      exitCode,
      durationMs: monotonicMs() - startedMs,
      spent,
      ...(failure === undefined ? {} : { failure: { code: failure.code, message: failure.message } }),
    });
    reporters.runEnded(record);
    progress.clear();
    progress.info(timeText(spent, monotonicMs() - startedMs));
    progress.info(`results: ${writer.directory}`);
  };
  try {
    await runVariants(loaded, variants, writer, reporters, {
      progress,
      spent,
      cache: cachePaths(),
      signal,
      jobs: options.jobs,
      repeat: options.repeat,
      clone: options.clone ?? true,
      accel: options.accel,
    });
  } catch (error) {
    progress.clear();
    const known = error instanceof UnplugError ? error : undefined;
    reporters.runAborted(messageOf(error));
    await end(known?.code === 'INTERRUPTED' ? 'interrupted' : 'failed', known?.exitCode ?? 75, known);
    throw error;
  }
  const exitCode = exitCodeFor(writer.record.cases);
  await end('finished', exitCode);
  return exitCode;
}

interface RunContext {
  readonly progress: Progress;
  readonly spent: Spent[];
  readonly cache: CachePaths;
  readonly signal: AbortSignal;
  readonly jobs: number | undefined;
  readonly repeat: number | undefined;
  readonly clone: boolean;
  readonly accel: Accelerator | undefined;
}

async function runVariants(
  loaded: LoadedSuite,
  variants: readonly Variant[],
  writer: RunWriter,
  reporters: Required<Reporter>,
  { progress, spent, cache, signal, jobs, repeat, clone, accel }: RunContext,
): Promise<void> {
  await using cleanup = new CleanupStack();
  cleanup.use(
    'lock on the cache',
    await acquireLock(
      cache.locks,
      CACHE_LOCK,
      signal,
      () => progress.info('waiting for another unplug that prunes the cache'),
      'shared',
    ),
  );
  await removeStaleTemporaries();
  const onSpent = (what: string, ms: number): void => void spent.push({ what, ms: Math.round(ms) });
  const probeMs = monotonicMs();
  const accelerator = await chooseAccelerator(cache, signal, accel);
  onSpent('accelerator probe', monotonicMs() - probeMs);
  if (accelerator.accelerator === 'tcg') progress.info(`guests run on TCG: ${accelerator.reason}`);
  const located: LocatedSources = new Map();
  const environments: CaseEnvironment[] = [];
  for (const variant of variants) {
    environments.push(
      await prepareVariant(variant, {
        suite: loaded.suite.name,
        limits: loaded.suite.limits,
        reseed: loaded.suite.reseed,
        clone,
        cases: loaded.selected,
        accelerator,
        cache,
        located,
        progress,
        signal,
        cleanup,
        onSpent,
      }),
    );
  }
  progress.clear();
  await writer.update({
    accelerator: { name: accelerator.accelerator, reason: accelerator.reason },
    variants: environments.map(({ variant, profile, kernel, description }) => ({
      name: variant,
      kernelKey: kernel.key,
      release: kernel.release,
      profile,
      description,
    })),
  });
  reporters.runStarted(writer.record);
  const casesMs = monotonicMs();
  try {
    await runJobs(
      environments.flatMap((environment) =>
        repetitions(loaded.selected, repeat).map((one) => ({
          environment,
          ...one,
          expectation: expectationFor(loaded.suite, one.case.name, environment.variant),
        })),
      ),
      writer,
      reporters,
      { parallel: jobs, durations: await readDurations(dirname(writer.directory)), signal },
    );
  } finally {
    onSpent('cases', monotonicMs() - casesMs);
  }
}

function timeText(spent: readonly Spent[], totalMs: number): string {
  const parts = spent.filter(({ ms }) => ms >= 100).map(({ what, ms }) => `${what} ${formatDurationMs(ms)}`);
  return `took ${formatDurationMs(totalMs)}: ${parts.join(', ')}`;
}
