/** Holds that need nothing of a class but its files, or its poll, or its read. */
import type { Adapter, HoldName } from './types.ts';

/** Each with the holds of which an adapter must have one. */
const COMMON: readonly { readonly hold: HoldName; readonly needs: readonly HoldName[] }[] = [
  { hold: 't5-open', needs: ['t0-idle'] },
  { hold: 't6-dup', needs: ['t0-idle'] },
  { hold: 't6-scm', needs: ['t0-idle'] },
  { hold: 't6-fork', needs: ['t0-idle'] },
  { hold: 't6-epoll', needs: ['t1-poll'] },
  { hold: 't6-uring-poll', needs: ['t1-poll'] },
  { hold: 't6-uring-read', needs: ['t2-read', 't3-read'] },
  { hold: 't7-close', needs: ['t0-idle'] },
];

/** The adapter with these holds, but for those that it says why not to have itself. */
export function withCommonHolds(adapter: Adapter): Adapter {
  const { holds, whyNot } = adapter;
  const rest = COMMON.filter(({ hold }) => !(hold in whyNot) && !holds.includes(hold));
  const has = ({ needs }: (typeof COMMON)[number]): boolean => needs.some((need) => holds.includes(need));
  const missing = rest.filter((one) => !has(one));
  return {
    ...adapter,
    holds: [...holds, ...rest.filter(has).map(({ hold }) => hold)],
    whyNot: {
      ...Object.fromEntries(
        missing.map(({ hold, needs }) => [hold, whyNot[needs[0] ?? ''] ?? `it has no ${needs[0]}`]),
      ),
      ...whyNot,
    },
  };
}
