/** Ctrl-C and TERM: the first asks, a later one ends. */
import { setMaxListeners } from 'node:events';
import { Interrupted, monotonicMs } from '../base/index.ts';

/** npm and a terminal both deliver the same Ctrl-C: what comes that soon after the first is the same one. */
const SAME_INTERRUPT_MS = 1000;

/** A signal that fires with {@link Interrupted} at the first INT, TERM or HUP. */
export function interruptSignal(): AbortSignal {
  const abort = new AbortController();
  // Every case, machine and command of the run listens.
  setMaxListeners(0, abort.signal);
  let firstMs: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (firstMs !== undefined && monotonicMs() - firstMs > SAME_INTERRUPT_MS) process.exit(130);
    if (firstMs !== undefined) return;
    firstMs = monotonicMs();
    abort.abort(new Interrupted(`interrupted by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return abort.signal;
}
