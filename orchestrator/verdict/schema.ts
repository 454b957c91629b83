/** The shapes of record.json and events.jsonl, for reading them back. The types are in record.ts and events.ts. */
import { z } from 'zod';
import type { Misbehaviour } from '../suite/index.ts';
import type { WorkloadEvent } from './events.ts';
import { type CaseRecord, RECORD_SCHEMA_VERSION } from './record.ts';

const endedBy = z.enum(['itself', 'interrupt', 'close', 'kill', 'never']);
const source = z.enum(['prepare', 'hold', 'second', 'remove', 'observe', 'health', 'selftest']);
const callPhase = z.enum(['open', 'before', 'held', 'after', 'close', 'removal']);
const phaseName = z.enum(['boot', 'clone', 'plug', 'hold', 'remove', 'aftermath', 'test', 'collect']);

const observation = z.strictObject({
  atNs: z.number(),
  state: z.string(),
  wchan: z.string(),
  stack: z.array(z.string()),
});

const healthSample = z.strictObject({
  forked: z.boolean(),
  tainted: z.number().nullable(),
  lockdep: z.boolean().nullable(),
});

const removalCase = z.strictObject({
  kind: z.literal('removal'),
  name: z.string(),
  adapter: z.string(),
  deviceClass: z.string(),
  hold: z.string(),
  removal: z.string(),
  moment: z.string().optional(),
  misbehaviour: z
    .array(
      z.strictObject({
        at: z.number().optional(),
        from: z.number().optional(),
        kind: z.enum(['control', 'out', 'bulk-in', 'in']).optional(),
        endpoint: z.number().optional(),
        request: z.number().optional(),
        behaviour: z.custom<Misbehaviour>(
          (value) => typeof value === 'object' && value !== null && 'do' in value,
        ),
      }),
    )
    .optional(),
  aftermath: z.string().optional(),
  parameters: z.record(z.string(), z.number()).optional(),
  symbols: z.array(z.string()).optional(),
  contract: z
    .array(
      z.strictObject({
        when: z.enum(['held', 'after']),
        op: z.string(),
        allow: z.strictObject({
          success: z.boolean().optional(),
          errnos: z.array(z.string()).optional(),
          revents: z.array(z.string()).optional(),
        }),
        source: z.string(),
      }),
    )
    .optional(),
  repeat: z.number().optional(),
});

const symbols = z.array(z.string());
const testCase = z.discriminatedUnion('kind', [
  removalCase,
  z.strictObject({ kind: z.literal('kunit'), name: z.string(), suite: z.string(), symbols }),
  z.strictObject({
    kind: z.literal('selftest'),
    name: z.string(),
    collection: z.string(),
    program: z.string(),
    symbols,
    timeoutMs: z.number().nullable(),
  }),
]);

/** Records of before there were other kinds have no `kind`. */
const kindGiven = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !('kind' in value) ? { kind: 'removal', ...value } : value;

/** record.json */
export const caseRecordSchema: z.ZodType<CaseRecord> = z.strictObject({
  schemaVersion: z.literal(RECORD_SCHEMA_VERSION),
  suite: z.string(),
  case: z.preprocess(kindGiven, testCase),
  variant: z.string(),
  kernel: z.strictObject({ key: z.string(), release: z.string() }),
  profile: z.string(),
  accelerator: z.strictObject({ name: z.enum(['kvm', 'tcg']), reason: z.string() }),
  machine: z
    .strictObject({
      memoryMiB: z.number(),
      cpus: z.number(),
      origin: z.enum(['boot', 'clone']).nullable().default(null),
    })
    .nullable(),
  limits: z.strictObject({ removalMs: z.number(), userMs: z.number() }),
  startedAt: z.string(),
  device: z.string().nullable(),
  facts: z.record(z.string(), z.string()).nullable().default(null),
  phases: z.array(z.strictObject({ name: phaseName, startMs: z.number(), endMs: z.number() })),
  removal: z
    .strictObject({
      mechanism: z.string(),
      action: z.string(),
      pid: z.number().nullable(),
      askedNs: z.number(),
      returnedNs: z.number().nullable(),
      errno: z.string().nullable(),
      hostSawGoneMs: z.number().nullable(),
      guestSawGoneNs: z.number().nullable(),
      endedBy,
      endedAtNs: z.number().nullable(),
      observations: z.array(observation),
    })
    .nullable(),
  user: z
    .strictObject({
      pid: z.number(),
      tid: z.number(),
      blocking: z.boolean(),
      endedBy: endedBy.nullable(),
      endedAtNs: z.number().nullable(),
      observations: z.array(observation),
    })
    .nullable(),
  tests: z
    .strictObject({
      output: z.enum(['console.log', 'events.jsonl']),
      asked: z.string(),
      limitMs: z.number().nullable(),
      durationMs: z.number().nullable(),
      exitCode: z.number().nullable(),
      endedBy,
      tasks: z.array(
        z.strictObject({ pid: z.number(), comm: z.string(), observations: z.array(observation) }),
      ),
    })
    .nullable()
    .default(null),
  health: z
    .strictObject({
      before: healthSample.nullable(),
      after: healthSample.nullable(),
      failure: z.string().nullable(),
    })
    .nullable(),
  console: z
    .strictObject({ bytes: z.number(), removalStartByte: z.number().nullable(), complete: z.boolean() })
    .nullable(),
  infra: z.strictObject({ code: z.string(), message: z.string(), phase: phaseName }).nullable(),
  diagnosis: z
    .strictObject({
      kind: z.enum([
        'qemu-ended',
        'qemu-stopped',
        'qemu-stuck',
        'paused',
        'frozen-spinning',
        'frozen-halted',
        'server-dead',
        'no-userspace',
      ]),
      summary: z.string(),
      evidence: z.array(z.string()),
      nmiStartByte: z.number().nullable(),
    })
    .nullable()
    .default(null),
  skip: z.strictObject({ reason: z.string() }).nullable(),
});

const common = { source, hostMs: z.number(), t: z.number() };
const call = { id: z.number(), phase: callPhase, op: z.string(), name: z.string().optional() };

/** One line of events.jsonl. Fields that are not listed are let through: they are evidence for the reader. */
export const workloadEventSchema: z.ZodType<WorkloadEvent> = z.discriminatedUnion('ev', [
  z.looseObject({ ...common, ev: z.literal('start'), pid: z.number() }),
  z.looseObject({ ...common, ev: z.literal('call'), ...call, tid: z.number() }),
  z.looseObject({
    ...common,
    ev: z.literal('return'),
    ...call,
    ret: z.number(),
    errno: z.string().nullish(),
    revents: z.array(z.string()).nullish(),
    startNs: z.number(),
    endNs: z.number(),
  }),
  z.looseObject({ ...common, ev: z.literal('held'), tid: z.number(), state: z.string(), wchan: z.string() }),
  z.looseObject({ ...common, ev: z.literal('command'), name: z.string() }),
  z.looseObject({
    ...common,
    ev: z.literal('done'),
    name: z.string(),
    completed: z.boolean().optional(),
    returned: z.boolean().optional(),
    blockedReturned: z.boolean().optional(),
  }),
  z.looseObject({
    ...common,
    ev: z.literal('raced'),
    op: z.string(),
    name: z.string().optional(),
    errno: z.string().nullish(),
    count: z.number(),
  }),
  z.looseObject({ ...common, ev: z.literal('fault'), what: z.string(), errno: z.string().nullish() }),
  z.looseObject({ ...common, ev: z.literal('end'), code: z.number() }),
  z.looseObject({
    ...common,
    ev: z.literal('prepared'),
    wallClock: z.boolean(),
    reseeded: z.boolean(),
    hungTask: z.boolean(),
  }),
  z.looseObject({ ...common, ev: z.literal('status') }),
  z.looseObject({ ...common, ev: z.literal('task') }),
  z.looseObject({ ...common, ev: z.literal('health') }),
  z.strictObject({
    ev: z.literal('came-back'),
    source: z.literal('second'),
    hostMs: z.number(),
    device: z.string().nullable(),
    detail: z.string().nullable(),
  }),
  z.strictObject({ ev: z.literal('garbage'), source, hostMs: z.number(), text: z.string() }),
  z.strictObject({
    ev: z.literal('output'),
    source: z.literal('selftest'),
    hostMs: z.number(),
    text: z.string(),
  }),
]);

/** Events that only the host writes. */
const BY_HOST: ReadonlySet<WorkloadEvent['ev']> = new Set(['garbage', 'output', 'came-back']);

const GARBAGE_KEPT = 1000;

/**
 * What a guest program printed, as an event. Total: a line that is no event becomes a {@link GarbageEvent}, which the
 * verdict calls an error, so nothing of it is lost and nothing is thrown.
 */
export function guestLineToEvent(text: string, from: WorkloadEvent['source'], hostMs: number): WorkloadEvent {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const parsed = workloadEventSchema.safeParse({ ...value, source: from, hostMs });
      if (parsed.success && !BY_HOST.has(parsed.data.ev)) return parsed.data;
    }
  } catch {
    // No JSON: garbage.
  }
  return { ev: 'garbage', source: from, hostMs, text: text.slice(0, GARBAGE_KEPT) };
}
