/** Oracle: the removal itself did not come back within its bound (usually in D; the kernel's hung task check sees it too). */
import { formatMeasured } from '../timing/index.ts';
import { blockingChain, chainLines } from './blocking-chain.ts';
import { type Evidence, judged, notJudged, type OracleResult } from './evidence.ts';
import { waitingEvidence, waitingPlace } from './stack.ts';
import { endText, judgeWait, limitText, removalWait, waitDuration } from './waits.ts';

/** Judges the removing call by `limits.removalMs`. */
export function removerStuckOracle(evidence: Evidence): OracleResult {
  const { removal, limits } = evidence.record;
  if (removal === null) return notJudged('no removal was asked for');
  const wait = removalWait(evidence, removal);
  const duration = waitDuration(wait);
  switch (judgeWait(wait, limits.removalMs)) {
    case 'in-time':
      return judged([]);
    case 'cut-short':
      return duration === null
        ? notJudged('the record does not say when the removal ended')
        : notJudged(`unplug ended the removal's wait before the bound of ${limitText(limits.removalMs)}`);
    case 'stuck': {
      const { where, how } = waitingPlace(removal.observations);
      const chain = blockingChain(evidence);
      const took = duration === null ? '?' : formatMeasured(duration);
      return judged([
        {
          oracle: 'remover-stuck',
          verdict: 'hang',
          summary: `removal stuck in ${where} (${how})`,
          evidence: [
            `${removal.mechanism} took ${took}, the bound is ${limitText(limits.removalMs)}; ${endText(wait, 'it')}`,
            ...(chain === null ? [] : chainLines(evidence, chain)),
            ...waitingEvidence(`remover, pid ${removal.pid ?? '?'}`, removal.observations),
          ],
        },
      ]);
    }
  }
}
