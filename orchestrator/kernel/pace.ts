/** Many short synchronous steps in a row: quicker than as many promises, and still the rest of unplug gets its turn. */
import { setImmediate } from 'node:timers/promises';
import { monotonicMs, throwIfAborted } from '../base/index.ts';

const TURN_MS = 20;

/**
 * A function to be awaited in each round of a loop: every 20 ms it lets others run.
 * @throws (the function) what `signal` was aborted with
 */
export function pacer(signal?: AbortSignal): () => Promise<void> | undefined {
  let turnMs = monotonicMs();
  return () => {
    if (monotonicMs() - turnMs < TURN_MS) return undefined;
    throwIfAborted(signal);
    return setImmediate().then(() => {
      turnMs = monotonicMs();
    });
  };
}
