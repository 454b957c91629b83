/** Verdicts computed again from what is on disk. */
import { join } from 'node:path';
import { judgeConsole, serialiseVerdict, type VerdictRecord } from '../verdict/index.ts';
import { CASE_FILES } from './layout.ts';
import { readBytes, readCase } from './reader.ts';

/** A stored verdict beside today's. */
export interface Replayed {
  readonly verdict: VerdictRecord;
  /** Whether today's verdict.json has the same bytes as the stored one, or had before verdicts named causes. */
  readonly same: boolean;
}

/**
 * Judges a stored case with today's parser and oracles; nothing is written.
 * @throws InfraError when a file of the case is missing or damaged
 */
export async function replayCase(directory: string): Promise<Replayed> {
  const { record, events, console } = await readCase(directory);
  const verdict = judgeConsole(record, events, console);
  const stored = await readBytes(join(directory, CASE_FILES.verdict));
  const same = [verdict, withoutCauses(verdict)].some((one) =>
    stored.equals(Buffer.from(serialiseVerdict(one))),
  );
  return { verdict, same };
}

/** As verdicts were before reports had a cause: equal but for that field and its line of evidence. */
function withoutCauses(verdict: VerdictRecord): VerdictRecord {
  const causes = new Set(verdict.splats.map(({ cause }) => cause));
  return {
    ...verdict,
    findings: verdict.findings.map((finding) => ({
      ...finding,
      evidence: finding.evidence.filter((line) => !causes.has(line)),
    })),
    splats: verdict.splats.map(({ cause: _, ...rest }) => rest),
  };
}
