/** A verdict with all that led to it, as text for one screen. Pure. */
import type { RunCase } from '../results/index.ts';
import { formatNs } from '../timing/index.ts';
import type { CaseRecord, Explanation, Finding, TimelineEntry } from '../verdict/index.ts';
import { type Cell, type Colour, type Paint, plain, renderTable, shorten } from './table.ts';
import { assessmentText, repetitionText } from './words.ts';

/** What is shown beside the explanation. */
export interface ExplainedCase {
  readonly record: CaseRecord;
  /** The case's line of run.json. */
  readonly case: RunCase;
  /** Where its files lie, as the user would give it. */
  readonly folder: string;
}

/** How much room there is. */
export interface ExplainOptions {
  readonly columns: number;
  readonly paint?: Paint;
}

const FRAMES_SHOWN = 5;
const REPORT_LINES_SHOWN = 10;
/** Where stacks of stuck threads take room as well. */
const REPORT_LINES_BESIDE_STACKS = 5;
const REPORTS_SHOWN = 3;
const ENTRIES_SHOWN = 18;
const FINDINGS_SHOWN = 6;
const COLUMNS_LEAST = 60;
const TIMELINE_TITLE = 'timeline from the removal’s call, guest’s clock (~: console’s)';
/** What stands before the words of a line of the timeline. */
const TIMELINE_MARGIN = 26;

/** How every system call begins (arch/x86/entry): says nothing of this one. */
const ENTRY = /^(?:entry_SYSCALL_64|do_syscall_64|x64_sys_call|ret_from_fork|__x64_sys_)/;

/** A report's key in the life of a device (oops/lifecycle.ts). */
const CAUSE = /^freed in |^\w+ waits for /;

const ACTORS: Readonly<Record<TimelineEntry['actor'], Colour>> = {
  hold: 'cyan',
  removal: 'bold',
  kernel: 'red',
  unplug: 'yellow',
  look: 'dim',
};

/** The explanation as text, lines cut to the width of the screen. */
export function renderExplanation(
  { record, case: one, folder }: ExplainedCase,
  { verdict, timeline, chain, stacks, reports, passTerms }: Explanation,
  { columns, paint = plain }: ExplainOptions,
): string {
  const width = Math.max(COLUMNS_LEAST, columns);
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0
      ? []
      : ['', paint('bold', title), ...lines.flatMap((line) => wrap(`  ${line}`, width))];
  const { name: accelerator } = record.accelerator;
  const about = assessmentText(one);
  const lines = [
    `${verdict.verdict}  ${verdict.case}${repetitionText(one)}`,
    `on ${record.variant}: Linux ${record.kernel.release}, profile ${record.profile}, ${accelerator.toUpperCase()}`,
    ...(verdict.title === '' ? [] : [verdict.title]),
    ...(about === '' ? [] : [`${about}${one.expectation === null ? '' : `: ${one.expectation.reason}`}`]),
    ...(verdict.verdict === one.verdict
      ? []
      : [`the run said ${one.verdict}: judged anew by today's oracles`]),
  ].flatMap((line) => wrap(line, width));
  return [
    ...lines,
    ...(timeline.length === 0 ? [] : ['', paint('bold', TIMELINE_TITLE)]),
    ...timelineLines(timeline, width, paint),
    ...section('what was broken', brokenLines(verdict.findings)),
    ...section('who waits for whom', chain),
    ...section('stacks', stacks.flatMap(stackLines)),
    ...section(
      'kernel reports',
      reportLines(reports, stacks.length === 0 ? REPORT_LINES_SHOWN : REPORT_LINES_BESIDE_STACKS),
    ),
    ...section('a pass would have been', passTerms),
    ...section('again', [one.reproduce, `evidence: ${folder}`]),
    '',
  ].join('\n');
}

function timelineLines(timeline: readonly TimelineEntry[], width: number, paint: Paint): readonly string[] {
  const shown = timeline.slice(0, ENTRIES_SHOWN);
  const rows = shown.map(({ ns, approximate, actor, text }): readonly Cell[] => [
    { text: `${approximate ? '~' : ''}${signed(ns)}`, align: 'right' },
    { text: actor, colour: ACTORS[actor] },
    { text: shorten(text, width - TIMELINE_MARGIN) },
  ]);
  const left = timeline.length - shown.length;
  const table = renderTable(rows, paint)
    .split('\n')
    .slice(0, -1)
    .map((line) => `  ${line}`);
  return left === 0 ? table : [...table, `  and ${left} more in events.jsonl`];
}

function signed(ns: number): string {
  if (ns === 0) return '0';
  return ns < 0 ? `-${formatNs(-ns)}` : `+${formatNs(ns)}`;
}

/** Breaks a line between words; what follows is indented by two more. A word that is too long is cut. */
function wrap(line: string, width: number): readonly string[] {
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    if (at <= indent.length) break;
    lines.push(rest.slice(0, at));
    rest = `${indent}${rest.slice(at + 1)}`;
  }
  return [...lines, shorten(rest, width)];
}

/** Each finding in a line, with the contract's source or the first of its evidence. */
function brokenLines(findings: readonly Finding[]): readonly string[] {
  const lines = findings.slice(0, FINDINGS_SHOWN).flatMap(({ oracle, verdict, summary, evidence }, index) => {
    const line = `${verdict} by ${oracle}: ${summary}`;
    // The first gave the verdict; of the others a line each will do.
    const cause =
      oracle === 'splat' ? evidence.filter((one) => CAUSE.test(one)).map((one) => `  ${one}`) : [];
    if (index > 0 && oracle !== 'contract') return [line, ...cause];
    const contract = evidence.filter((line) => line.startsWith('contract: '));
    const why = contract.length > 0 ? [...contract, ...evidence.slice(0, 1)] : evidence.slice(0, 1);
    // Which part of a device's life it was that went wrong, where the report says so.
    const lifetime =
      oracle === 'splat' ? evidence.slice(1).filter((line) => !line.startsWith('console.log')) : [];
    return [line, ...[...why, ...lifetime].map((line) => `  ${line}`)];
  });
  const left = findings.length - FINDINGS_SHOWN;
  return left > 0 ? [...lines, `and ${left} more in verdict.json`] : lines;
}

function stackLines({ of, frames }: Explanation['stacks'][number]): readonly string[] {
  const telling = frames.filter((frame) => !ENTRY.test(frame));
  const left = telling.length - FRAMES_SHOWN;
  return [
    of,
    ...telling.slice(0, FRAMES_SHOWN).map((frame) => `  ${frame}`),
    ...(left > 0 ? [`  … ${left} more in record.json`] : []),
  ];
}

function reportLines(reports: Explanation['reports'], shown: number): readonly string[] {
  const lines = reports
    .slice(0, REPORTS_SHOWN)
    .flatMap(({ title, place, lines: text }, index) => [
      `${title} (${place})`,
      ...(index === 0 ? text.filter(isTelling).slice(0, shown) : []).map((line) => `  ${line.trimEnd()}`),
    ]);
  const left = reports.length - REPORTS_SHOWN;
  return left > 0 ? [...lines, `and ${left} more titles in verdict.json`] : lines;
}

/** Rulers, blank lines and guesses of the stack walker (`? f`) take room and say little. */
function isTelling(line: string): boolean {
  return line.trim() !== '' && !/^[=-]+$/.test(line.trim()) && !/^\s*\? /.test(line);
}
