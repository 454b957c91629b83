/** Finds all that a process started, and what of it is still there when the process is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { delay, monotonicMs } from '../base/index.ts';

/** A running process. Zombies don't count: nothing of them runs. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** All processes of the machine (proc(5), /proc/PID/stat). */
function runningProcesses(): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // The name is in parentheses and may hold anything, parentheses too.
      const [state = '', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      found.push({ pid: Number(name), parent: Number(parent), group: Number(group), command });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** A process and all that descends from it at this moment. */
export function processTree(root: number): RunningProcess[] {
  const all = runningProcesses();
  const tree = all.filter(({ pid }) => pid === root);
  for (const member of tree) tree.push(...all.filter(({ parent }) => parent === member.pid));
  return tree;
}

/**
 * Waits until nothing of a tree runs: neither its processes, nor what their process groups have started since, e.g.
 * compilers below a make that outlived its parent.
 * @returns what still runs when `limitMs` is over
 */
export async function waitUntilGone(
  tree: readonly RunningProcess[],
  limitMs: number,
): Promise<readonly RunningProcess[]> {
  const pids = new Set(tree.map(({ pid }) => pid));
  // Children of unplug lead groups of their own; its own group is the test's.
  const groups = new Set(tree.map(({ group }) => group).filter((group) => pids.has(group)));
  const startedMs = monotonicMs();
  for (;;) {
    const left = runningProcesses().filter(({ pid, group }) => pids.has(pid) || groups.has(group));
    if (left.length === 0 || monotonicMs() - startedMs > limitMs) return left;
    await delay(100);
  }
}
