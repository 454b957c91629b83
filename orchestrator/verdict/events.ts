/**
 * Workload events as kept in events.jsonl: what the guest programs printed, each with who printed it and when the
 * host read it. Fields that are not listed are kept and ignored.
 */

/** Which of the guest's programs an event comes from. */
export type EventSource = 'prepare' | 'hold' | 'second' | 'remove' | 'observe' | 'health' | 'selftest';

/** When in a hold's life a call was made. `removal` is the removing program's own. */
export type CallPhase = 'open' | 'before' | 'held' | 'after' | 'close' | 'removal';

interface Common {
  readonly source: EventSource;
  /** Host's monotonic clock when the line was read. */
  readonly hostMs: number;
  /** Guest's CLOCK_BOOTTIME in ns when the line was written. */
  readonly t: number;
}

/** A program began. */
export interface StartEvent extends Common {
  readonly ev: 'start';
  readonly pid: number;
}

/** A call is about to be made. */
export interface CallEvent extends Common {
  readonly ev: 'call';
  readonly id: number;
  readonly tid: number;
  readonly phase: CallPhase;
  readonly op: string;
  readonly name?: string | undefined;
}

/** A call came back. */
export interface ReturnEvent extends Common {
  readonly ev: 'return';
  readonly id: number;
  readonly phase: CallPhase;
  readonly op: string;
  readonly name?: string | undefined;
  readonly ret: number;
  /** Error name, or `SIGBUS` where a signal told; absent or null on success. */
  readonly errno?: string | null | undefined;
  /** Of poll: names of the bits. */
  readonly revents?: readonly string[] | null | undefined;
  readonly startNs: number;
  readonly endNs: number;
}

/** The held state was observed. */
export interface HeldEvent extends Common {
  readonly ev: 'held';
  readonly tid: number;
  readonly state: string;
  readonly wchan: string;
}

/** A program was told to do something. */
export interface CommandEvent extends Common {
  readonly ev: 'command';
  readonly name: string;
}

/** It did so, or did not within its bound (`completed: false`). */
export interface DoneEvent extends Common {
  readonly ev: 'done';
  readonly name: string;
  readonly completed?: boolean | undefined;
  readonly returned?: boolean | undefined;
  readonly blockedReturned?: boolean | undefined;
}

/** How often a call gave one result while threads raced with the removal. */
export interface RacedEvent extends Common {
  readonly ev: 'raced';
  readonly op: string;
  readonly name?: string | undefined;
  /** Absent on success. */
  readonly errno?: string | null | undefined;
  readonly count: number;
}

/** A guest program's own trouble. */
export interface FaultEvent extends Common {
  readonly ev: 'fault';
  readonly what: string;
  readonly errno?: string | null | undefined;
}

/** A program ended as it should. */
export interface EndEvent extends Common {
  readonly ev: 'end';
  readonly code: number;
}

/** A clone of a template was made ready for its case: what was done, false too where it was not asked for. */
export interface PreparedEvent extends Common {
  readonly ev: 'prepared';
  readonly wallClock: boolean;
  readonly reseeded: boolean;
  readonly hungTask: boolean;
}

/** Events that are kept as evidence only: no oracle reads them (the record has what they say). */
export interface InformativeEvent extends Common {
  readonly ev: 'status' | 'task' | 'health';
}

/** Whether a device that was taken away came back; `second` uses it then. Written by the host. */
export interface CameBackEvent {
  readonly ev: 'came-back';
  readonly source: 'second';
  readonly hostMs: number;
  /** The new node; null: it did not come back, and `detail` says how that was seen. */
  readonly device: string | null;
  readonly detail: string | null;
}

/** A line that was no event: the case can't be judged by such a program. Written by the host. */
export interface GarbageEvent {
  readonly ev: 'garbage';
  readonly source: EventSource;
  readonly hostMs: number;
  readonly text: string;
}

/** A line that a selftest printed, on either of its outputs. Written by the host. */
export interface OutputEvent {
  readonly ev: 'output';
  readonly source: 'selftest';
  readonly hostMs: number;
  readonly text: string;
}

/** One line of events.jsonl. */
export type WorkloadEvent =
  | StartEvent
  | CallEvent
  | ReturnEvent
  | HeldEvent
  | CommandEvent
  | DoneEvent
  | RacedEvent
  | FaultEvent
  | EndEvent
  | PreparedEvent
  | InformativeEvent
  | CameBackEvent
  | GarbageEvent
  | OutputEvent;
