/** The verdict of a case: a pure function of what is on disk, so that it can be computed again from there. */
import { type KtapDocument, parseKtap } from '../ktap/index.ts';
import { isHang, parseConsole, type Splat, type SplatType } from '../oops/index.ts';
import type { WorkloadEvent } from './events.ts';
import {
  type Evidence,
  gatherEvidence,
  heldCall,
  type Oracle,
  outcomeText,
  removalWorked,
} from './evidence.ts';
import { contractOracle } from './oracle-contract.ts';
import { evidenceOracle } from './oracle-evidence.ts';
import { asConsequence, guestOracle } from './oracle-guest.ts';
import { healthOracle } from './oracle-health.ts';
import { removerStuckOracle } from './oracle-remover-stuck.ts';
import { splatOracle, summariseSplats } from './oracle-splat.ts';
import { testsEvidenceOracle, testsOracle } from './oracle-tests.ts';
import { userStuckOracle } from './oracle-user-stuck.ts';
import type { CaseRecord } from './record.ts';
import { skipReason, testsSeen, testsVerdict } from './tests-seen.ts';
import { timingsOf } from './timings.ts';
import {
  type Finding,
  type OracleName,
  VERDICT_SCHEMA_VERSION,
  type VerdictKind,
  type VerdictRecord,
} from './verdict.ts';

interface NamedOracle {
  readonly name: OracleName;
  readonly look: Oracle;
}

/** Within one verdict the more telling oracle comes first: it gives the title. */
const REMOVAL_ORACLES: readonly NamedOracle[] = [
  { name: 'evidence', look: evidenceOracle },
  { name: 'remover-stuck', look: removerStuckOracle },
  { name: 'user-stuck', look: userStuckOracle },
  { name: 'splat', look: (evidence) => splatOracle(evidence) },
  { name: 'contract', look: contractOracle },
  { name: 'health', look: healthOracle },
];

const TEST_ORACLES: readonly NamedOracle[] = [
  { name: 'evidence', look: testsEvidenceOracle },
  { name: 'tests', look: testsOracle },
  { name: 'splat', look: (evidence) => splatOracle(evidence) },
  { name: 'health', look: healthOracle },
];

/** Where the guest did not answer any more: that comes first, and what is missing of the evidence follows from it. */
function afterDiagnosis(oracles: readonly NamedOracle[]): readonly NamedOracle[] {
  return [
    { name: 'guest', look: guestOracle },
    ...oracles.map(
      ({ name, look }): NamedOracle =>
        name === 'evidence' ? { name, look: (evidence) => asConsequence(look(evidence)) } : { name, look },
    ),
  ];
}

/** Worst first. A crash is never hidden, not even by our own failure; what can't be judged is never a pass. */
const SEVERITY: readonly Finding['verdict'][] = ['crash', 'error', 'hang', 'fail'];

/** What `judge` reads. */
export interface CaseEvidence {
  readonly record: CaseRecord;
  readonly events: readonly WorkloadEvent[];
  readonly splats: readonly Splat[];
  /** Of the console; read for KUnit cases only. */
  readonly ktap?: readonly KtapDocument[];
}

/** Judges a case. No clock, no I/O: equal evidence gives equal bytes of {@link serialiseVerdict}. */
export function judge(input: CaseEvidence): VerdictRecord {
  const { record } = input;
  const tests = record.case.kind === 'removal' ? null : testsSeen(record, input.events, input.ktap ?? []);
  const evidence = gatherEvidence(record, input.events, input.splats, tests);
  if (record.skip !== null) return finish(evidence, 'skip', record.skip.reason, [], []);
  const usual = tests === null ? REMOVAL_ORACLES : TEST_ORACLES;
  const oracles = (record.diagnosis ?? null) === null ? usual : afterDiagnosis(usual);
  const looks = oracles.map(({ name, look }) => ({ name, ...look(evidence) }));
  const findings = SEVERITY.flatMap((verdict) =>
    looks.flatMap((look) => look.findings.filter((finding) => finding.verdict === verdict)),
  );
  const worst = findings[0];
  const notes = looks.map(({ name, judged, note }) => ({ oracle: name, judged, note }));
  const skipped = worst === undefined && tests !== null ? skipReason(tests) : null;
  if (skipped !== null) return finish(evidence, 'skip', skipped, [], notes);
  return finish(evidence, worst?.verdict ?? 'pass', worst?.summary ?? '', findings, notes);
}

/** As {@link judge}, from the console's bytes. What the kernel said to unplug's own NMI is no report. */
export function judgeConsole(
  record: CaseRecord,
  events: readonly WorkloadEvent[],
  recorded: string | Uint8Array,
): VerdictRecord {
  const console = judgedConsole(record, recorded);
  const splats = parseConsole(console);
  if (record.case.kind !== 'kunit') return judge({ record, events, splats });
  const text = bytesOf(console).toString('utf8');
  return judge({ record, events, splats, ktap: parseKtap(text) });
}

/** The console up to where unplug injected an NMI: what is behind is its own doing. */
export function judgedConsole(record: CaseRecord, recorded: string | Uint8Array): Uint8Array {
  const nmiStartByte = record.diagnosis?.nmiStartByte ?? null;
  return bytesOf(recorded).subarray(0, nmiStartByte ?? undefined);
}

function bytesOf(console: string | Uint8Array): Buffer {
  return typeof console === 'string' ? Buffer.from(console) : Buffer.from(console);
}

/** verdict.json: equal verdicts give equal bytes. */
export function serialiseVerdict(verdict: VerdictRecord): string {
  return `${JSON.stringify(verdict, null, 2)}\n`;
}

function finish(
  evidence: Evidence,
  verdict: VerdictKind,
  title: string,
  findings: VerdictRecord['findings'],
  oracles: VerdictRecord['oracles'],
): VerdictRecord {
  const splats = summariseSplats(evidence);
  return {
    schemaVersion: VERDICT_SCHEMA_VERSION,
    case: evidence.record.case.name,
    variant: evidence.record.variant,
    verdict,
    title,
    altTitles: altTitles(verdict, title, splats),
    findings,
    oracles,
    splats,
    userSaw: userSaw(evidence),
    timings: timingsOf(evidence),
    ...(evidence.tests === null ? {} : { tests: testsVerdict(evidence.tests) }),
  };
}

/** Of a crash the other names of the report in the title; of a hang the kernel's own names for it. */
function altTitles(verdict: VerdictKind, title: string, splats: VerdictRecord['splats']): readonly string[] {
  const names = splats
    .filter((splat) =>
      verdict === 'hang' ? isHang(splat.type as SplatType) : verdict === 'crash' && splat.title === title,
    )
    .flatMap((splat) => [splat.title, ...splat.altTitles]);
  return [...new Set(names)].filter((name) => name !== title).sort();
}

function userSaw(evidence: Evidence): string | null {
  const held = heldCall(evidence);
  const goneNs = removalWorked(evidence.record) ? (evidence.record.removal?.returnedNs ?? null) : null;
  const first = evidence.calls.find(
    ({ source, phase, result }) =>
      source === 'hold' &&
      phase === 'after' &&
      result !== null &&
      goneNs !== null &&
      result.startNs >= goneNs,
  );
  const call = held ?? first;
  if (call === undefined) return null;
  if (call.result === null) return 'no return';
  const { user } = evidence.record;
  const ours = held !== undefined && user?.endedBy && user.endedBy !== 'itself' ? ` (${user.endedBy})` : '';
  return `${outcomeText(call.result)}${ours}`;
}
