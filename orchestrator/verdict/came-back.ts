/** What is asked of a device that came back while the files of the one before it were held: that it works. */
import type { CameBackEvent } from './events.ts';
import { callEvidence, type Evidence, outcomeText, works } from './evidence.ts';
import type { Finding } from './verdict.ts';

const EVIDENCE_LINES = 8;

/** Whether a case was to bring its device back. */
export function mustComeBack({ record }: Pick<Evidence, 'record'>): boolean {
  const { aftermath } = record.case.kind === 'removal' ? record.case : {};
  return aftermath === 'rebind' || aftermath === 'replug';
}

/** How it came back, if that is known. */
export function cameBack({ events }: Pick<Evidence, 'events'>): CameBackEvent | undefined {
  return events.find((event): event is CameBackEvent => event.ev === 'came-back');
}

/** Whether the program that uses it got as far as the close, or into a call that says why it did not. */
export function wasUsed({ calls }: Pick<Evidence, 'calls'>): boolean {
  const own = calls.filter(({ source }) => source === 'second');
  return own.some(({ op, result }) => op === 'close' || result === null || !works(result));
}

/** What is wrong with the one that came back. */
export function judgeCameBack(evidence: Evidence): readonly Finding[] {
  const event = cameBack(evidence);
  if (event === undefined) return [];
  if (event.device === null) {
    const lines = (event.detail ?? '').split('\n');
    return [
      {
        oracle: 'contract',
        verdict: 'fail',
        summary: 'the device does not come back while its old files are held',
        evidence: lines.slice(-EVIDENCE_LINES),
      },
    ];
  }
  return evidence.calls.flatMap((call): readonly Finding[] => {
    if (call.source !== 'second') return [];
    const { label, result } = call;
    if (result !== null && works(result)) return [];
    const how = result === null ? 'does not return' : `gave ${outcomeText(result)}`;
    return [
      {
        oracle: 'contract',
        verdict: result === null ? 'hang' : 'fail',
        summary: `${label} on the device that came back ${how}`,
        evidence: [callEvidence(call)],
      },
    ];
  });
}
