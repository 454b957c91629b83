/** Progress and log lines. They go to standard error; standard output belongs to the reporter. */
import { formatDurationMs, monotonicMs } from './clock.ts';

/** Where a long step says how far it is. */
export interface Progress {
  /** A lasting line. */
  info(message: string): void;
  /** A lasting line that the user should act on. */
  warn(message: string): void;
  /** The state of the running step: replaces itself on a terminal, else one line every 30 s at most. */
  update(state: string): void;
  /** Ends the line that `update` kept. */
  clear(): void;
}

/** Lines between updates when the output is no terminal. */
const QUIET_INTERVAL_MS = 30_000;

/** Progress on a stream. `isTerminal` decides between one living line and a line every 30 s. */
export function streamProgress(
  stream: NodeJS.WriteStream,
  isTerminal: boolean = stream.isTTY === true,
): Progress {
  let living = false;
  let lastMs = monotonicMs();
  const clear = (): void => {
    if (living) stream.write('\r\u001b[K');
    living = false;
  };
  const line = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    info: line,
    warn: (message) => line(`warning: ${message}`),
    clear,
    update(state) {
      if (isTerminal) {
        const width = Math.max(20, (stream.columns || 80) - 1);
        stream.write(`\r\u001b[K${state.length > width ? `${state.slice(0, width - 1)}…` : state}`);
        living = true;
      } else if (monotonicMs() - lastMs >= QUIET_INTERVAL_MS) {
        lastMs = monotonicMs();
        stream.write(`${state}\n`);
      }
    },
  };
}

/** Progress that says nothing, for tests and `--quiet`. */
export const silentProgress: Progress = {
  info: () => undefined,
  warn: () => undefined,
  update: () => undefined,
  clear: () => undefined,
};

/** Estimated time left, from the share done and the time taken so far; '' until 2 % are done, and at the end. */
export function remainingTime(done: number, total: number, elapsedMs: number): string {
  if (total <= 0 || done / total < 0.02 || done >= total) return '';
  return `about ${formatDurationMs((elapsedMs / done) * (total - done))} left`;
}
