/** Oracle: what the kernel itself reported. Any report counts, wherever in the case's life it came. */
import {
  dedupKey,
  isHang,
  type Splat,
  type SplatType,
  SUPPRESSIONS,
  type Suppression,
  suppressionOf,
} from '../oops/index.ts';
import { type Evidence, judged, notJudged, type OracleResult } from './evidence.ts';
import type { Finding, SplatSummary } from './verdict.ts';

/** One finding per cause: with kasan_multi_shot one gives dozens of reports, under many titles. */
export function splatOracle(
  evidence: Evidence,
  suppressions: readonly Suppression[] = SUPPRESSIONS,
): OracleResult {
  if (evidence.record.console === null && evidence.splats.length === 0)
    return notJudged('there is no console');
  const summaries = summariseSplats(evidence, suppressions);
  const suppressed = summaries.filter((one) => one.suppressed !== undefined);
  return judged(
    summaries
      .filter((one) => one.suppressed === undefined)
      .map((one): Finding => {
        const first = evidence.splats.find((splat) => splat.title === one.title);
        return {
          oracle: 'splat',
          verdict: isHang(one.type as SplatType) ? 'hang' : 'crash',
          summary: one.title,
          evidence: [
            `console.log:${one.startLine}-${one.endLine}${moreText(evidence, one)}`,
            ...(one.when === null
              ? []
              : [one.when === 'before-removal' ? 'before the removal' : 'after the removal began']),
            ...(one.cause === undefined ? [] : [one.cause]),
            ...(first === undefined ? [] : lifetimeEvidence(first)),
          ],
        };
      }),
    suppressed.length === 0
      ? null
      : suppressed.map((one) => `suppressed: ${one.title} (${one.suppressed})`).join('; '),
  );
}

/** ` and 57 more of the same cause, 12 titles`; nothing for a single report. */
function moreText(evidence: Evidence, one: SplatSummary): string {
  if (one.count === 1) return '';
  const key = one.cause;
  if (key === undefined) return ` and ${one.count - 1} more of the same title`;
  const titles = new Set(evidence.splats.filter((s) => s.lifecycle?.key === key).map((s) => s.title));
  return titles.size < 2
    ? ` and ${one.count - 1} more of the same title`
    : ` and ${one.count - 1} more of the same cause, ${titles.size} titles`;
}

/** Splats grouped by cause, in the order of the console. */
export function summariseSplats(
  evidence: Evidence,
  suppressions: readonly Suppression[] = SUPPRESSIONS,
): readonly SplatSummary[] {
  const start = evidence.record.console?.removalStartByte ?? null;
  const groups = new Map<string, Splat[]>();
  for (const splat of [...evidence.splats].sort((a, b) => a.startByte - b.startByte)) {
    const why = suppressionOf(splat, evidence.record.startedAt, suppressions)?.reason ?? '';
    const key = `${dedupKey(splat)}\n${why}`;
    groups.set(key, [...(groups.get(key) ?? []), splat]);
  }
  return [...groups.values()].map((group): SplatSummary => {
    const first = group[0] as Splat;
    const suppression = suppressionOf(first, evidence.record.startedAt, suppressions);
    const names = new Set(group.flatMap((splat) => [splat.title, ...splat.altTitles]));
    names.delete(first.title);
    return {
      title: first.title,
      altTitles: group.every(({ title }) => title === first.title) ? first.altTitles : [...names].sort(),
      type: first.type,
      ...(first.lifecycle === undefined ? {} : { cause: first.lifecycle.key }),
      ...(suppression === undefined
        ? {}
        : { suppressed: `${suppression.reason}, until ${suppression.until}` }),
      count: group.length,
      startLine: first.startLine,
      endLine: first.endLine,
      when: start === null ? null : first.startByte < start ? 'before-removal' : 'after-removal',
    };
  });
}

function lifetimeEvidence(splat: Splat): readonly string[] {
  const { access, freedBy, usedBy } = splat;
  if (freedBy === undefined && usedBy === undefined) return [];
  return [
    [
      freedBy === undefined ? null : `freed by ${freedBy}`,
      usedBy === undefined ? null : `${access === 'Write' ? 'written' : 'read'} by ${usedBy}`,
    ]
      .filter((part) => part !== null)
      .join(', '),
  ];
}
