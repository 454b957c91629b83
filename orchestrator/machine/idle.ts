/** Waits until a guest rests. */
import { delay, monotonicMs } from '../base/index.ts';
import type { QmpClient } from './qmp.ts';
import { parseRegisters } from './registers.ts';

const LOOK_INTERVAL_MS = 20;
/** In a row: between two pieces of work a guest is halted for a moment, too. */
const HALTED_LOOKS = 10;

/**
 * Waits until all CPUs of a guest were seen halted several times in a row: nothing is left to do but to wait for
 * timers and input.
 * @returns false when that did not come within `limitMs`
 * @throws what the signal was aborted with; InfraError when QEMU is gone
 */
export async function waitUntilIdle(qmp: QmpClient, limitMs: number, signal?: AbortSignal): Promise<boolean> {
  const startedMs = monotonicMs();
  let halted = 0;
  while (monotonicMs() - startedMs < limitMs) {
    const text = String(await qmp.execute('human-monitor-command', { 'command-line': 'info registers -a' }));
    const cpus = parseRegisters(text);
    halted = cpus.length > 0 && cpus.every((cpu) => cpu.halted) ? halted + 1 : 0;
    if (halted >= HALTED_LOOKS) return true;
    await delay(LOOK_INTERVAL_MS, signal);
  }
  return false;
}
