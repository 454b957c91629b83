/** Runs made of recorded cases, and reporters driven through them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunCase, type RunRecord, readCase, reproduceCommand, testCounts } from '../../results/index.ts';
import { assess, judgeConsole, type VerdictRecord } from '../../verdict/index.ts';
import type { CaseReport, Reporter } from '../index.ts';

const RECORDED = join(import.meta.dirname, '..', '..', 'verdict', 'testdata');
const GOLDEN = import.meta.dirname;

/** What the recorded cases are expected to give. */
export const EXPECTATIONS: Readonly<Record<string, NonNullable<RunCase['expectation']>>> = {
  crash: {
    verdict: 'crash',
    title: 'KASAN: *',
    reason: 'The fixture frees what open files point to. #1 \\ "x"',
    until: 'never',
  },
  hang: { verdict: 'hang', title: null, reason: 'The reader is woken too late.', until: 'it is woken first' },
};

/** A recorded case as a run reports it, with its verdict changed. */
export async function report(
  recorded: string,
  variant: string,
  change: Partial<VerdictRecord> = {},
): Promise<CaseReport> {
  const { record, events, console } = await readCase(join(RECORDED, recorded));
  const verdict = { ...judgeConsole({ ...record, variant }, events, console), ...change };
  const expectation =
    EXPECTATIONS[
      record.case.name.startsWith('fixture-naive/')
        ? 'crash'
        : record.case.name.includes('gpio')
          ? 'hang'
          : ''
    ] ?? null;
  return {
    verdict,
    case: {
      name: record.case.name,
      variant,
      directory: `cases/${variant}/${record.case.name}`,
      verdict: verdict.verdict,
      title: verdict.title,
      assessment: assess(verdict, expectation ?? undefined),
      expectation,
      removal: verdict.timings.removal,
      userSaw: verdict.userSaw,
      tests: testCounts(verdict),
      reproduce: reproduceCommand('suites/quick.yaml', variant, record.case.name),
      durationMs: 8000,
    },
  };
}

/** The same case before it ran. */
export const pending = ({ case: one }: CaseReport): RunCase => ({
  ...one,
  verdict: null,
  title: '',
  assessment: null,
  removal: null,
  userSaw: null,
  tests: null,
  durationMs: null,
});

/** A run of cases; those in `notRun` were not come to. */
export function runOf(
  reports: readonly CaseReport[],
  variants: readonly string[],
  notRun: readonly CaseReport[] = [],
): RunRecord {
  return {
    schemaVersion: 1,
    id: '20261121-031500-quick-ab12',
    status: 'finished',
    suite: { name: 'quick', file: 'suites/quick.yaml' },
    variants: variants.map((name) => ({
      name,
      kernelKey: '3f9c1e7a55d20b64',
      release: '6.12.117',
      profile: 'sanitize',
      description: 'linux-source-6.12 6.12.117-1',
    })),
    accelerator: { name: 'tcg', reason: 'KVM: no guest code ran within 2 s' },
    startedAt: '2026-11-21T03:15:00.000Z',
    endedAt: '2026-11-21T03:17:00.000Z',
    durationMs: 120_000,
    exitCode: 1,
    failure: null,
    spent: [
      { what: 'kernel baseline (from the cache)', ms: 400 },
      { what: 'cases', ms: 118_000 },
    ],
    cases: [...reports.map((one) => one.case), ...notRun.map(pending)],
    notApplicable: [{ name: 'i801/i2c-dev/t1-poll/sysfs_unbind', reason: '/dev/i2c-N has no poll' }],
  };
}

/** Drives a reporter through a run; `ends` is the order in which the cases end. */
export function drive(
  reporter: Reporter,
  run: RunRecord,
  ends: readonly CaseReport[],
  aborted?: string,
): void {
  reporter.runStarted?.({
    ...run,
    status: 'running',
    cases: run.cases.map((one) => pending({ case: one } as CaseReport)),
  });
  for (const one of ends) reporter.caseStarted?.(one.case.name, one.case.variant);
  for (const one of ends) {
    reporter.caseDone?.(one);
    reporter.caseEnded?.(one);
  }
  if (aborted !== undefined) reporter.runAborted?.(aborted);
  reporter.runEnded?.(run);
}

/** All that a reporter writes in a run. */
export function textOf(
  make: (write: (text: string) => void) => Reporter,
  ...args: [RunRecord, readonly CaseReport[], string?]
): string {
  let text = '';
  drive(
    make((piece) => (text += piece)),
    ...args,
  );
  return text;
}

/** A file of this folder; `UPDATE_GOLDEN=1` writes it anew. */
export function golden(name: string, text: string): string {
  const path = join(GOLDEN, name);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(path, text);
  }
  return readFileSync(path, 'utf8');
}

const NAMES = ['crash', 'pass', 'hang', 'hang-until-close', 'fail', 'user-stuck'] as const;

/** A case of each kind. */
export async function oneVariant(): Promise<{ run: RunRecord; reports: readonly CaseReport[] }> {
  const reports = await Promise.all(NAMES.map((name) => report(name, 'baseline')));
  // The recorded case of a stuck user has the name of the one that passes.
  const renamed = reports.map((one, index) =>
    index === 5
      ? {
          ...one,
          case: {
            ...one.case,
            name: one.case.name.replace('t2-read', 't3-derived'),
            directory: 'cases/baseline/other',
          },
        }
      : one,
  );
  const skip = await report('pass', 'baseline', {
    verdict: 'skip',
    title: 'the kernel lacks CONFIG_X # \\',
    findings: [],
  });
  const skipped = {
    ...skip,
    case: {
      ...skip.case,
      name: 'gpio-sim/gpio-cdev/t0-idle/sysfs_unbind',
      directory: 'cases/baseline/skip',
      removal: null,
      userSaw: null,
    },
  };
  const all = [...renamed, skipped];
  return { run: runOf(all, ['baseline']), reports: all };
}

/** The same cases on two variants, with other verdicts. */
export async function twoVariants(): Promise<{ run: RunRecord; reports: readonly CaseReport[] }> {
  const reports = await Promise.all([
    report('crash', 'baseline'),
    report('hang', 'baseline'),
    report('pass', 'baseline'),
    report('crash', 'revocable-v1', { verdict: 'pass', title: '', findings: [], altTitles: [] }),
    report('hang', 'revocable-v1'),
    report('pass', 'revocable-v1', {
      verdict: 'error',
      title: 'GUEST in phase hold: SSH lost',
      findings: [],
    }),
  ]);
  return { run: runOf(reports, ['baseline', 'revocable-v1']), reports };
}
