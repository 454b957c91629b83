/** What real tests begin with: the baseline kernel, prepared as a run prepares it. The first one builds it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type CleanupStack, cachePaths, streamProgress } from '../base/index.ts';
import type { CaseEnvironment } from '../case/index.ts';
import { prepareVariant } from '../farm/index.ts';
import type { HostProgram } from '../guest/index.ts';
import { loadVariants, resolveVariant } from '../kernel/index.ts';
import { chooseAccelerator } from '../machine/index.ts';
import type { Case, RemovalCase } from '../suite/index.ts';

/** A case that passes. */
export const PASSING_CASE: RemovalCase = {
  kind: 'removal',
  name: 'fixture-rwsem/fixture/t0-idle/sysfs_unbind',
  adapter: 'fixture-rwsem',
  deviceClass: 'fixture',
  hold: 't0-idle',
  removal: 'sysfs_unbind',
};

/** A folder that is removed at the test's end. */
export async function temporaryFolder(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'unplug-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** What a test wants beside the kernel. */
export interface BaselineOptions {
  /** Gets each message for the user. */
  readonly say?: (message: string) => void;
  /** `baseline` when absent. */
  readonly variant?: string;
  readonly cases?: readonly Case[];
  readonly tools?: readonly HostProgram[];
}

/** Everything that a case on the baseline kernel needs. */
export async function prepareBaseline(
  cleanup: CleanupStack,
  { say = () => undefined, variant = 'baseline', cases = [PASSING_CASE], tools = [] }: BaselineOptions = {},
): Promise<CaseEnvironment> {
  const cache = cachePaths();
  const progress = streamProgress(process.stderr, false);
  return prepareVariant(await resolveVariant(await loadVariants(), variant), {
    suite: 'test',
    limits: { removalMs: 12_000, userMs: 5000 },
    accelerator: await chooseAccelerator(cache),
    cache,
    located: new Map(),
    clone: true,
    reseed: true,
    progress: {
      ...progress,
      warn: (message) => {
        say(message);
        progress.warn(message);
      },
    },
    cleanup,
    cases,
    tools,
    onSpent: () => undefined,
  });
}
