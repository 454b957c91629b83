/** Oracle: is the kernel still one to work with after the case? */
import { isHang } from '../oops/index.ts';
import { type Evidence, judged, notJudged, type OracleResult } from './evidence.ts';
import type { HealthSample } from './record.ts';
import type { Finding } from './verdict.ts';

/**
 * Taint that the kernel sets only together with a report on the console (kernel/panic.c taint_flags): a bit that
 * came up without a splat means that a report was missed. Other taint is recorded and judged by nobody
 * (TAINT_FORCED_RMMOD, TAINT_OOT_MODULE, manual bind and unbind …).
 */
const REPORTED_TAINT: readonly { readonly bit: number; readonly letter: string; readonly what: string }[] = [
  { bit: 5, letter: 'B', what: 'bad page or KASAN report' },
  { bit: 7, letter: 'D', what: 'oops or BUG' },
  { bit: 9, letter: 'W', what: 'warning' },
  { bit: 14, letter: 'L', what: 'soft lockup' },
];

/** Judges what the health program said before and after. */
export function healthOracle(evidence: Evidence): OracleResult {
  const { health } = evidence.record;
  if (health === null) return notJudged('health was not asked for');
  const { after, failure } = health;
  const before = health.before ?? unused(evidence);
  const findings: Finding[] = [];
  const find = (verdict: Finding['verdict'], summary: string, ...lines: string[]): void => {
    findings.push({ oracle: 'health', verdict, summary, evidence: lines });
  };
  if (before !== null && !before.forked) find('error', 'the guest could not start a process before the case');
  if (before?.lockdep === false)
    find('error', 'lockdep was off before the case: what is clean under it proves nothing');
  if (failure !== null) find('hang', `the guest no longer answers: ${failure}`);
  if (after !== null && !after.forked) find('hang', 'the guest can no longer start a process');
  if (before !== null && after !== null) {
    const reports = evidence.splats.filter((splat) => !isHang(splat.type));
    if (before.lockdep === true && after.lockdep !== true && reports.length === 0) {
      find(
        'error',
        'lockdep went off and no kernel report explains it',
        `debug_locks: 1 before, ${after.lockdep === null ? 'unreadable' : '0'} after`,
      );
    }
    const came = newTaint(before.tainted, after.tainted);
    if (came.length > 0 && evidence.splats.length === 0) {
      find(
        'error',
        `the kernel tainted itself (${came.join(', ')}) and no report of it was found`,
        `tainted: ${before.tainted} before, ${after.tainted} after`,
      );
    }
  }
  return judged(findings, taintNote(before?.tainted ?? null, after?.tainted ?? null));
}

/** KUnit runs before anything could be asked; a kernel starts untainted and with lockdep on (lib/debug_locks.c). */
function unused({ record }: Evidence): HealthSample | null {
  const after = record.health?.after ?? null;
  if (record.case.kind !== 'kunit' || after === null) return null;
  return { forked: true, tainted: 0, lockdep: after.lockdep === null ? null : true };
}

function newTaint(before: number | null, after: number | null): readonly string[] {
  if (before === null || after === null) return [];
  return REPORTED_TAINT.filter(({ bit }) => has(after, bit) && !has(before, bit)).map(
    ({ letter, what }) => `${letter}: ${what}`,
  );
}

/** Taint is 64 bits wide in the kernel; shifts of numbers in JavaScript are not. */
function has(taint: number, bit: number): boolean {
  return Math.floor(taint / 2 ** bit) % 2 === 1;
}

function taintNote(before: number | null, after: number | null): string | null {
  return before === null || after === null || before === after ? null : `taint ${before} → ${after}`;
}
