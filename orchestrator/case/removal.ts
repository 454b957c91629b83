/** Takes the device away while it is held, and watches who gets stuck. */
import { describeRemoval, type RemovalAction, type RemovalName } from '../adapter/index.ts';
import { type CpuLease, GuestError, monotonicMs, within } from '../base/index.ts';
import type { GuestProcess, GuestShell } from '../guest/index.ts';
import type { TimeLimits } from '../machine/index.ts';
import type { Limits } from '../suite/index.ts';
import type {
  EndedBy,
  Observation,
  RemovalRecord,
  ReturnEvent,
  StartEvent,
  UserRecord,
  WorkloadEvent,
} from '../verdict/index.ts';
import type { EventLog } from './event-log.ts';
import { observeTasks } from './guest-program.ts';
import {
  isRemovalCall,
  isRemovalReturn,
  isRemoverEnd,
  isRemovingWorker,
  isSeenGone,
  type PluggedDevice,
  startRemover,
} from './remover.ts';

/** How long the removal may take before anybody is looked at: most return in a few tens of milliseconds. */
const FIRST_LOOK_MS = 400;
const LOOK_INTERVAL_MS = 5000;
/** What takes longer is waiting for something, and not working. */
const PATIENCE_MS = 1000;
/** The bound is counted from the call, on the guest's clock: we hear of the call a little before it is made. */
const BOUND_SLACK_MS = 250;

/** The hold's processes as the removal needs them. */
export interface HeldUser {
  readonly process: GuestProcess;
  readonly pid: number;
  readonly tid: number;
  readonly blocking: boolean;
}

/** What a removal is done with. */
export interface RemovalContext {
  readonly shell: GuestShell;
  readonly log: EventLog;
  readonly user: HeldUser;
  readonly limits: Limits;
  readonly time: TimeLimits;
  /** What the host plugged, if it did. */
  readonly plugged?: PluggedDevice | undefined;
  /** Given back while nothing can be done but wait. */
  readonly cpu?: CpuLease | undefined;
  /** Settles when the guest is gone: no answer will come any more. */
  readonly gone: Promise<unknown>;
  readonly signal: AbortSignal | undefined;
}

const isHeldReturn = (event: WorkloadEvent): event is ReturnEvent =>
  event.ev === 'return' && event.source === 'hold' && event.phase === 'held';
/** State while a removal is watched; {@link RemovalWatch.finish} makes the records of it. */
export class RemovalWatch {
  readonly #context: RemovalContext;
  readonly #mechanism: RemovalName;
  readonly #action: RemovalAction;
  readonly #remover: StartEvent;
  readonly #removerLooks: Observation[] = [];
  readonly #userLooks: Observation[] = [];
  /** The thread of the kernel that runs remove() for a removal by the host, once one was seen. */
  #worker: number | null = null;
  #removerEndedBy: EndedBy = 'itself';
  #removerEndedAtNs: number | null = null;
  #userEndedBy: EndedBy = 'itself';
  #userEndedAtNs: number | null = null;

  private constructor(
    context: RemovalContext,
    mechanism: RemovalName,
    action: RemovalAction,
    remover: StartEvent,
  ) {
    this.#context = context;
    this.#mechanism = mechanism;
    this.#action = action;
    this.#remover = remover;
  }

  /** Starts the removal. @throws GuestError when the removing program did not even begin; InfraError of QEMU */
  static async begin(
    context: RemovalContext,
    mechanism: RemovalName,
    action: RemovalAction,
  ): Promise<RemovalWatch> {
    return new RemovalWatch(context, mechanism, action, await startRemover(context, action));
  }

  get removalReturned(): boolean {
    return this.#context.log.events.some(isRemovalReturn);
  }

  /** Whether the kernel said, by itself, that it did it. */
  get removed(): boolean {
    const returned = this.#context.log.events.findLast(isRemovalReturn);
    return this.#removerEndedBy === 'itself' && returned !== undefined && !returned.errno;
  }

  get userReturned(): boolean {
    return !this.#context.user.blocking || this.#context.log.events.some(isHeldReturn);
  }

  /**
   * Watches until both the removal and the held call came back, or their bounds ran out: `removalMs` for the removal,
   * `userMs` more for the user after the removal came back. Looks at who still waits, with stacks.
   */
  async watch(): Promise<void> {
    try {
      await this.#watch();
    } finally {
      await this.#context.cpu?.resumeCpus(this.#context.signal);
    }
  }

  async #watch(): Promise<void> {
    const { limits, log, gone, signal } = this.#context;
    const wait = signal === undefined ? {} : { signal };
    const startedMs = monotonicMs();
    let removalDoneMs: number | undefined;
    let ended = false;
    void gone.then(() => {
      ended = true;
    });
    let lookMs = FIRST_LOOK_MS;
    while (!ended) {
      signal?.throwIfAborted();
      const nowMs = monotonicMs();
      if (this.removalReturned) removalDoneMs ??= nowMs;
      if (this.removalReturned && this.userReturned) return;
      const deadlineMs =
        BOUND_SLACK_MS +
        (removalDoneMs === undefined ? startedMs + limits.removalMs : removalDoneMs + limits.userMs);
      const waitMs = Math.min(lookMs, deadlineMs - nowMs);
      if (waitMs > 0) {
        const pending = this.removalReturned ? isHeldReturn : isRemovalReturn;
        const came = await log.waitFor(pending, waitMs, gone, wait);
        if (came !== undefined) continue;
      }
      // The last look is at the bound itself: it is what "stuck" is judged by.
      const working = await this.#look();
      // Who sleeps needs no CPU until the bound: another case can have it.
      if (!working) this.#context.cpu?.yieldCpus();
      if (monotonicMs() >= deadlineMs) return;
      lookMs = LOOK_INTERVAL_MS;
    }
  }

  /**
   * Ends what still waits, gently first: a signal to the blocked call, then the last close. The removal's and the
   * user's waits are marked with what ended them: their durations are lower bounds.
   */
  async release(close: () => Promise<void>): Promise<void> {
    if (!this.userReturned) {
      // Asked before: a removal that was waiting for the user may be back before the hold says that it is done.
      const removalWaits = !this.removalReturned;
      await this.#command('interrupt');
      this.#userEndedBy = this.userReturned ? 'interrupt' : 'never';
      this.#userEndedAtNs = this.#actedNs('interrupt');
      if (removalWaits) await this.#awaitRemoval('interrupt');
    }
    if (!this.removalReturned) {
      await close();
      await this.#awaitRemoval('close');
    }
    if (!this.removalReturned) {
      this.#removerEndedBy = 'never';
      this.#removerEndedAtNs = this.#guestNow();
    }
  }

  /** Waits for the end of the program that removed the device, if the removal came to an end. */
  async ended(): Promise<void> {
    const { log, time, gone, signal } = this.#context;
    if (!this.removalReturned) return;
    await log.waitFor(isRemoverEnd, time.commandMs, gone, signal === undefined ? {} : { signal });
  }

  /** What is kept of the removal and of its user. */
  finish(): { removal: RemovalRecord; user: UserRecord } {
    const { log, user, plugged } = this.#context;
    const returned = log.events.find(isRemovalReturn);
    const asked = log.events.find(isRemovalCall);
    const byHost = this.#action.by === 'host';
    // What returned is the last call then, and the first one counts.
    const several = this.#action.by === 'rmmod';
    return {
      removal: {
        mechanism: this.#mechanism,
        action: describeRemoval(this.#action),
        pid: byHost ? this.#worker : this.#remover.pid,
        askedNs: (several ? undefined : returned?.startNs) ?? asked?.t ?? this.#remover.t,
        returnedNs: returned?.endNs ?? null,
        errno: returned?.errno ?? null,
        hostSawGoneMs: plugged?.goneMs == null ? null : log.hostMs(plugged.goneMs),
        guestSawGoneNs: log.events.find(isSeenGone)?.endNs ?? null,
        endedBy: this.#removerEndedBy,
        endedAtNs: this.#removerEndedAtNs,
        observations: this.#removerLooks,
      },
      user: {
        pid: user.pid,
        tid: user.tid,
        blocking: user.blocking,
        endedBy: user.blocking ? this.#userEndedBy : null,
        endedAtNs: user.blocking ? this.#userEndedAtNs : null,
        observations: this.#userLooks,
      },
    };
  }

  /** @returns whether one of those who are not back yet was running */
  async #look(): Promise<boolean> {
    const { shell, log, user, time } = this.#context;
    const byHost = this.#action.by === 'host';
    const whoms: (number | '--workers')[] = [];
    if (!this.removalReturned) whoms.push(byHost ? '--workers' : this.#remover.pid);
    if (!this.userReturned) whoms.push(user.pid);
    if (whoms.length === 0) return false;
    // A thread of the kernel that does not sleep is at work, or there is none yet.
    let working = byHost && !this.removalReturned;
    for (const { tid, ...look } of await observeTasks(shell, log, whoms, time.observeMs)) {
      if (byHost && isRemovingWorker(look)) {
        this.#worker ??= tid;
        if (tid !== this.#worker) continue;
        this.#removerLooks.push(look);
        working = false;
      } else if (tid === this.#remover.pid) this.#removerLooks.push(look);
      else if (tid === user.tid) this.#userLooks.push(look);
      else continue;
      working ||= look.state === 'R';
    }
    return working;
  }

  /** @param endedBy what was just done, by the name of the command */
  async #awaitRemoval(endedBy: EndedBy): Promise<void> {
    const { log, time, gone, signal } = this.#context;
    const actedNs = this.#actedNs(endedBy);
    const wait = log.waitFor(isRemovalReturn, time.releasedMs, gone, signal === undefined ? {} : { signal });
    const came = await withoutCpu(this.#context, wait);
    if (came === undefined) return;
    this.#removerEndedBy = endedBy;
    this.#removerEndedAtNs = actedNs;
  }

  /** Sends a command to the hold and waits for its end. */
  async #command(name: string): Promise<void> {
    await sendCommand(this.#context, name);
  }

  /** When the hold got a command, on the guest's clock: what it ended has waited until then. */
  #actedNs(name: string): number {
    const command = this.#context.log.events.findLast(
      (event) => event.ev === 'command' && event.name === name,
    );
    return command !== undefined && 't' in command ? command.t : this.#guestNow();
  }

  /** The guest's clock as last heard of. */
  #guestNow(): number {
    const last = this.#context.log.events.findLast((event) => 't' in event);
    return last !== undefined && 't' in last ? last.t : this.#remover.t;
  }
}

/** Waits; when that takes longer than work would, another case can have the CPU meanwhile. */
async function withoutCpu<T>(
  { cpu, signal }: Pick<RemovalContext, 'cpu' | 'signal'>,
  wait: Promise<T>,
): Promise<T> {
  if (cpu === undefined) return wait;
  const settled = await within(
    wait.then((value) => ({ value })),
    PATIENCE_MS,
    signal,
  );
  if (settled !== undefined) return settled.value;
  cpu.yieldCpus();
  try {
    return await wait;
  } finally {
    await cpu.resumeCpus(signal);
  }
}

/**
 * Has the hold program do something and waits until it says that it is done (it may say that it gave up).
 * @throws GuestError when it does not answer: then the hold program itself is stuck or dead
 */
export async function sendCommand(context: RemovalContext, name: string): Promise<void> {
  const { log, user, time, gone, signal } = context;
  const from = log.events.length;
  user.process.send(name);
  const wait = log.waitFor(
    (event): event is WorkloadEvent & { ev: 'done' } => event.ev === 'done' && event.name === name,
    time.commandMs,
    Promise.race([gone, user.process.exited]),
    { from, ...(signal === undefined ? {} : { signal }) },
  );
  const done = await withoutCpu(context, wait);
  if (done === undefined) {
    signal?.throwIfAborted();
    throw new GuestError(`the hold program did not answer '${name}'`, { detail: user.process.stderr() });
  }
}
