/** The matrix for people: cases down, variants across, then what needs their attention. */
import { formatDurationMs } from '../base/index.ts';
import {
  type RunCase,
  type RunRecord,
  type RunVariant,
  repeatedCases,
  representatives,
} from '../results/index.ts';
import { formatMeasured } from '../timing/index.ts';
import type { VerdictKind } from '../verdict/index.ts';
import { differencesOf, outcomeLine } from './differences.ts';
import type { CaseReport, Reporter, Write } from './reporter.ts';
import { type Cell, type Colour, type Paint, paintFor, plain, renderTable, shorten } from './table.ts';
import {
  acceleratorText,
  assessmentText,
  caseFolder,
  countText,
  nameColumns,
  needsAttention,
  outcomeText,
  repeatedText,
  repetitionText,
  shortTitle,
  testsText,
} from './words.ts';

/** How the terminal is. */
export interface TerminalOptions {
  readonly columns: number;
  readonly colour: boolean;
}

const COLOURS: Readonly<Record<VerdictKind, Colour>> = {
  pass: 'green',
  fail: 'red',
  crash: 'red',
  hang: 'magenta',
  skip: 'dim',
  error: 'yellow',
};

const KEY_WIDTH = 2;
const TITLE_MIN = 16;
const EVIDENCE_SHOWN = 20;

/** Writes the whole report when the run has ended. */
export function terminalReporter(write: Write, options: TerminalOptions): Reporter {
  const reports = new Map<string, CaseReport>();
  let abortedBy: string | undefined;
  return {
    caseEnded: (report) => void reports.set(report.case.directory, report),
    runAborted(reason) {
      abortedBy = reason;
    },
    runEnded: (run) => write(renderReport(run, reports, options, abortedBy)),
  };
}

/** The report as text; pure. `reports` are by the case's folder. */
export function renderReport(
  run: RunRecord,
  reports: ReadonlyMap<string, CaseReport>,
  options: TerminalOptions,
  abortedBy?: string,
): string {
  const paint = paintFor(options.colour);
  return [
    header(run, paint),
    matrix(run, options.columns, paint),
    differences(run, paint),
    repeated(run, paint),
    notApplicable(run, paint),
    expectations(run, paint),
    ...shownInDetail(run).map((one) => detail(run, one, reports.get(one.directory), paint)),
    spent(run),
    `${paint('bold', summary(run))}\n`,
    abortedBy === undefined ? '' : `${paint('yellow', `stopped: ${abortedBy}`)}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function header(run: RunRecord, paint: Paint): string {
  const lines = run.variants.map((variant) => `  ${variant.name}: ${aboutVariant(variant)}`);
  return `${paint('bold', `suite ${run.suite.name}`)} · ${acceleratorText(run.accelerator)}\n${lines.join('\n')}\n`;
}

function aboutVariant(variant: RunVariant): string {
  const kernel = variant.release === null ? 'no kernel' : `Linux ${variant.release}`;
  const key = variant.kernelKey === null ? '' : ` (${variant.kernelKey.slice(0, 12)})`;
  const profile = variant.profile === null ? '' : `, profile ${variant.profile}`;
  return `${kernel}${key}${profile}${variant.description === null ? '' : `: ${variant.description}`}`;
}

function matrix(run: RunRecord, columns: number, paint: Paint): string {
  const names = [...new Set(run.cases.map((one) => one.name))];
  if (names.length === 0) return 'no case was asked for\n';
  const byPlace = new Map(representatives(run).map((one) => [`${one.variant} ${one.name}`, one]));
  const bare = (title: number): string => renderTable(matrixRows(run, names, byPlace, title), plain);
  // What the titles may take is what the other columns leave, in equal parts.
  const other =
    Math.max(
      ...bare(0)
        .split('\n')
        .map((line) => [...line].length),
    ) + KEY_WIDTH;
  const title = Math.floor((columns - other) / run.variants.length);
  // Side by side what counts is the verdict; the titles are below the matrix.
  if (run.variants.length > 1 && title < TITLE_MIN) return renderTable(shortRows(run, names, byPlace), paint);
  return renderTable(matrixRows(run, names, byPlace, Math.max(TITLE_MIN, title)), paint);
}

/** For many variants, or few columns: verdict and time only. */
function shortRows(
  run: RunRecord,
  names: readonly string[],
  byPlace: ReadonlyMap<string, RunCase>,
): readonly (readonly Cell[])[] {
  const heads: Cell[] = ['adapter', 'hold', 'removal'].map((text): Cell => ({ text, colour: 'dim' }));
  for (const { name } of run.variants) heads.push({ text: shorten(name, 24), colour: 'bold' }, { text: '' });
  const rows = names.map((name): readonly Cell[] => [
    ...nameColumns(name).map((text): Cell => ({ text })),
    ...run.variants.flatMap((variant) => caseCells(byPlace.get(`${variant.name} ${name}`), 0).slice(0, 2)),
  ]);
  return [heads, ...rows];
}

function matrixRows(
  run: RunRecord,
  names: readonly string[],
  byPlace: ReadonlyMap<string, RunCase>,
  title: number,
): readonly (readonly Cell[])[] {
  const groups: Cell[] = [{ text: '' }, { text: '' }, { text: '' }];
  const heads: Cell[] = ['adapter', 'hold', 'removal'].map((text): Cell => ({ text, colour: 'dim' }));
  for (const variant of run.variants) {
    groups.push(
      { text: shorten(variant.name, 24), colour: 'bold' },
      { text: '' },
      { text: '' },
      { text: '' },
    );
    for (const text of ['verdict', 'removed in', 'user saw'])
      heads.push({ text, colour: 'dim', ...(text === 'removed in' ? { align: 'right' } : {}) });
    heads.push({ text: shorten('title', Math.max(title, 1)), colour: 'dim' });
  }
  const rows = names.map((name): readonly Cell[] => {
    const cells: Cell[] = nameColumns(name).map((text) => ({ text }));
    for (const variant of run.variants)
      cells.push(...caseCells(byPlace.get(`${variant.name} ${name}`), title));
    return cells;
  });
  return [groups, heads, ...rows];
}

function caseCells(one: RunCase | undefined, title: number): readonly Cell[] {
  if (one === undefined) return [{ text: '' }, { text: '' }, { text: '' }, { text: '' }];
  if (one.verdict === null)
    return [{ text: 'not run', colour: 'yellow' }, { text: '' }, { text: '' }, { text: '' }];
  // What is as expected needs no alarm; what is not, is marked for those who see no colours.
  const colour = one.assessment === 'expected' && one.verdict !== 'pass' ? 'dim' : COLOURS[one.verdict];
  const mark = needsAttention(one) ? ' !' : one.expectation === null || one.verdict === 'skip' ? '' : ' ✓';
  const ofRuns = one.repetition === undefined ? '' : ` ×${one.repetition.of}`;
  return [
    {
      text: `${one.verdict}${ofRuns}${mark}`,
      colour: one.assessment === 'unexpected-pass' ? 'yellow' : colour,
    },
    { text: one.removal === null ? '-' : formatMeasured(one.removal), align: 'right' },
    { text: one.userSaw ?? (one.tests === null ? '-' : testsText(one.tests)) },
    { text: title === 0 ? '' : shorten(shortTitle(one.title, title), title), colour: 'dim' },
  ];
}

/** Only with several variants. */
function differences(run: RunRecord, paint: Paint): string {
  const found = differencesOf(run);
  if (found.length === 0) return '';
  const lines = found.flatMap(({ name, outcomes }) => [
    `  ${name}`,
    ...outcomes.map((outcome) => `    ${outcomeLine(outcome)}`),
  ]);
  const cases = found.length === 1 ? '1 case' : `${found.length} cases`;
  return `${paint('bold', `variants differ in ${cases}:`)}\n${lines.join('\n')}\n`;
}

/** How often cases that were run more than once went how. */
function repeated(run: RunRecord, paint: Paint): string {
  const cases = repeatedCases(run);
  if (cases.length === 0) return '';
  const several = run.variants.length > 1;
  const lines = cases.map(
    (one) => `  ${one.name}${several ? ` on ${one.variant}` : ''}: ${repeatedText(one)}\n`,
  );
  return `${paint('bold', 'run more than once:')}\n${lines.join('')}`;
}

/** What needs attention; of the runs of one case, one for each thing that was found. */
function shownInDetail(run: RunRecord): readonly RunCase[] {
  const seen = new Set<string>();
  return run.cases.filter(needsAttention).filter((one) => {
    const key = JSON.stringify([one.variant, one.name, one.verdict, one.title]);
    return one.repetition === undefined || (!seen.has(key) && seen.add(key) !== undefined);
  });
}

function notApplicable(run: RunRecord, paint: Paint): string {
  if (run.notApplicable.length === 0) return '';
  const lines = run.notApplicable.map((one) => `  ${one.name}: ${one.reason}\n`);
  return `${paint('dim', 'not applicable:')}\n${lines.join('')}`;
}

/** The reasons of what is known, each once. */
function expectations(run: RunRecord, paint: Paint): string {
  const met = run.cases.filter(
    (one) => one.assessment === 'expected' && one.expectation !== null && one.verdict !== 'skip',
  );
  if (met.length === 0) return '';
  const byReason = new Map<string, RunCase[]>();
  for (const one of met) {
    const reason = `${one.expectation?.reason}\n    until: ${one.expectation?.until}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), one]);
  }
  const lines = [...byReason].map(
    ([reason, cases]) => `  ${countText(cases.map((one) => one.verdict))}: ${reason}\n`,
  );
  return `${paint('dim', '✓ expected by the suite:')}\n${lines.join('')}`;
}

function detail(run: RunRecord, one: RunCase, report: CaseReport | undefined, paint: Paint): string {
  const about = assessmentText(one);
  const colour = one.verdict === null ? 'yellow' : COLOURS[one.verdict];
  const lines = [
    `${paint(colour, `${one.verdict}`)} ${one.name}${repetitionText(one)} on ${one.variant}${about === '' ? '' : ` (${about})`}`,
  ];
  for (const finding of report?.verdict.findings ?? []) {
    lines.push(`  ${finding.verdict} by ${finding.oracle}: ${finding.summary}`);
    lines.push(...finding.evidence.slice(0, EVIDENCE_SHOWN).map((text) => `    ${text}`));
  }
  if (one.assessment === 'unexpected-pass' && one.expectation !== null)
    lines.push(`  the suite says until: ${one.expectation.until}`);
  lines.push(`  evidence:  ${caseFolder(run, one)}`, `  reproduce: ${one.reproduce}`);
  return `${lines.join('\n')}\n`;
}

function spent(run: RunRecord): string {
  if (run.spent.length === 0) return '';
  return `time: ${run.spent.map(({ what, ms }) => `${what} ${formatDurationMs(ms)}`).join(', ')}\n`;
}

function summary(run: RunRecord): string {
  const took = run.durationMs === null ? '' : ` in ${formatDurationMs(run.durationMs)}`;
  const counts = countText(run.cases.map((one) => one.verdict));
  return `${outcomeText(run)} · ${run.cases.length} cases${counts === '' ? '' : `: ${counts}`}${took} · run ${run.id}`;
}
