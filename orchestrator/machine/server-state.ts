/** What the guest says of the program that unplug talks to, asked over another way in. */

/** The program of the guest that should have answered. */
export interface GuestServer {
  /** For messages: `SSH`, `the agent`. */
  readonly label: string;
  /** Its name in /proc/PID/comm. */
  readonly comm: string;
  /** Where its words go, in the guest. */
  readonly log: string;
}

/** The SSH server that guest/init starts. */
export const SSH_SERVER: GuestServer = { label: 'SSH', comm: 'dropbear', log: '/run/dropbear.log' };

/**
 * Prints a line for each process of the server, its kernel stack below it, and the last of what the server said.
 * Nothing but builtins of the shell up to there: a guest that can't make a process any more still answers.
 */
export function serverCommand({ comm, log }: GuestServer): string {
  return [
    `for d in /proc/[0-9]*; do read -r name <$d/comm || continue; [ "$name" = ${comm} ] || continue`,
    'read -r stat <$d/stat; read -r wchan <$d/wchan; echo "server $stat wchan $wchan"',
    'while read -r frame; do echo "  $frame"; done <$d/stack; done 2>/dev/null',
    `/bin/busybox tail -n 3 ${log} 2>&1`,
  ].join('\n');
}

/**
 * One clause of what {@link serverCommand} printed: `dropbear does not run`, `dropbear (pid 60) is in state S in
 * do_select`. A process that is stuck in the kernel says more than its parent, which waits for connections.
 */
export function serverState({ comm }: GuestServer, printed: string): string {
  const processes = [...printed.matchAll(/^server (\d+) \(.*\) (\w) .* wchan (\S*)\r?$/gm)].map(
    ([, pid, state, wchan]) => ({ pid, state, wchan }),
  );
  const one = processes.find(({ state }) => state === 'D') ?? processes[0];
  if (one === undefined) return `${comm} does not run`;
  const where = one.wchan === '' || one.wchan === '0' ? '' : ` in ${one.wchan}`;
  return `${comm} (pid ${one.pid}) is in state ${one.state}${where}`;
}
