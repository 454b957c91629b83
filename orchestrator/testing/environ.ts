/** Finds processes by a mark in their environment: children of children too, whatever they are called. */
import { readdirSync, readFileSync } from 'node:fs';
import { delay, monotonicMs } from '../base/index.ts';

/** Name of the environment variable that marks a process tree. */
export const MARK_VARIABLE = 'UNPLUG_TEST_MARK';

/** A running process of a marked tree. Zombies don't count: nothing of them runs. */
export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
}

/** All running processes that inherited `mark`. */
export function markedProcesses(mark: string): MarkedProcess[] {
  const found: MarkedProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
      if (!`\0${environment}`.includes(`\0${MARK_VARIABLE}=${mark}\0`)) continue;
      if (/^State:\s+[ZX]/m.test(readFileSync(`/proc/${name}/status`, 'latin1'))) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      found.push({ pid: Number(name), command: command.slice(0, 120) });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Waits until no marked process runs. @returns those that still run when `limitMs` is over */
export async function waitUntilGone(mark: string, limitMs: number): Promise<MarkedProcess[]> {
  const startedMs = monotonicMs();
  for (;;) {
    const left = markedProcesses(mark);
    if (left.length === 0 || monotonicMs() - startedMs > limitMs) return left;
    await delay(100);
  }
}
