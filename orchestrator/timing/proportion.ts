/** How often something happens, and how well that is known from a few runs. */

/** k of n, with the interval that the true share lies in with 95 % confidence. */
export interface Proportion {
  readonly k: number;
  readonly n: number;
  /** Bounds of the share, from 0 to 1. */
  readonly low: number;
  readonly high: number;
}

/** The normal distribution's quantile for 95 %, two sides. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval (Wilson 1927, doi:10.1080/01621459.1927.10502953): unlike the usual one it says something for
 * 0 of n and n of n as well, and it is never outside of 0 to 1.
 * @throws RangeError unless 0 <= k <= n and n > 0, both whole
 */
export function proportion(k: number, n: number): Proportion {
  if (!Number.isInteger(k) || !Number.isInteger(n) || n < 1 || k < 0 || k > n)
    throw new RangeError(`${k} of ${n} is no proportion`);
  const share = k / n;
  const z2 = Z * Z;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return {
    k,
    n,
    low: k === 0 ? 0 : Math.max(0, middle - half),
    high: k === n ? 1 : Math.min(1, middle + half),
  };
}

/** `1 of 5 (95 %: 4 to 62 %)` */
export function formatProportion({ k, n, low, high }: Proportion): string {
  return `${k} of ${n} (95 %: ${percent(low)} to ${percent(high)} %)`;
}

/** Whole per cent; below one, and above 99, the tenth counts. */
function percent(share: number): string {
  const value = share * 100;
  const isExtreme = (value > 0 && value < 1) || (value > 99 && value < 100);
  return isExtreme ? value.toFixed(1) : value.toFixed(0);
}
