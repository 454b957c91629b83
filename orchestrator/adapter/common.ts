/** What adapters have in common: holds that need nothing but files, and why removals of other kinds are not to be had. */
import type { Adapter, HoldName, RemovalName } from './types.ts';

/** Each with the holds of which an adapter must have one. */
export const COMMON_HOLDS: readonly { readonly hold: HoldName; readonly needs: readonly HoldName[] }[] = [
  { hold: 't5-open', needs: ['t0-idle'] },
  { hold: 't6-dup', needs: ['t0-idle'] },
  { hold: 't6-scm', needs: ['t0-idle'] },
  { hold: 't6-fork', needs: ['t0-idle'] },
  { hold: 't6-epoll', needs: ['t1-poll'] },
  { hold: 't6-uring-poll', needs: ['t1-poll'] },
  { hold: 't6-uring-read', needs: ['t2-read', 't3-read'] },
  { hold: 't7-close', needs: ['t0-idle'] },
];

/** Removals that belong to one kind of device; an adapter that knows better says so itself. */
const OTHER_KINDS: Readonly<Partial<Record<RemovalName, string>>> = {
  delete_device: 'it is no client of an I2C adapter',
  uhid_destroy: 'no program made it through /dev/uhid',
  driver_override: 'its bus has no such file, or the removal that follows is that of sysfs_unbind',
  pci_slot_power: 'it is in no PCI slot',
  surprise: 'it is in no PCI slot',
};

/** The adapter with these holds, but for those that it says why not to have itself. */
export function withCommon(adapter: Adapter): Adapter {
  const { holds, removals, whyNot } = adapter;
  const rest = COMMON_HOLDS.filter(({ hold }) => !(hold in whyNot) && !holds.includes(hold));
  const has = ({ needs }: (typeof COMMON_HOLDS)[number]): boolean =>
    needs.some((need) => holds.includes(need));
  const missing = rest.filter((one) => !has(one));
  return {
    ...adapter,
    holds: [...holds, ...rest.filter(has).map(({ hold }) => hold)],
    whyNot: {
      ...Object.fromEntries(
        missing.map(({ hold, needs }) => [hold, whyNot[needs[0] ?? ''] ?? `it has no ${needs[0]}`]),
      ),
      ...Object.fromEntries(Object.entries(OTHER_KINDS).filter(([removal]) => !(removal in removals))),
      ...whyNot,
    },
  };
}
