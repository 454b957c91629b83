/** Oracle: why the guest did not answer any more, where that was looked into. Asked only when a record has a diagnosis. */
import { type Evidence, judged, notJudged, type OracleResult } from './evidence.ts';
import type { DiagnosisKind } from './record.ts';
import type { Finding } from './verdict.ts';

/**
 * Whose fault it is. A guest that stands still, or whose programs nothing wakes any more, is the kernel's doing; a QEMU
 * that ended or was stopped is the host's, a dead SSH in a living guest is ours.
 */
const MEANS: Readonly<Record<DiagnosisKind, Finding['verdict'] & ('hang' | 'error')>> = {
  'frozen-spinning': 'hang',
  'frozen-halted': 'hang',
  'no-userspace': 'hang',
  'server-dead': 'error',
  'qemu-ended': 'error',
  'qemu-stopped': 'error',
  'qemu-stuck': 'error',
  paused: 'error',
};

/** Judges the diagnosis. A report of the kernel explains an end of the guest: then that decides. */
export function guestOracle(evidence: Evidence): OracleResult {
  const { record, splats } = evidence;
  const diagnosis = record.diagnosis ?? null;
  if (diagnosis === null) return notJudged('the guest was not looked at from outside');
  const { kind, summary, evidence: lines, nmiStartByte } = diagnosis;
  const verdict = MEANS[kind];
  if (verdict === 'error' && splats.length > 0)
    return judged([], `explained by the kernel's report: ${kind}: ${summary}`);
  const note =
    nmiStartByte === null
      ? null
      : `what the console has from byte ${nmiStartByte} on is the answer to unplug's NMI, and no finding`;
  return judged([{ oracle: 'guest', verdict, summary, evidence: [kind, ...lines] }], note);
}

/** First cause wins: what is missing because the guest did not answer is no trouble of its own. */
export function asConsequence(result: OracleResult): OracleResult {
  const { findings, note } = result;
  if (findings.length === 0) return result;
  const follows = `follows from the state of the guest: ${findings.map(({ summary }) => summary).join('; ')}`;
  return judged([], note === null ? follows : `${follows}; ${note}`);
}
