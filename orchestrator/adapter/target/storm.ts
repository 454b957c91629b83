/** Inputs that change as fast as somebody wants: an event storm for the driver that reports them. */
import { monotonicMs } from '../../base/index.ts';
import type { GpioLines } from './gpio-lines.ts';

/** Node's timers are no finer. */
const TICK_MS = 1;

/** A storm that rages; disposing it ends it. */
export interface Storm extends Disposable {
  /** Edges made so far. */
  readonly edges: number;
}

/**
 * Drives lines high and low in turn, all together.
 * @param edgesPerSecond of each line; what a late timer missed is made up for
 */
export function startStorm(lines: GpioLines, which: readonly number[], edgesPerSecond: number): Storm {
  const startedMs = monotonicMs();
  let made = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((monotonicMs() - startedMs) * edgesPerSecond) / 1000);
    for (; made < due; made++) for (const line of which) lines.drive(line, made % 2 === 0 ? 1 : 0);
  }, TICK_MS);
  return {
    get edges() {
      return made * which.length;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
