/** The shapes of run.json and verdict.json, for reading them back. */
import { z } from 'zod';
import type { KtapResult } from '../ktap/index.ts';
import { VERDICT_SCHEMA_VERSION, type VerdictRecord } from '../verdict/index.ts';
import { RUN_SCHEMA_VERSION, type RunRecord } from './run.ts';

const measured = z.union([
  z.strictObject({ ns: z.number() }),
  z.strictObject({ censoredAboveNs: z.number() }),
]);
const verdictKind = z.enum(['pass', 'fail', 'crash', 'hang', 'skip', 'error']);
const oracle = z.enum([
  'evidence',
  'splat',
  'contract',
  'remover-stuck',
  'user-stuck',
  'health',
  'tests',
  'guest',
]);
const ktapResult: z.ZodType<KtapResult> = z.lazy(() =>
  z.strictObject({
    name: z.string(),
    ok: z.boolean().nullable(),
    directive: z
      .strictObject({
        word: z.enum(['SKIP', 'TODO', 'XFAIL', 'XPASS', 'TIMEOUT', 'ERROR']),
        reason: z.string(),
      })
      .nullable(),
    diagnostics: z.array(z.string()),
    plan: z.number().nullable(),
    children: z.array(ktapResult),
  }),
);

/** run.json */
export const runRecordSchema: z.ZodType<RunRecord> = z.strictObject({
  schemaVersion: z.literal(RUN_SCHEMA_VERSION),
  id: z.string(),
  status: z.enum(['running', 'finished', 'interrupted', 'failed']),
  suite: z.strictObject({ name: z.string(), file: z.string() }),
  variants: z.array(
    z.strictObject({
      name: z.string(),
      kernelKey: z.string().nullable(),
      release: z.string().nullable(),
      profile: z.string().nullable(),
      description: z.string().nullable().default(null),
    }),
  ),
  accelerator: z.strictObject({ name: z.enum(['kvm', 'tcg']), reason: z.string() }).nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  exitCode: z.number().nullable(),
  failure: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  spent: z.array(z.strictObject({ what: z.string(), ms: z.number() })),
  cases: z.array(
    z.strictObject({
      name: z.string(),
      variant: z.string(),
      repetition: z.strictObject({ number: z.number(), of: z.number() }).exactOptional(),
      directory: z.string(),
      verdict: verdictKind.nullable(),
      title: z.string(),
      assessment: z.enum(['expected', 'unexpected', 'unexpected-pass']).nullable(),
      expectation: z
        .strictObject({
          verdict: z.enum(['fail', 'crash', 'hang']),
          title: z.string().nullable(),
          sometimes: z.boolean().exactOptional(),
          reason: z.string(),
          until: z.string(),
        })
        .nullable(),
      removal: measured.nullable(),
      userSaw: z.string().nullable(),
      // Runs of before there were tests have none.
      tests: z
        .strictObject({ ok: z.number(), skipped: z.number(), total: z.number() })
        .nullable()
        .default(null),
      reproduce: z.string(),
      durationMs: z.number().nullable(),
    }),
  ),
  notApplicable: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
});

/** verdict.json */
export const verdictRecordSchema: z.ZodType<VerdictRecord> = z.strictObject({
  schemaVersion: z.literal(VERDICT_SCHEMA_VERSION),
  case: z.string(),
  variant: z.string(),
  verdict: verdictKind,
  title: z.string(),
  altTitles: z.array(z.string()),
  findings: z.array(
    z.strictObject({
      oracle,
      verdict: z.enum(['crash', 'error', 'hang', 'fail']),
      summary: z.string(),
      evidence: z.array(z.string()),
    }),
  ),
  oracles: z.array(z.strictObject({ oracle, judged: z.boolean(), note: z.string().nullable() })),
  splats: z.array(
    z.strictObject({
      title: z.string(),
      altTitles: z.array(z.string()),
      type: z.string(),
      cause: z.string().exactOptional(),
      suppressed: z.string().exactOptional(),
      count: z.number(),
      startLine: z.number(),
      endLine: z.number(),
      when: z.enum(['before-removal', 'after-removal']).nullable(),
    }),
  ),
  userSaw: z.string().nullable(),
  timings: z.strictObject({
    open: measured.nullable(),
    ioctl: measured.nullable(),
    read: measured.nullable(),
    poll: measured.nullable(),
    close: measured.nullable(),
    removal: measured.nullable(),
  }),
  tests: z
    .strictObject({
      total: z.number(),
      ok: z.number(),
      failed: z.number(),
      skipped: z.number(),
      results: z.array(ktapResult),
    })
    .exactOptional(),
});
