/** All that explains a verdict, from the evidence of the case. Pure data; a reporter makes text of it. */

import { isHang, parseConsole, type SplatType } from '../oops/index.ts';
import { blockingChain, chainLines } from './blocking-chain.ts';
import type { WorkloadEvent } from './events.ts';
import { gatherEvidence } from './evidence.ts';
import { judgeConsole, judgedConsole } from './judge.ts';
import { passTerms } from './pass-terms.ts';
import type { CaseRecord } from './record.ts';
import { tellingObservation } from './stack.ts';
import { functionsOf, threadName, threadsOf } from './threads.ts';
import { type TimelineEntry, timelineOf } from './timeline.ts';
import type { VerdictRecord } from './verdict.ts';

/** A thread's stack as it was last seen, innermost frame first. */
export interface SeenStack {
  /** `remover remove-write, pid 63: D, __synchronize_srcu` */
  readonly of: string;
  readonly frames: readonly string[];
}

/** A kernel report. */
export interface SeenReport {
  readonly title: string;
  readonly place: string;
  readonly lines: readonly string[];
}

/** Why a case has its verdict. */
export interface Explanation {
  readonly verdict: VerdictRecord;
  readonly timeline: readonly TimelineEntry[];
  /** Who waits for whom; empty unless the removal was stuck. */
  readonly chain: readonly string[];
  readonly stacks: readonly SeenStack[];
  readonly reports: readonly SeenReport[];
  readonly passTerms: readonly string[];
}

/**
 * Explains a case by today's oracles.
 * @param recorded the console as it lies on disk
 */
export function explain(
  record: CaseRecord,
  events: readonly WorkloadEvent[],
  recorded: string | Uint8Array,
): Explanation {
  const verdict = judgeConsole(record, events, recorded);
  const splats = parseConsole(judgedConsole(record, recorded));
  const evidence = gatherEvidence(record, events, splats);
  const isStuck = verdict.findings.some(({ oracle }) => oracle === 'remover-stuck');
  const chain = isStuck ? blockingChain(evidence) : null;
  const involved = new Set(chain?.links.map(({ thread }) => thread.tid) ?? []);
  const stuck = verdict.findings.some(({ oracle }) => oracle === 'user-stuck' || oracle === 'remover-stuck');
  const threads = threadsOf(evidence).filter(
    (thread) =>
      stuck &&
      functionsOf(thread).length > 0 &&
      (involved.size === 0 ? thread.tid === record.user?.tid : involved.has(thread.tid)),
  );
  const titles = new Map(splats.map((splat) => [splat.title, splat] as const).reverse());
  return {
    verdict,
    timeline: record.case.kind === 'removal' ? timelineOf(evidence) : [],
    chain: chain === null ? [] : chainLines(evidence, chain),
    stacks: threads.map((thread) => {
      const look = tellingObservation(thread.observations);
      const wchan = look?.wchan ? `, ${look.wchan}` : '';
      return {
        of: `${thread.role} ${threadName(thread)}: ${look?.state ?? '?'}${wchan}`,
        frames: look?.stack ?? [],
      };
    }),
    // The kernel's own word for a hang tells less than the chain does; it is in the timeline.
    reports: verdict.splats
      .filter(({ type }) => !isHang(type as SplatType) || (chain === null && verdict.verdict === 'hang'))
      .map(({ title, startLine, endLine }) => ({
        title,
        place: `console.log:${startLine}-${endLine}`,
        lines: titles.get(title)?.text.split('\n') ?? [],
      })),
    passTerms: passTerms(evidence),
  };
}
