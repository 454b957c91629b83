/** Which processes of the guest belong to a program that was started there. */

/** A process and its parent, from one line of /proc/PID/stat. */
export interface GuestProcessStat {
  readonly pid: number;
  readonly comm: string;
  readonly parent: number;
}

/** Has a shell print the stat line of every process; a process that ends meanwhile is left out. */
export const LIST_PROCESSES =
  'for file in /proc/[0-9]*/stat; do read -r line <"$file" && echo "$line"; done 2>/dev/null; true';

/** Reads one line of /proc/PID/stat (fs/proc/array.c do_task_stat()). A name may hold blanks and brackets. */
export function parseStat(line: string): GuestProcessStat | undefined {
  const [open, close] = [line.indexOf('('), line.lastIndexOf(')')];
  const pid = Number(line.slice(0, open));
  const parent = Number(
    line
      .slice(close + 1)
      .trim()
      .split(' ')[1],
  );
  if (open < 1 || close < open || !Number.isInteger(pid) || !Number.isInteger(parent)) return undefined;
  return { pid, comm: line.slice(open + 1, close), parent };
}

/** A process and all that it started, parents first. */
export function processTree(stats: readonly GuestProcessStat[], root: number): readonly GuestProcessStat[] {
  const tree = stats.filter(({ pid }) => pid === root);
  for (let at = 0; at < tree.length; at++) {
    const parent = tree[at]?.pid;
    // A process is nobody's child twice: what is in the tree is not taken again, whatever was read.
    tree.push(...stats.filter((one) => one.parent === parent && !tree.includes(one)));
  }
  return tree;
}
