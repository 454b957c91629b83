/** Writes a run's folder. Whatever happens to unplug, what was finished can be read: every file is published whole. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot, wallTime, writeFileAtomic } from '../base/index.ts';
import type { Case, Expectation, NotApplicable } from '../suite/index.ts';
import {
  assess,
  type CaseRecord,
  serialiseVerdict,
  type VerdictRecord,
  type WorkloadEvent,
} from '../verdict/index.ts';
import {
  CASE_FILES,
  caseDirectory,
  newRunId,
  RUN_FILE,
  reproduceCommand,
  reproduceScript,
} from './layout.ts';
import {
  type Repetition,
  RUN_SCHEMA_VERSION,
  type RunCase,
  type RunRecord,
  type RunStatus,
  type RunVariant,
  type Spent,
  testCounts,
} from './run.ts';

/** A case that is to be run on a variant. */
export interface PlannedCase {
  readonly case: Case;
  readonly variant: string;
  readonly expectation: Expectation | undefined;
  /** Absent in a case that is run once. */
  readonly repetition?: Repetition | undefined;
}

/** What a run starts with. */
export interface RunPlan {
  readonly suite: { readonly name: string; readonly file: string };
  readonly variants: readonly RunVariant[];
  /** Options of the command line that variants not in variants.yaml were made from; none when absent. */
  readonly variantOptions?: readonly string[];
  readonly accelerator: RunRecord['accelerator'];
  readonly cases: readonly PlannedCase[];
  readonly notApplicable: readonly Pick<NotApplicable, 'name' | 'reason'>[];
}

/** All that a finished case leaves. */
export interface CaseOutput {
  readonly record: CaseRecord;
  readonly events: readonly WorkloadEvent[];
  readonly verdict: VerdictRecord;
  readonly durationMs: number;
  /** Which run of the case it is, from 1; absent: the first. */
  readonly repetition?: number | undefined;
  /** Left out when console.log is already in the folder, written while the machine ran. */
  readonly console?: string | Uint8Array;
}

/** How a run ended. */
export interface RunEnd {
  readonly status: Exclude<RunStatus, 'running'>;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly failure?: { readonly code: string; readonly message: string };
  readonly spent: readonly Spent[];
}

/** The store of one run, open for writing until {@link finish}. */
export class RunWriter {
  readonly directory: string;
  readonly #root: string;
  #record: RunRecord;
  #writing: Promise<void> = Promise.resolve();

  private constructor(directory: string, root: string, record: RunRecord) {
    this.directory = directory;
    this.#root = root;
    this.#record = record;
  }

  /**
   * Makes the run's folder, with run.json in state `running`.
   * @param results the folder of all runs
   * @param root the repository, which reproduce.sh leads to
   */
  static async create(results: string, plan: RunPlan, root: string = repositoryRoot): Promise<RunWriter> {
    await mkdir(results, { recursive: true });
    for (;;) {
      const id = newRunId(plan.suite.name, new Date());
      const directory = join(results, id);
      try {
        await mkdir(directory);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      }
      const writer = new RunWriter(directory, root, firstRecord(id, plan));
      await writer.#save();
      return writer;
    }
  }

  /** The run as it stands. */
  get record(): RunRecord {
    return this.#record;
  }

  /** Makes and names the folder of a case, for a console that is written while the machine runs. */
  async openCase(variant: string, name: string, repetition = 1): Promise<string> {
    const directory = join(this.directory, caseDirectory(variant, name, repetition));
    await mkdir(directory, { recursive: true });
    return directory;
  }

  /** Completes what is known of kernels and accelerator. */
  async update(known: Partial<Pick<RunRecord, 'variants' | 'accelerator' | 'spent'>>): Promise<void> {
    await this.#change((record) => ({ ...record, ...known }));
  }

  /**
   * Stores a finished case and its line of run.json; gives that line.
   * @throws RangeError for a case that was not planned
   */
  async writeCase(output: CaseOutput): Promise<RunCase> {
    const { record, events, verdict, repetition = 1 } = output;
    const planned = this.#record.cases.find(
      (one) =>
        one.name === verdict.case &&
        one.variant === verdict.variant &&
        (one.repetition?.number ?? 1) === repetition,
    );
    if (planned === undefined)
      throw new RangeError(`${verdict.variant}: ${verdict.case} is not a case of this run`);
    const directory = await this.openCase(verdict.variant, verdict.case, repetition);
    const put = (file: keyof typeof CASE_FILES, content: string | Uint8Array, mode?: number): Promise<void> =>
      writeFileAtomic(join(directory, CASE_FILES[file]), content, mode);
    await put('events', events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    if (output.console !== undefined) await put('console', output.console);
    await put('record', `${JSON.stringify(record, null, 2)}\n`);
    await put('verdict', serialiseVerdict(verdict));
    await put('reproduce', reproduceScript(directory, this.#root, planned.reproduce), 0o755);
    const done: RunCase = {
      ...planned,
      verdict: verdict.verdict,
      title: verdict.title,
      assessment: assess(verdict, planned.expectation ?? undefined),
      removal: verdict.timings.removal,
      userSaw: verdict.userSaw,
      tests: testCounts(verdict),
      durationMs: Math.round(output.durationMs),
    };
    await this.#change((run) => ({
      ...run,
      cases: run.cases.map((one) => (one.directory === done.directory ? done : one)),
    }));
    return done;
  }

  /** Closes the run: it is not changed any more. */
  async finish(end: RunEnd): Promise<RunRecord> {
    await this.#change((record) => ({
      ...record,
      status: end.status,
      endedAt: wallTime(),
      durationMs: Math.round(end.durationMs),
      exitCode: end.exitCode,
      failure: end.failure ?? null,
      spent: end.spent,
    }));
    return this.#record;
  }

  /** Changes are written one after the other, each whole. @throws Error when the run is finished */
  async #change(next: (record: RunRecord) => RunRecord): Promise<void> {
    if (this.#record.status !== 'running')
      throw new Error(`run ${this.#record.id} is finished: it can't be changed`);
    this.#record = next(this.#record);
    await this.#save();
  }

  async #save(): Promise<void> {
    const content = `${JSON.stringify(this.#record, null, 2)}\n`;
    const before = this.#writing;
    this.#writing = (async () => {
      await before.catch(() => undefined);
      await writeFileAtomic(join(this.directory, RUN_FILE), content);
    })();
    await this.#writing;
  }
}

function firstRecord(id: string, plan: RunPlan): RunRecord {
  return {
    schemaVersion: RUN_SCHEMA_VERSION,
    id,
    status: 'running',
    suite: { name: plan.suite.name, file: plan.suite.file },
    variants: plan.variants,
    accelerator: plan.accelerator,
    startedAt: wallTime(),
    endedAt: null,
    durationMs: null,
    exitCode: null,
    failure: null,
    spent: [],
    cases: plan.cases.map((one): RunCase => plannedCase(one, plan.suite.file, plan.variantOptions ?? [])),
    notApplicable: plan.notApplicable.map(({ name, reason }) => ({ name, reason })),
  };
}

function plannedCase(
  { case: { name }, variant, expectation, repetition }: PlannedCase,
  suite: string,
  variantOptions: readonly string[],
): RunCase {
  return {
    name,
    variant,
    ...(repetition === undefined ? {} : { repetition }),
    directory: caseDirectory(variant, name, repetition?.number),
    verdict: null,
    title: '',
    assessment: null,
    expectation:
      expectation === undefined
        ? null
        : {
            verdict: expectation.verdict,
            title: expectation.title,
            ...(expectation.sometimes === true ? { sometimes: true } : {}),
            reason: expectation.reason,
            until: expectation.until,
          },
    removal: null,
    userSaw: null,
    tests: null,
    reproduce: reproduceCommand(suite, variant, name, variantOptions),
    durationMs: null,
  };
}
