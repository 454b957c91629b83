/** Misbehaviour of an emulated adapter, as a suite orders it: rules by request. */
import { z } from 'zod';

/** What an adapter does in place of answering a request as it would. The emulated adapters say what each means. */
export type Misbehaviour =
  | { readonly do: 'delay'; readonly delayMs: number }
  | { readonly do: 'status'; readonly status: (typeof STATUSES)[number] }
  | { readonly do: 'silence' }
  | { readonly do: 'late'; readonly afterCancelMs: number }
  | { readonly do: 'shorten'; readonly bytes: number }
  | { readonly do: 'lengthen'; readonly bytes: number }
  | { readonly do: 'garbage' }
  | { readonly do: 'disconnect'; readonly when: 'before' | 'after' };

/** Which requests a misbehaviour is for: what is absent matches all. Requests are counted from the held state on. */
export interface MisbehaviourRule {
  readonly at?: number | undefined;
  readonly from?: number | undefined;
  readonly kind?: (typeof KINDS)[number] | undefined;
  readonly endpoint?: number | undefined;
  readonly request?: number | undefined;
  readonly behaviour: Misbehaviour;
}

const STATUSES = ['inval', 'ioerror', 'stall', 'timeout', 'babble'] as const;
const KINDS = ['control', 'out', 'bulk-in', 'in'] as const;

const whole = (what: string, least: number, most: number): z.ZodInt => {
  const error = `expected ${what}, a whole number from ${least} to ${most}`;
  return z.int(error).min(least, error).max(most, error);
};
const bytes = whole('bytes', 1, 65_536);
const which = {
  at: whole('the number of a request', 1, 1_000_000).optional(),
  from: whole('the number of a request', 1, 1_000_000).optional(),
  kind: z.enum(KINDS, `expected ${KINDS.join(', ')}`).optional(),
  endpoint: whole('the address of an endpoint', 0, 0xff).optional(),
  request: whole('bRequest', 0, 0xff).optional(),
};
const rule = z.discriminatedUnion(
  'do',
  [
    z.strictObject({ ...which, do: z.literal('delay'), delayMs: whole('milliseconds', 1, 600_000) }),
    z.strictObject({ ...which, do: z.literal('status'), status: z.enum(STATUSES) }),
    z.strictObject({ ...which, do: z.literal('silence') }),
    z.strictObject({ ...which, do: z.literal('late'), afterCancelMs: whole('milliseconds', 0, 600_000) }),
    z.strictObject({ ...which, do: z.literal('shorten'), bytes }),
    z.strictObject({ ...which, do: z.literal('lengthen'), bytes }),
    z.strictObject({ ...which, do: z.literal('garbage') }),
    z.strictObject({
      ...which,
      do: z.literal('disconnect'),
      when: z.enum(['before', 'after']).default('before'),
    }),
  ],
  'expected do: delay, status, silence, late, shorten, lengthen, garbage or disconnect',
);

/** A rule of a suite file. */
export const misbehaviourRuleSchema: z.ZodType<MisbehaviourRule> = rule.transform(
  ({ at, from, kind, endpoint, request, ...behaviour }) => ({ at, from, kind, endpoint, request, behaviour }),
);
