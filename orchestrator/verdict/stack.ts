/** Kernel stacks of waiting tasks: where a task is stuck, in a few words. */
import type { Observation } from './record.ts';

/** What waits on behalf of others: it says how a task waits, not in what (kernel/sched, kernel/locking, kernel/rcu). */
const WAITING =
  /^_*(?:schedule|io_schedule|wait_|do_wait|synchronize_|rcu_barrier|srcu_barrier|mutex_|ww_mutex_|rt_mutex|rwsem_|down|percpu_|flush_|cancel_|msleep|usleep|bit_wait|poll_schedule|do_sys_poll|do_poll|hrtimer_|context_switch|switch_to)/;

/** Where a task waits. */
export interface WaitingPlace {
  /** The first function that is more than waiting machinery; '?' when the stack is unknown. */
  readonly where: string;
  /** State letter and, where it says more, the kernel's own wait channel: `D`, `D, __synchronize_srcu`. */
  readonly how: string;
}

/** `i2c_del_adapter+0x1f0/0x230 [i2c_core]` → `i2c_del_adapter`; compilers' suffixes (`.isra.0`) go too. */
export function functionOf(frame: string): string {
  return (frame.split(/[+\s]/)[0] ?? frame).replace(/\.(?:isra|part|constprop|cold|llvm)\b.*$/, '');
}

/** The last look that shows the task with a stack, or else the last look that shows it. */
export function tellingObservation(observations: readonly Observation[]): Observation | undefined {
  const alive = observations.filter((look) => look.state !== '-' && look.state !== '');
  return alive.findLast((look) => look.stack.length > 0) ?? alive.at(-1);
}

/** Where the task of these looks waits. */
export function waitingPlace(observations: readonly Observation[]): WaitingPlace {
  const look = tellingObservation(observations);
  if (look === undefined) return { where: '?', how: 'not looked at' };
  const functions = look.stack.map(functionOf);
  const wchan = look.wchan === '' || look.wchan === '0' ? '?' : look.wchan;
  const where = functions.find((name) => !WAITING.test(name)) ?? functions[0] ?? wchan;
  return { where, how: wchan === '?' || wchan === where ? look.state : `${look.state}, ${wchan}` };
}

const FRAMES_SHOWN = 16;

/** Evidence lines for a waiting task. */
export function waitingEvidence(who: string, observations: readonly Observation[]): readonly string[] {
  const look = tellingObservation(observations);
  if (look === undefined) return [`${who} was not looked at while it waited`];
  const first = `${who}: state ${look.state}, wchan ${look.wchan === '' ? '-' : look.wchan}, seen ${observations.length}×`;
  return [first, ...look.stack.slice(0, FRAMES_SHOWN).map((frame) => `  ${frame}`)];
}
