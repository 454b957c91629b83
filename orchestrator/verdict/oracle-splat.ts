/** Oracle: what the kernel itself reported. Any report counts, wherever in the case's life it came. */
import { isHang, type Splat, type SplatType } from '../oops/index.ts';
import { type Evidence, judged, notJudged, type OracleResult } from './evidence.ts';
import type { Finding, SplatSummary } from './verdict.ts';

/** One finding per title: with kasan_multi_shot one cause gives dozens of reports. */
export function splatOracle(evidence: Evidence): OracleResult {
  if (evidence.record.console === null && evidence.splats.length === 0)
    return notJudged('there is no console');
  return judged(
    summariseSplats(evidence).map((one): Finding => {
      const first = evidence.splats.find((splat) => splat.title === one.title);
      return {
        oracle: 'splat',
        verdict: isHang(one.type as SplatType) ? 'hang' : 'crash',
        summary: one.title,
        evidence: [
          `console.log:${one.startLine}-${one.endLine}${one.count > 1 ? ` and ${one.count - 1} more of the same title` : ''}`,
          ...(one.when === null
            ? []
            : [one.when === 'before-removal' ? 'before the removal' : 'after the removal began']),
          ...(first === undefined ? [] : lifetimeEvidence(first)),
        ],
      };
    }),
  );
}

/** Splats grouped by title, in the order of the console. */
export function summariseSplats(evidence: Evidence): readonly SplatSummary[] {
  const start = evidence.record.console?.removalStartByte ?? null;
  const groups = new Map<string, Splat[]>();
  for (const splat of [...evidence.splats].sort((a, b) => a.startByte - b.startByte)) {
    groups.set(splat.title, [...(groups.get(splat.title) ?? []), splat]);
  }
  return [...groups.values()].map((group): SplatSummary => {
    const first = group[0] as Splat;
    return {
      title: first.title,
      altTitles: first.altTitles,
      type: first.type,
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
